"""The viewer's notifications."""

from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from livefeed import notifications
from livefeed.models import Notification, User
from livefeed.models.notification import newest_notifications
from livefeed.models.page_state import PageState
from livefeed.views.paging import newest_page, template_for
from livefeed.views.resource import Request, SignedInResource

PARTIALS = {"a": "notifications/_rows.html", "section#notifications": "notifications/_list.html"}
"""Partial templates by the element that makes the htmx request: the link to older rows, and the list that reloads."""


MAX_ACTORS = 6
"""Users whose pictures an entry shows."""


class Group(NamedTuple):
    """An entry of the list: one notification, or consecutive new followers."""

    first: Notification
    rest: list[Notification]

    @property
    def shown_actors(self) -> list[User]:
        return [notification.actor for notification in (self.first, *self.rest)[:MAX_ACTORS]]

    @property
    def sources(self) -> tuple[object, ...]:
        """Everything that the entry shows: the key of its cached HTML."""
        first = self.first
        post = first.post
        return (
            *(first.pk, first.kind, first.read_at is None, first.created_at, first.others, len(self.rest)),
            *((post.pk, post.title, post.body, post.pictures_count, post.is_reply) if post else ()),
            *((actor.username, actor.name, actor.avatar_id) for actor in self.shown_actors),
        )


def grouped(rows: list[Notification]) -> list[Group]:
    """Groups consecutive new followers of the same day, unread apart from read; any other notification is a group of
    its own."""

    def group_key(row: Notification) -> object:
        if row.kind == Notification.Kind.FOLLOWED:
            return row.created_at.date(), row.read_at is None
        return row.pk

    groups = []
    for _, run in groupby(rows, group_key):
        first, *rest = run
        groups.append(Group(first, rest))
    return groups


class NotificationsView(SignedInResource):
    """The list, newest first, from `?before=` on. `GET` does not mark it as read: ReadView does."""

    def get(self, request: Request) -> HttpResponse:
        state = PageState.of(self.viewer)
        upto = timezone.now()
        start = request.GET.get("before", "")
        rows, next_url = newest_page(newest_notifications, self.viewer, start)
        context = {"groups": grouped(rows), "next": next_url, "upto": upto, "start": start, "state": state}
        return render(request, template_for(request, "notifications/page.html", PARTIALS), context)


class ReadView(SignedInResource):
    """`POST` marks the viewer's notifications up to the moment `upto` as read."""

    def post(self, request: Request) -> HttpResponse:
        notifications.mark_read(self.viewer, self.upto())
        return HttpResponse(status=204) if self.request.htmx else redirect("notifications")

    def upto(self) -> datetime:
        """Returns the time at which the page was rendered, at most now. Raises `Http404` if it is not a date and time
        with a time zone."""
        try:
            moment = parse_datetime(self.request.POST.get("upto", ""))
        except ValueError:
            moment = None
        if moment is None or timezone.is_naive(moment):
            raise Http404("This is not a date and time.")
        return min(moment, timezone.now())
