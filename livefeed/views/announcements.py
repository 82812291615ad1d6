"""Announcements: what a page shows, their dismissal, and for staff who has read one."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from livefeed.live.announcements import DISMISSED_COOKIE, dismissed_by_visitor, may_see_readers
from livefeed.models import Announcement, Dismissal, User
from livefeed.models.page_state import PageState
from livefeed.views.paging import template_for
from livefeed.views.resource import Request, Resource, viewer_of

COOKIE_MAX_AGE = 365 * 24 * 3_600
"""Seconds."""
READERS_PER_PAGE = 100
PARTIALS = {"section#readers": "announcements/_readers.html"}
"""Partial templates by the element that makes the htmx request: the list of readers reloads."""


def announcements(request: Request) -> HttpResponse:
    """The region of announcements above every page, for pages that could not be brought up to date by events."""
    return render(request, "announcements/_region.html", {"state": PageState.of(viewer_of(request))})


class DismissalView(Resource):
    """`POST` dismisses an announcement, for a user everywhere, for a visitor by a cookie."""

    def post(self, request: Request, pk: int) -> HttpResponse:
        announcement = get_object_or_404(Announcement.objects.current(), pk=pk)
        response = HttpResponse(status=204) if request.htmx else redirect(_page_before(request))
        if viewer := viewer_of(request):
            Dismissal.objects.add(viewer, announcement)
        else:
            ids = [*dismissed_by_visitor(request.COOKIES), str(pk)]
            cookie = ".".join(dict.fromkeys(ids))
            secure = request.is_secure()
            response.set_cookie(DISMISSED_COOKIE, cookie, max_age=COOKIE_MAX_AGE, secure=secure, samesite="Lax")
        return response


def _page_before(request: Request) -> str:
    """Returns the URL of the page that sent the form; of the home page if the browser does not say."""
    referer = request.headers.get("Referer", "")
    is_own = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if is_own else "/"


def readers(request: Request, pk: int) -> HttpResponse:
    """For staff: the users who have read an announcement or, with `?list=missing`, those who have not."""
    if not may_see_readers(viewer_of(request)):
        raise PermissionDenied("This page is for staff.")
    announcement = get_object_or_404(Announcement, pk=pk)
    dismissals = announcement.dismissals.filter(user__is_active=True)
    users = User.objects.filter(is_active=True)
    is_missing = request.GET.get("list") == "missing"
    missing = users.exclude(pk__in=dismissals.values("user")).order_by("username")
    rows = missing if is_missing else dismissals.select_related("user").order_by("-created_at", "-pk")
    context = {
        "announcement": announcement,
        "is_missing": is_missing,
        "page": Paginator(rows, READERS_PER_PAGE).get_page(request.GET.get("page")),
        "read_count": dismissals.count(),
        "user_count": users.count(),
    }
    return render(request, template_for(request, "announcements/readers.html", PARTIALS), context)
