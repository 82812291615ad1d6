"""Publishes bulk writes, for which Django sends no signals: the rows before a write are compared with those after it.

`LiveQuerySet` calls this module. Code that writes in other ways (raw SQL, `loaddata`) calls `reset_pages`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import batched
from typing import Any

from django.db import connections, transaction
from django.db.models import FETCH_PEERS, F, Model, Q, QuerySet

from livefeed.live import publishing
from livefeed.live.declarations import PUBLIC, LiveModel, get_live_model, live_model_of, live_model_with
from livefeed.live.topics import decode, topic
from livefeed.models import Event

MAX_EVENT_ROWS = 200
"""Rows of one write that are published one by one; for more, the pages that show any of their topics reload. It is also
the number of rows that a returning page receives at most."""
MAX_RESET_TOPICS = 10_000
"""Topics of one reset; with more, all pages reload."""
ROWS_PER_QUERY = 2_000
ROWS_PER_CONDITION = 200
"""Rows that one query finds by the values of several fields: SQLite limits the depth of a condition to 1,000."""


def write_to(model: type[Model], using: str) -> "BulkWrite[Any] | None":
    """Returns a bulk write to a live model; None if the model is not live."""
    live_model = live_model_of(model)
    return BulkWrite(live_model, model, using) if live_model else None


def reset_pages(model: type[Model], topics: Iterable[str]) -> None:
    """Makes the pages reload that show rows of a live model with any of these topics: for raw SQL and `loaddata`.

    Raises `ValueError` if the model is not live.
    """
    reset = Reset(get_live_model(model))
    reset.add(topics)
    reset.publish()


class BulkWrite[M: Model]:
    """One bulk write to the rows of a live model, in the database `using`."""

    def __init__(self, live_model: LiveModel[M], model: type[M], using: str) -> None:
        self._live_model = live_model
        self._model = model
        self._using = using

    def is_shown(self, fields: Iterable[str]) -> bool:
        """True if pages show any of these fields. Raises `FieldDoesNotExist`."""
        shown = self._live_model.shown_fields
        return shown is None or not shown.isdisjoint(self._names(fields))

    def change[R](
        self,
        queryset: QuerySet[M],
        fields: Iterable[str],
        write: Callable[[Any], R],
        ids: Iterable[Any] | None = None,
    ) -> R:
        """Calls `write`, which changes `fields` of the rows of the queryset that it is given, and publishes the
        changes. `ids` are the ids of these rows, if they are known."""
        with self.published_together():
            known_ids = self._ids(queryset) if ids is None else sorted({pk for pk in ids if pk is not None})

            def write_and_count() -> R:
                result = write(self._only(queryset, known_ids))
                if self._live_model.version_field not in self._names(fields):
                    self._count_versions(known_ids)
                return result

            return self._publish_effect(known_ids, write_and_count)

    def delete[R](self, queryset: QuerySet[M], write: Callable[[Any], R]) -> R:
        """Calls `write`, which deletes the rows of the queryset that it is given, and publishes their deletion."""
        with self.published_together():
            ids = self._ids(queryset)
            return self._publish_effect(ids, lambda: write(self._only(queryset, ids)))

    def insert(self, insert: Callable[[], list[Any]], objs: Iterable[M], unique_fields: Collection[str] | None) -> None:
        """Calls `insert`, which returns the ids of the rows, and publishes them. `unique_fields` decide which rows are
        replaced by `objs`; None if none are."""
        with self.published_together():
            before = {} if unique_fields is None else self._rows_like(objs, unique_fields)
            ids = insert()
            self._count_versions(list(before))
            self._publish(before, self._rows(ids))

    @contextmanager
    def published_together(self) -> Iterator[None]:
        """Writes the events of the block together, in its transaction."""
        with transaction.atomic(using=self._using):
            with publishing.collected() as events:
                yield
            write_condensed(events)

    # --- Rows before and after ---

    def _publish_effect[R](self, ids: Sequence[Any], write: Callable[[], R]) -> R:
        """Calls `write` and publishes what it changes of the rows with these ids."""
        if len(ids) > MAX_EVENT_ROWS:
            return self._reset_after(ids, write)
        before = self._rows(ids, lock=True)
        result = write()
        self._publish(before, self._rows(ids))
        return result

    def _reset_after[R](self, ids: Sequence[Any], write: Callable[[], R]) -> R:
        """Does the same by one event for all rows. There may be millions: they are not kept in memory."""
        reset = Reset(self._live_model)
        reset.add_rows(self._read(ids, lock=True))
        result = write()
        reset.add_rows(self._read(ids))
        reset.publish()
        return result

    def _publish(self, before: Mapping[Any, M], after: Mapping[Any, M]) -> None:
        for pk in dict.fromkeys([*before, *after]):
            self._live_model.publish_change(before.get(pk), after.get(pk))

    def _names(self, fields: Iterable[str]) -> set[str]:
        """Returns the names of fields that are given as `update` takes them: `author`, `author_id` or `pk`."""
        meta = self._model._meta
        return {meta.pk.name if field == "pk" else meta.get_field(field).name for field in fields}

    def _ids(self, queryset: QuerySet[M]) -> list[Any]:
        return sorted(set(queryset.order_by().values_list("pk", flat=True)))

    def _only(self, queryset: QuerySet[M], ids: Sequence[Any]) -> QuerySet[M]:
        """Returns the rows of a queryset that have been read. On PostgreSQL, others may have been added since."""
        has_concurrent_writers = connections[self._using].features.has_select_for_update
        return queryset.filter(pk__in=ids) if has_concurrent_writers else queryset

    def _count_versions(self, ids: Sequence[Any]) -> None:
        """Increments the versions of rows: a page keeps the newer of two."""
        if field := self._live_model.version_field:
            for some in batched(ids, ROWS_PER_QUERY):
                self._all_rows().filter(pk__in=some).update(**{field: F(field) + 1})

    def _rows(self, ids: Sequence[Any], *, lock: bool = False) -> dict[Any, M]:
        return {row.pk: row for row in self._read(ids, lock=lock)}

    def _read(self, ids: Sequence[Any], *, lock: bool = False) -> Iterator[M]:
        """Yields rows in the order of their ids. Locks them in this order, so that two bulk writes never deadlock."""
        for some in batched(ids, ROWS_PER_QUERY):
            rows = self._all_rows().filter(pk__in=some).order_by("pk").fetch_mode(FETCH_PEERS)
            yield from rows.select_for_update(of=("self",), no_key=True) if lock else rows

    def _rows_like(self, objs: Iterable[M], fields: Collection[str]) -> dict[Any, M]:
        """Returns the rows that have the same values as one of `objs` in `fields`, and locks them."""
        names = sorted(self._names(fields))
        ids: list[Any] = []
        for some in batched(objs, ROWS_PER_CONDITION):
            alike = [Q(*((name, getattr(obj, name)) for name in names)) for obj in some]
            ids += self._all_rows().filter(Q(*alike, _connector=Q.OR)).values_list("pk", flat=True)
        return self._rows(sorted(ids), lock=True)

    def _all_rows(self) -> QuerySet[M]:
        """Returns all rows, whatever the managers of the model exclude; writing to them publishes nothing."""
        return QuerySet(self._model, using=self._using)


class Reset:
    """One event for many rows: the pages that show any of their topics reload."""

    def __init__(self, live_model: LiveModel[Any]) -> None:
        self._live_model = live_model
        self._topics: set[str] = set()
        self._audiences: set[str] = set()
        self._actors: set[int] = set()

    def add(self, topics: Iterable[str], audience: str = PUBLIC, actor_id: int = 0) -> None:
        """Adds the topics of a row, its audience and its user."""
        self._topics.update(topics)
        self._audiences.add(audience)
        self._actors.add(actor_id)

    def add_rows(self, rows: Iterable[Model]) -> None:
        """Adds rows. Reads no more of them than it can use."""
        for row in rows:
            self.add(self._live_model.topics(row), self._live_model.audience(row), self._live_model.actor_id(row))
            if self._concerns_all:
                return

    def publish(self) -> None:
        if self._concerns_all:
            publishing.reset_feeds()
            return
        publishing.publish(
            self._live_model.reset,
            audience=min(self._audiences) if len(self._audiences) == 1 else PUBLIC,
            actor_id=min(self._actors) if len(self._actors) == 1 else 0,
            topics=self._topics | {topic("actor", actor_id) for actor_id in self._actors},
        )

    @property
    def _concerns_all(self) -> bool:
        return len(self._topics) > MAX_RESET_TOPICS


def write_condensed(events: Sequence[Event]) -> None:
    """Writes events by one query. Those of a live model are replaced by one reset if they concern more than
    MAX_EVENT_ROWS rows."""
    rows: defaultdict[LiveModel[Any], set[int]] = defaultdict(set)
    for event in events:
        if live_model := live_model_with(event.kind):
            rows[live_model].add(event.subject_id)
    resets = {live_model: Reset(live_model) for live_model, ids in rows.items() if len(ids) > MAX_EVENT_ROWS}
    others = []
    for event in events:
        live_model = live_model_with(event.kind)
        if live_model in resets:
            resets[live_model].add(decode(event.topics), event.audience, event.actor_id)
        else:
            others.append(event)
    publishing.write(others)
    for reset in resets.values():
        reset.publish()
