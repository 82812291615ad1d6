"""Declarations: what happens when a change is published. Each kind of event belongs to one declaration.

`LiveModel` declares a model whose rows are shown on open pages. `Declaration`, its base, suffices for events that show
no row, such as a change of rights. docs/live-models.md shows how an app declares its own models.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.utils.safestring import SafeString

from livefeed.content import fragments
from livefeed.live.entries import LogEntry
from livefeed.live.publishing import FEED_RESET, publish
from livefeed.live.readers import Form, Reader, View
from livefeed.live.topics import Topics, keys_of
from livefeed.models import User

PUBLIC = "public"
"""Audience of rows that everyone may see."""

Matcher = Callable[[Reader, View], bool]
"""True if a reader must receive an event, because the view shows what the event is about and the reader may see it."""
Parts = Mapping[str, Mapping[str, Any]]
"""The fields of a row's frames, by part: `html` for pages, `json` for programs, and others that a declaration names."""


class Declaration(ABC):
    """All that readers of the log must know about some kinds of events.

    The class attributes are sets of kinds. By default an event asks the readers that it concerns to reload.
    """

    kinds: ClassVar[frozenset[str]]
    """All kinds that belong to the declaration."""
    coalesced: ClassVar[frozenset[str]] = frozenset()
    """Kinds whose delivery may be delayed, by at most 0.25 s, and of which only the latest of each subject is sent."""
    about_rights: ClassVar[frozenset[str]] = frozenset()
    """Kinds after which the actor's open connections must be checked."""
    reload_within: ClassVar[float | None] = 0
    """Seconds over which the reloads of the pages that receive an event are spread; None if they need not reload."""
    changes_all: ClassVar[bool] = False
    """True if rows of any declaration may look different after an event."""

    @abstractmethod
    def matcher(self, entry: LogEntry) -> Matcher:
        """Returns the rule that decides which readers receive an event. It is called once for an event, the rule once
        for each reader that shares a topic with the event."""


