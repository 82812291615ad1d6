"""Explains why a user sees or does not see a row: which receiver wrote its event, which topics the event shares with
the views of the user, and what the rule of the declaration says. For staff."""

import logging
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal, NamedTuple, Self

from django.db.models import Model
from django.utils import timezone

from livefeed.hooks import Hooks
from livefeed.live import credentials, traces
from livefeed.live.declarations import LiveModel, coalesced_kinds, live_model_with, matcher_of
from livefeed.live.entries import COLUMNS, LogEntry, log_entries
from livefeed.live.readers import Reader, View
from livefeed.live.topics import keys_of, topic
from livefeed.live.views import open_view
from livefeed.models import Event, User

logger = logging.getLogger(__name__)


class Sight(NamedTuple):
    """Meaning of an event for one view of a page: the topics that both have, and the decision of the rule."""

    view: str
    state: str
    """State of the page; empty if it is not open."""
    topics: list[str]
    is_match: bool
    reason: str


finders: Hooks[[int, LogEntry], list[Sight]] = Hooks(
    logger, "The open pages of a user could not be asked about an event."
)
"""Each returns what an event means for the open pages of the user with this id, in all processes. Blocks."""


@dataclass(frozen=True)
class StoredReader:
    """A page that is not open: the user's next page."""

    user_id: int
    followed: set[int]
    form: Literal["html", "json"] = "html"

    @classmethod
    def of(cls, user: User | None) -> Self:
        return cls(user.pk, credentials.followed_by([user.pk])[user.pk]) if user else cls(0, set())

    def follows(self, author_id: int) -> bool:
        return self.user_id != 0 and (author_id == self.user_id or author_id in self.followed)

    def may_show(self, subject_id: int) -> bool:
        return True

    def has_reported(self, subject_id: int) -> bool:
        return False


@dataclass
class Explanation:
    """Answer to "Why does this user (not) see this row?"."""

    row: str
    user: str
    is_visible: bool = False
    """True if pages that are loaded now show the row to the user."""
    reasons: list[str] = field(default_factory=list)
    """Why they do not."""
    entry: LogEntry | None = None
    """The latest event of the row that is more than a count; None if the log no longer has one."""
    receiver: str = ""
    """The receiver that wrote the event, while its trace is in memory."""
    rule: str = ""
    """Name of the declaration."""
    sights: list[Sight] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        return f"{self.user} {'sees' if self.is_visible else 'does not see'} {self.row} on pages that are loaded now."

    @property
    def topics(self) -> list[str]:
        return sorted(self.entry.topics) if self.entry else []


def explain(live_model: LiveModel[Any], pk: int, user: User | None) -> Explanation:
    """Explains whether a user (None: a visitor) sees a row, on pages loaded now and on open ones."""
    instance = live_model.model._default_manager.filter(pk=pk).first()
    explanation = Explanation(f"{live_model.name} {pk}", f"@{user.username}" if user else "A visitor")
    explanation.rule = type(live_model).__name__
    explanation.is_visible = live_model.visible_to(user).filter(pk=pk).exists()
    if not explanation.is_visible:
        explanation.reasons = _obstacles(live_model, instance, user)
    explanation.entry = _latest_entry(live_model, pk)
    entry = explanation.entry or (instance and _entry_of(live_model, instance))
    if explanation.entry:
        explanation.receiver = _receiver_of(explanation.entry)
    if entry:
        explanation.sights = _sights(user, entry)
    return explanation


def _obstacles(live_model: LiveModel[Any], instance: Model | None, user: User | None) -> list[str]:
    if instance is None:
        return ["It does not exist: it was deleted, or never committed."]
    return list(live_model.obstacles(instance, user)) or [f"{type(live_model).__name__}.visible_to leaves it out."]


def _latest_entry(live_model: LiveModel[Any], pk: int) -> LogEntry | None:
    """Returns the latest event of a row that is more than a count."""
    kinds = live_model.kinds - coalesced_kinds
    events = Event.objects.filter(kind__in=kinds, subject_id=pk).exclude(position=None)
    return next(iter(log_entries(events.order_by("-position").values_list(*COLUMNS)[:1])), None)


def _entry_of(live_model: LiveModel[Any], instance: Model) -> LogEntry:
    """Returns the event that a creation of the row would write now."""
    return LogEntry(
        position=0,
        kind=live_model.created,
        subject_id=instance.pk,
        actor_id=live_model.actor_id(instance),
        saved_at=timezone.now().timestamp(),
        audience=live_model.audience(instance),
        topics=frozenset(live_model.topics(instance)),
    )


def _receiver_of(entry: LogEntry) -> str:
    key = (entry.kind, entry.subject_id, entry.saved_at)
    events = (event for trace in traces.recent() for event in trace.events)
    return next((event.receiver for event in events if (event.kind, event.subject_id, event.saved_at) == key), "")


# --- Pages ---


def _sights(user: User | None, entry: LogEntry) -> list[Sight]:
    """Returns what an event means for the user's open pages and, unless it is open, for the first page of the site."""
    sights = _sights_of_open_pages(user, entry) if user else []
    first_view = "home" if user else "public"
    if all(sight.view != first_view for sight in sights):
        sights.append(sight_of(StoredReader.of(user), open_view(first_view, user), entry, ""))
    return sights


def _sights_of_open_pages(user: User, entry: LogEntry) -> list[Sight]:
    return list(chain.from_iterable(finders(user.pk, entry)))


def sight_of(reader: Reader, view: View, entry: LogEntry, state: str) -> Sight:
    """Returns what an event means for one view of a reader."""
    is_match = matcher_of(entry)(reader, view)
    live_model = live_model_with(entry.kind)
    reason = live_model.refusal(reader, view, entry) if live_model and not is_match else ""
    return Sight(view.name, state, sorted(shared_topics(reader, view, entry)), is_match, reason)


def shared_topics(reader: Reader, view: View, entry: LogEntry) -> set[str]:
    """Returns the topics of an event to which a view is subscribed. A home feed has `author:<id>` for each author that
    the reader follows, and all pages of a user have `user:<id>`."""
    shared = set(view.topics & entry.topics)
    if view.kind == "home":
        shared |= {
            topic("author", author_id) for author_id in keys_of("author", entry.topics) if reader.follows(author_id)
        }
    return shared | (entry.topics & {topic("user", reader.user_id)})
