"""Admin of accounts and groups: a user can only grant rights they have, and cannot change what outranks them."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import ManyToManyField, Model, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest

from livefeed.accounts import ranks
from livefeed.models import User


def manager_of(request: HttpRequest) -> User:
    """Returns the user of a request to the admin, which is for signed-in users only."""
    return cast(User, request.user)


class RankedAdmin[M: Model](admin.ModelAdmin[M]):
    """Forbids changing and deleting rows that outrank the user, alone and in bulk, and granting rights the user lacks.

    Rows that outrank the user stay readable with the permission to view them.
    """

    def outranking(self, manager: User) -> QuerySet[M]:
        """Returns the rows that `manager` must not change."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return super().has_change_permission(request, obj) and not self._outranks(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not self._outranks(request, obj)

    def _outranks(self, request: HttpRequest, obj: M | None) -> bool:
        return obj is not None and self.outranking(manager_of(request)).filter(pk=obj.pk).exists()

    def get_deleted_objects(
        self, objs: Iterable[M], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], Any, list[Any]]:
        """Adds a reason for each row that outranks the user: the deletion of several rows checks no row by itself."""
        rows = list(objs)
        lines, model_counts, denied, protected = super().get_deleted_objects(rows, request)
        outranking = self.outranking(manager_of(request)).filter(pk__in=[row.pk for row in rows])
        reasons = [f"{row} has rights that you do not have." for row in outranking]
        return lines, model_counts, denied, [*protected, *reasons]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        """Offers, and accepts, only the groups and permissions that the user may grant."""
        manager = manager_of(request)
        if db_field.related_model is Permission:
            kwargs["queryset"] = ranks.grantable_permissions(manager)
        elif db_field.related_model is Group:
            kwargs["queryset"] = ranks.grantable_groups(manager)
        return super().formfield_for_manytomany(db_field, request, **kwargs)