class LiveModel[M: Model](Declaration):
    """A model whose rows open pages show. `register` connects it to the signals `post_save` and `post_delete`."""

    model: type[M]
    name: ClassVar[str]
    """Prefix of the event kinds: `post` for `post.created`, `post.updated` and `post.deleted`."""
    template: ClassVar[str] = ""
    """Template of a row's fragment. Its root element has the id `<name>-<id of the row>`. Its context is what `values`
    returns, and nothing else."""
    reload_within = None
    is_reported: ClassVar[bool] = False
    """True if pages report which rows they show, and receive no changes of others."""
    extra_kinds: ClassVar[Mapping[str, str]] = {}
    """Part of the frame for each kind beyond created, updated and deleted."""
    shown_fields: ClassVar[frozenset[str] | None] = None
    """Names of the fields that pages show or that decide who sees a row: a bulk update of others publishes nothing.
    None: all fields."""
    version_field: ClassVar[str] = ""
    """Name of the field that counts the changes of a row, if there is one: bulk writes increment it too."""
    has_bulk_writes: ClassVar[bool] = True
    """False if rows are only written one by one: then the model needs no `LiveQuerySet`."""
    has_fixed_readers: ClassVar[bool] = False
    """True if the topics, audience and user of a row never change: then it is not read before it is saved."""
    publishes_deletions: ClassVar[bool] = True
    """False if no page must know of a deletion, because rows are deleted together with what shows them."""
    has_own_receivers: ClassVar[bool] = False
    """True if other receivers publish the events, because a save means more than a created or updated row."""

    created: ClassVar[str]
    updated: ClassVar[str]
    deleted: ClassVar[str]
    reset: ClassVar[str]
    """Kind of the event that makes pages reload after a bulk write of many rows."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.created, cls.updated, cls.deleted = (f"{cls.name}.{change}" for change in ("created", "updated", "deleted"))
        cls.reset = f"{cls.name}.reset"
        cls.kinds = frozenset({cls.created, cls.updated, cls.deleted, *cls.extra_kinds})

    # --- Who receives the events of a row ---

    @abstractmethod
    def topics(self, instance: M) -> Iterable[str]:
        """Returns the topics of the events of a row. `user:<id>` reaches all pages of that user, `site` all pages."""

    def audience(self, instance: M) -> str:
        """Returns the readers who may see a row, in a word that `may_see` understands. If it changes, the row is
        deleted on the pages of all who saw it and created on the pages of all who see it now."""
        return PUBLIC

    def actor_id(self, instance: M) -> int:
        """Returns the id of the user whose row it is; 0 if it belongs to no one."""
        return 0

    def visible_to(self, viewer: User | None) -> QuerySet[M]:
        """Returns the rows that a user (None: a visitor) may see: for pages. `may_see` must say the same."""
        return self.model._default_manager.all()

    def may_see(self, reader: Reader, entry: LogEntry) -> bool:
        """True if a reader may see the row of an event: for sockets. `visible_to` must say the same."""
        return entry.audience == PUBLIC or reader.follows(entry.actor_id)

    def is_shown(self, instance: M) -> bool:
        """True unless no reader may see a row for now, such as a removed post. Bulk writes publish a row that becomes
        shown as created, and one that is hidden as deleted."""
        return True

    def shares_topic(self, reader: Reader, view: View, topics: Topics) -> bool:
        """True if a view shows rows with any of these topics."""
        return not view.topics.isdisjoint(topics) or f"user:{reader.user_id}" in topics

    def matcher(self, entry: LogEntry) -> Matcher:
        def matches(reader: Reader, view: View) -> bool:
            return self.shares_topic(reader, view, entry.topics) and self.may_see(reader, entry)

        return matches

    # --- What staff read if they ask why a user does not see a row ---

    def obstacles(self, instance: M, viewer: User | None) -> Iterable[str]:
        """Returns reasons why a user may not see a row, as sentences: those for which `visible_to` leaves it out."""
        return ()

    def refusal(self, reader: Reader, view: View, entry: LogEntry) -> str:
        """Returns why the rule of `matcher` leaves out a reader, as a sentence."""
        if not self.may_see(reader, entry):
            return f"The row is for “{entry.audience}”, and the user is not one of them."
        return "The view shares no topic with the event, or does not show the row."

    # --- What the frames contain ---

    def fetch(self, ids: Collection[int]) -> Iterable[M]:
        """Returns the rows with these ids that at least one reader may see, with all that `parts` needs."""
        return self.model._default_manager.filter(pk__in=ids)

    def values(self, instance: M) -> dict[str, Any]:
        """Returns what the fragment shows: the context of the template, and the key under which the result is cached.
        So a value that is shown cannot be missing from the key. The values must be hashable."""
        return {}

    def render(self, instance: M) -> SafeString:
        """Returns the fragment of a row, the same for every reader and on every transport."""
        return fragments.render(f"{self.name}:{instance.pk}", self.template, self.values(instance))

    def as_json(self, instance: M) -> dict[str, Any]:
        """Returns a row for programs."""
        return {"id": instance.pk}

    def parts(self, instance: M) -> Parts:
        """Returns the fields of a row's frames."""
        head = {"id": instance.pk}
        return {"html": head | {"html": self.render(instance)}, "json": head | {self.name: self.as_json(instance)}}

    def part_of(self, kind: str, form: Form) -> str | None:
        """Returns the part that frames of a kind contain; None if they contain no more than the id of the row."""
        if kind == self.deleted:
            return None
        return self.extra_kinds.get(kind, form)

    # --- Publishing ---

    def publish(self, kind: str, instance: M, topics_before: Iterable[str] = ()) -> None:
        """Writes an event of a row, in the current transaction. `topics_before` are those before the change."""
        publish(
            kind,
            subject_id=instance.pk,
            actor_id=self.actor_id(instance),
            audience=self.audience(instance),
            topics={*self.topics(instance), *topics_before},
        )

    def publish_change(self, before: M | None, after: M | None) -> None:
        """Writes the events of the difference between two states of a row; None: there is no row. Other readers see it
        if its audience or user changed, so for some it is deleted and for some created."""
        shown_before = before if before is not None and self.is_shown(before) else None
        shown_after = after if after is not None and self.is_shown(after) else None
        if shown_before and shown_after and self._readers_of(shown_before) == self._readers_of(shown_after):
            self.publish(self.updated, shown_after, self.topics(shown_before))
            return
        if shown_before:
            self.publish(self.deleted, shown_before)
        if shown_after:
            self.publish(self.created, shown_after)

    def _readers_of(self, instance: M) -> tuple[str, int]:
        return self.audience(instance), self.actor_id(instance)


