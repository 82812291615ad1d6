"""Deleting in the admin: what goes along is counted, where Django would list every row."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest


class CountedDeletionAdmin[M: Model](admin.ModelAdmin[M]):
    """Says of what is to be deleted how much goes with it."""

    goes_along: ClassVar[dict[str, str]] = {}
    """What is said, by the name of the relation."""

    def get_deleted_objects(
        self, objs: Iterable[M], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], Any, Any]:
        """What is deleted, counts of what goes along, what of it this member of the staff may not delete, and what
        nobody may."""
        rows = list(objs)
        counts = {said: sum(getattr(row, name).count() for row in rows) for name, said in self.goes_along.items()}
        denied: set[str] = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        listed = [str(row) for row in rows] + [f"{count:,} {said}" for said, count in counts.items() if count]
        return listed, {str(self.opts.verbose_name_plural): len(rows)} | counts, denied, self.protected(rows)

    def protected(self, rows: list[M]) -> list[str]:
        """Why some of `rows` may not be deleted."""
        return []
