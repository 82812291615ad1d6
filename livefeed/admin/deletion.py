"""Deletion in the admin: related rows are counted, where Django would list each of them."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest


class CountedDeletionAdmin[M: Model](admin.ModelAdmin[M]):
    """Shows on the confirmation page how many related rows are deleted with the selected ones."""

    deleted_with: ClassVar[dict[str, str]] = {}
    """Related managers whose rows are counted: attribute name to the label that follows the count."""

    def get_deleted_objects(
        self, objs: Iterable[M], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], Any, Any]:
        """Returns the lines to show, the counts by model, the models this user may not delete, and the reasons why
        rows are protected from everyone."""
        rows = list(objs)
        counts = {label: sum(getattr(row, name).count() for row in rows) for name, label in self.deleted_with.items()}
        lines = [str(row) for row in rows]
        lines += [f"{count:,} {label}" for label, count in counts.items() if count]
        model_counts = {str(self.opts.verbose_name_plural): len(rows)} | counts
        denied: set[str] = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return lines, model_counts, denied, self.protected(rows)

    def protected(self, rows: list[M]) -> list[str]:
        """Returns the reasons why some of `rows` must not be deleted; empty if all may be."""
        return []