_by_kind: dict[str, Declaration] = {}
_live_models: dict[str, LiveModel[Any]] = {}
_live_models_by_model: dict[type[Model], LiveModel[Any]] = {}
_live_models_by_kind: dict[str, LiveModel[Any]] = {}
coalesced_kinds: set[str] = set()
"""The coalesced kinds of all declarations."""
kinds_about_rights: set[str] = set()
"""The kinds of all declarations after which connections must be checked."""
reported_kinds: set[str] = set()
"""The kinds of all live models whose rows pages report as shown."""
reset_kinds: set[str] = {FEED_RESET}
"""The kinds after which pages reload because rows were written in bulk."""


def register[D: type[Declaration]](declaration: D) -> D:
    """Class decorator: registers a declaration. Raises `ValueError` if one of its kinds belongs to another one."""
    instance = declaration()
    for kind in declaration.kinds:
        if kind in _by_kind and type(_by_kind[kind]) is not declaration:
            raise ValueError(f"Two declarations have events of the kind “{kind}”.")
    _by_kind.update(dict.fromkeys(declaration.kinds, instance))
    coalesced_kinds.update(declaration.coalesced)
    kinds_about_rights.update(declaration.about_rights)
    if isinstance(instance, LiveModel):
        _register_live_model(instance)
    return declaration


def _register_live_model(live_model: LiveModel[Any]) -> None:
    _live_models[live_model.name] = live_model
    _live_models_by_model[live_model.model] = live_model
    _live_models_by_kind.update(dict.fromkeys(live_model.kinds, live_model))
    _by_kind[live_model.reset] = RowsReset(live_model)
    reset_kinds.add(live_model.reset)
    if live_model.is_reported:
        reported_kinds.update(live_model.kinds)


def declaration_of(kind: str) -> Declaration | None:
    """Returns the declaration of a kind of event; None if no installed app has one any more."""
    return _by_kind.get(kind)


MAX_MATCHERS = 4_000
"""Events whose rules stay in memory: those of the log's tail, which all clients that reconnect replay."""


@lru_cache(MAX_MATCHERS)
def matcher_of(entry: LogEntry) -> Matcher:
    """Returns the rule that decides which readers receive an event: no reader, if its kind has no declaration."""
    declaration = declaration_of(entry.kind)
    return declaration.matcher(entry) if declaration else lambda reader, view: False


def live_model_with(kind: str) -> LiveModel[Any] | None:
    """Returns the declaration of the live model that has events of a kind; None if no live model has."""
    return _live_models_by_kind.get(kind)


def live_model_named(name: str) -> LiveModel[Any]:
    """Returns the declaration of a live model. Raises `KeyError` if there is none of this name."""
    return _live_models[name]


def live_model_of(model: type[Model]) -> LiveModel[Any] | None:
    """Returns the declaration of a model or its proxy; None if it is not live."""
    return _live_models_by_model.get(model._meta.concrete_model or model)


def get_live_model(model: type[Model]) -> LiveModel[Any]:
    """Returns the declaration of a model or its proxy. Raises `ValueError` if it is not live."""
    live_model = live_model_of(model)
    if live_model is None:
        raise ValueError(f"{model.__name__} is not a live model.")
    return live_model


def live_models() -> list[LiveModel[Any]]:
    """Returns the declarations of all live models."""
    return list(_live_models.values())


@register
class FeedReset(Declaration):
    """Rows were written without signals, or the log was restarted: all pages reload."""

    kinds = frozenset({FEED_RESET})
    reload_within = 10
    changes_all = True

    def matcher(self, entry: LogEntry) -> Matcher:
        return lambda reader, view: True


class RowsReset(Declaration):
    """Many rows of a live model were written at once: pages that show any of their topics reload. The users whose rows
    they are, if there are several, are the topics `actor:<id>`."""

    reload_within = 3  # soon: deleted rows must not stay on a page for long
    changes_all = True

    def __init__(self, live_model: LiveModel[Any]) -> None:
        self._live_model = live_model

    def matcher(self, entry: LogEntry) -> Matcher:
        live_model = self._live_model
        actor_ids = keys_of("actor", entry.topics) or [entry.actor_id]
        entries = [entry._replace(actor_id=actor_id) for actor_id in actor_ids]

        def matches(reader: Reader, view: View) -> bool:
            may_see_any = any(live_model.may_see(reader, each) for each in entries)
            return may_see_any and live_model.shares_topic(reader, view, entry.topics)

        return matches
