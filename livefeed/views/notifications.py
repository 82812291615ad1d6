"""What somebody was told of."""

from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from livefeed import notifications
from livefeed.models import Event, Notification, User
from livefeed.views.paging import newest_page, part_of
from livefeed.views.resource import Request, SignedInResource

PARTS = {"a": "notifications/_rows.html", "section#notifications": "notifications/_list.html"}
"""What asks by htmx, and the part of the page that it gets."""


class Group(NamedTuple):
    """What stands together in the list: one notification, or several followers in a row."""

    first: Notification
    rest: list[Notification]

    @property
    def actors(self) -> list[User]:
        return [each.actor for each in (self.first, *self.rest)]


def grouped(rows: list[Notification]) -> list[Group]:
    """New followers of the same day, read or unread alike, are told together; all else alone."""

    def together(row: Notification) -> object:
        follows = row.kind == Notification.Kind.FOLLOWED
        return (row.created_at.date(), row.read_at is None) if follows else row.pk

    runs = [list(run) for _, run in groupby(rows, together)]
    return [Group(run[0], run[1:]) for run in runs]


class NotificationsView(SignedInResource):
    """The list, newest first, from `?before=` on. Reading it changes nothing: that it was seen is said by a POST."""

    def get(self, request: Request) -> HttpResponse:
        cursor, upto = Event.objects.head(), timezone.now()
        notifications = Notification.objects.filter(recipient=self.viewer).shown().newest_first()
        start = request.GET.get("before", "")
        rows, older = newest_page(notifications, start)
        context = {"groups": grouped(rows), "next": older, "cursor": cursor, "upto": upto, "start": start}
        return render(request, part_of(request, "notifications/page.html", PARTS), context)


class ReadView(SignedInResource):
    """That somebody has seen what came until `upto`: `POST` says so."""

    def post(self, request: Request) -> HttpResponse:
        notifications.mark_read(self.viewer, self.upto())
        return HttpResponse(status=204) if self.request.htmx else redirect("notifications")

    def upto(self) -> datetime:
        """The moment that the page was rendered. Raises `Http404` if that is none."""
        try:
            moment = parse_datetime(self.request.POST.get("upto", ""))
        except ValueError:
            moment = None
        if moment is None or timezone.is_naive(moment):
            raise Http404("That is no moment.")
        return min(moment, timezone.now())
