"""What must not happen: that nobody is left who can administer the site."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from livefeed.models import User


class LastAdministratorError(PermissionDenied):
    """Somebody wants to delete the last active superuser, suspend them or take that from them. By HTTP it is answered
    403, with its sentence."""

    def __init__(self, user: User) -> None:
        super().__init__(f"{user} is the last administrator. Make somebody else one first.")


def last_administrators(people: Iterable[User]) -> list[User]:
    """The active superusers among people, if there are no others."""
    keys = [person.pk for person in people]
    return [] if administrators().exclude(pk__in=keys).exists() else list(administrators().filter(pk__in=keys))


def administrators() -> QuerySet[User]:
    found: QuerySet[User] = User.objects.filter(is_superuser=True, is_active=True)
    return found


def check_delete(user: User, origin: Any) -> None:
    """Called before somebody is deleted, by themselves or with others (`origin`, a query). Raises
    `LastAdministratorError`."""
    if user.is_superuser and user.is_active:
        gone = set(origin.values_list("pk", flat=True)) if isinstance(origin, QuerySet) else set()
        _keep_one(user, gone | {user.pk})


def check_save(user: User) -> None:
    """Called before a change of somebody is saved. Raises `LastAdministratorError`."""
    changes = user.saved_changes
    was = [changes[name][0] if name in changes else getattr(user, name) for name in ("is_active", "is_superuser")]
    if all(was) and not (user.is_active and user.is_superuser):
        _keep_one(user, {user.pk})


def _keep_one(user: User, gone: set[int]) -> None:
    """Two of the last who go or are demoted at the same moment wait for each other here, in the order of their keys."""
    if not set(administrators().order_by("pk").select_for_update().values_list("pk", flat=True)) - gone:
        raise LastAdministratorError(user)
