"""Declarations of announcements and their dismissals, and the view that follows who has read one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from livefeed.content import markup
from livefeed.live.declarations import LiveModel, Parts, register
from livefeed.live.readers import View
from livefeed.live.topics import SITE, topic
from livefeed.live.views import ViewType, is_number, register_view
from livefeed.models import Announcement, Dismissal, User
from livefeed.models.page_state import PageState


@register
class LiveAnnouncement(LiveModel[Announcement]):
    """Announcements: every open page shows those that are current, to visitors too.

    One that starts is published as created, one that ends as deleted.
    """

    model = Announcement
    name = "announcement"
    template = "announcements/_announcement.html"
    has_bulk_writes = False
    has_fixed_readers = True

    def topics(self, instance: Announcement) -> Iterable[str]:
        yield SITE

    def visible_to(self, viewer: User | None) -> QuerySet[Announcement]:
        current: QuerySet[Announcement] = Announcement.objects.current()
        return current

    def fetch(self, ids: Collection[int]) -> Iterable[Announcement]:
        return self.visible_to(None).filter(pk__in=ids)

    def values(self, instance: Announcement) -> dict[str, Any]:
        return {
            "announcement_id": instance.pk,
            "text": instance.text,
            "requires_acknowledgement": instance.requires_acknowledgement,
        }

    def as_json(self, instance: Announcement) -> dict[str, Any]:
        return {
            "id": instance.pk,
            "text": instance.text,
            "html": markup.render(instance.text),
            "requires_acknowledgement": instance.requires_acknowledgement,
            "starts_at": instance.starts_at.isoformat(),
            "ends_at": instance.ends_at.isoformat(),
        }

    def publish(self, kind: str, instance: Announcement, topics_before: Iterable[str] = ()) -> None:
        """Publishes what changes on open pages: an announcement can also appear or disappear because of its times."""
        if kind == self.deleted or (instance.was_shown and not instance.is_shown):
            super().publish(self.deleted, instance)
        elif instance.is_shown:
            super().publish(self.updated if instance.was_shown else self.created, instance)


@register
class LiveDismissal(LiveModel[Dismissal]):
    """Dismissals: all pages of the user remove the announcement, and the page of its readers is updated.

    Frames do not name the user: that page reads the names from the server, which checks the rights of its viewer.
    """

    model = Dismissal
    name = "dismissal"
    has_bulk_writes = False
    has_fixed_readers = True
    publishes_deletions = False  # they are deleted together with the announcement or the user

    def topics(self, instance: Dismissal) -> Iterable[str]:
        yield topic("user", instance.user_id)
        yield topic("announcement", instance.announcement_id)

    def parts(self, instance: Dismissal) -> Parts:
        fields = {"id": instance.pk, "announcement": instance.announcement_id}
        return {"html": fields, "json": fields}


# --- Pages ---

DISMISSED_COOKIE = "livefeed_dismissed"
"""Cookie of visitors: the ids of the announcements that they have dismissed, separated by dots. announcements.js sets
it too."""
MAX_IDS_IN_COOKIE = 50


@dataclass(frozen=True)
class ShownAnnouncements:
    """The announcements that a page shows to its viewer."""

    stamps: tuple[str, ...]
    """The announcements, newest first, each as its id and revision."""
    dismissed: frozenset[str]
    """Ids of announcements that the viewer has dismissed."""

    @classmethod
    def of(cls, state: PageState, dismissed: Iterable[str]) -> "ShownAnnouncements":
        """Returns the current announcements of a page's state that the viewer has not dismissed."""
        ids = frozenset(dismissed)
        stamps = [stamp for stamp in state.announcements.split() if stamp.partition(":")[0] not in ids]
        return cls(tuple(sorted(stamps, key=_id_of, reverse=True)), ids)

    @property
    def fragments(self) -> list[SafeString]:
        """The HTML of the announcements, read by one query."""
        rows = Announcement.objects.filter(pk__in=map(_id_of, self.stamps)).order_by("-pk")
        return [LiveAnnouncement().render(announcement) for announcement in rows]


def dismissed_by_visitor(cookies: Mapping[str, str]) -> list[str]:
    """Returns the ids of the announcements that a visitor has dismissed last, at most MAX_IDS_IN_COOKIE."""
    ids = cookies.get(DISMISSED_COOKIE, "").split(".")
    return [each for each in ids if is_number(each)][-MAX_IDS_IN_COOKIE:]


def _id_of(stamp: str) -> int:
    return int(stamp.partition(":")[0])


# --- Who has read an announcement ---


def may_see_readers(user: User | None) -> bool:
    """True for staff who may see or change announcements in the admin."""
    rights = ("livefeed.view_announcement", "livefeed.change_announcement")
    return user is not None and user.is_staff and any(map(user.has_perm, rights))


def _open_readers(key: str, user: User | None) -> View | None:
    if not (is_number(key) and may_see_readers(user) and Announcement.objects.filter(pk=int(key)).exists()):
        return None
    return View("announcement", int(key), frozenset({topic("announcement", int(key))}))


register_view(ViewType("announcement", "/admin/announcements/id/, staff only", _open_readers))
