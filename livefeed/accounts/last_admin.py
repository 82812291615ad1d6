"""Refuses to delete, suspend or demote the last administrator of the site."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from livefeed.models import User


class LastAdministratorError(PermissionDenied):
    """Raised before the last active superuser is deleted, suspended or demoted. HTTP clients receive a 403 with the
    message."""

    def __init__(self, user: User) -> None:
        super().__init__(f"{user} is the last administrator. Make another user an administrator first.")


def last_administrators(users: Iterable[User]) -> list[User]:
    """Returns the active superusers among `users` if the site has no others; else an empty list."""
    keys = [user.pk for user in users]
    if administrators().exclude(pk__in=keys).exists():
        return []
    return list(administrators().filter(pk__in=keys))


def administrators() -> QuerySet[User]:
    """Returns all active superusers."""
    found: QuerySet[User] = User.objects.filter(is_superuser=True, is_active=True)
    return found


def check_delete(user: User, origin: Any) -> None:
    """Called before a user is deleted, alone or as part of the queryset `origin`. Raises `LastAdministratorError`."""
    if user.is_superuser and user.is_active:
        deleted = set(origin.values_list("pk", flat=True)) if isinstance(origin, QuerySet) else set()
        _require_another(user, deleted | {user.pk})


def check_save(user: User) -> None:
    """Called before a changed user is saved. Raises `LastAdministratorError`."""
    changes = user.saved_changes
    flags = ("is_active", "is_superuser")
    before = [changes[name][0] if name in changes else getattr(user, name) for name in flags]
    if all(before) and not (user.is_active and user.is_superuser):
        _require_another(user, {user.pk})


def _require_another(user: User, leaving: set[int]) -> None:
    """Raises `LastAdministratorError` unless an administrator remains without those in `leaving`.

    Locks the administrators in the order of their keys: of two that are demoted at the same moment, one waits.
    """
    if not set(administrators().order_by("pk").select_for_update().values_list("pk", flat=True)) - leaving:
        raise LastAdministratorError(user)
