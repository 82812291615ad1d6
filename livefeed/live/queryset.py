"""`LiveQuerySet`: bulk writes of a live model appear on open pages, although Django sends no signals for them.

    objects = LiveQuerySet.as_manager()

Models import this module, so it imports none: declarations are looked up when rows are written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Model, QuerySet
from django.db.models.constants import OnConflict

if TYPE_CHECKING:
    from livefeed.live.bulk import BulkWrite


class LiveQuerySet[M: Model](QuerySet[M]):
    """Queries for rows of a live model.

    `bulk_create`, `bulk_update`, `update` and `delete`, and their async forms, write the events of all rows together,
    in the transaction of the write; for more than `bulk.MAX_EVENT_ROWS` rows, one event that makes the pages reload
    that show any of their topics. Methods that save single rows (`create`, `update_or_create` and others) send signals,
    whose receivers publish.
    """

    _is_silent = False
    _inserted_ids: list[Any] | None = None
    """Ids of inserted rows, collected while `bulk_create` ignores conflicts: Django does not set them then."""

    def silently(self) -> Self:
        """Returns a queryset whose `bulk_create`, `bulk_update` and `update` publish nothing, for code that publishes
        all its changes itself. `delete` sends signals and is never silent."""
        clone = self.all()
        clone._is_silent = True
        return clone

    def bulk_create(
        self,
        objs: Iterable[M],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[M]:
        objs = list(objs)
        write = self._bulk_write()
        inserting = self.silently()
        inserting._inserted_ids = [] if ignore_conflicts else None

        def insert() -> list[Any]:
            """Inserts the rows; returns their ids."""
            super(LiveQuerySet, inserting).bulk_create(
                objs, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields
            )
            return [obj.pk for obj in objs] if inserting._inserted_ids is None else inserting._inserted_ids

        if write is None:
            insert()
        else:
            write.insert(insert, objs, unique_fields if update_conflicts else None)
        return objs

    bulk_create.alters_data = True  # type: ignore[attr-defined]  # as in Django: templates must not call it

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None) -> int:
        objs = tuple(objs)
        fields = tuple(fields)
        write = self._bulk_write()
        if write is None or not write.is_shown(fields):
            return super().bulk_update(objs, fields, batch_size)

        def update(rows: Self) -> int:
            return super(LiveQuerySet, rows.silently()).bulk_update(objs, fields, batch_size)

        return write.change(self, fields, update, [obj.pk for obj in objs])

    bulk_update.alters_data = True  # type: ignore[attr-defined]

    def update(self, **kwargs: Any) -> int:
        write = self._bulk_write()
        if write is None or not write.is_shown(kwargs):
            return super().update(**kwargs)
        self._result_cache = None
        return write.change(self, kwargs, lambda rows: super(LiveQuerySet, rows.silently()).update(**kwargs))

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Deletes rows. Django sends signals for each; the events of their receivers are written together."""
        write = self._bulk_write()
        if write is None:
            return super().delete()
        with write.published_together():
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]  # as in Django: else `objects.delete()` deletes all

    def _raw_delete(self, using: str | None) -> int:
        write = self._bulk_write()
        if write is None:
            return super()._raw_delete(using)
        return write.delete(self, lambda rows: super(LiveQuerySet, rows.silently())._raw_delete(using))

    _raw_delete.alters_data = True  # type: ignore[attr-defined]

    def _insert(self, objs: Sequence[M], fields: Any, on_conflict: Any = None, **kwargs: Any) -> Any:
        """Reads the ids back that Django does not ask for if it ignores conflicts."""
        if self._inserted_ids is None or on_conflict != OnConflict.IGNORE:
            return super()._insert(objs, fields, on_conflict=on_conflict, **kwargs)  # type: ignore[misc]  # not in stubs
        kwargs["returning_fields"] = [self.model._meta.pk]
        rows = super()._insert(objs, fields, on_conflict=on_conflict, **kwargs)  # type: ignore[misc]
        self._inserted_ids += [pk for (pk,) in rows]
        return []

    _insert.alters_data = True  # type: ignore[attr-defined]

    def _bulk_write(self) -> BulkWrite[M] | None:
        """Returns what publishes a bulk write; None if it is silent, or the model has no declaration."""
        from livefeed.live import bulk  # it imports declarations, which import models

        self._for_write = True
        return None if self._is_silent else bulk.write_to(self.model, self.db)

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]  # not in the stubs
        clone._is_silent = self._is_silent
        return clone
