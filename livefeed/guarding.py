"""What must not happen: that nobody is left who can administer the site."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from livefeed.models import User


class LastAdministratorError(PermissionDenied):
    """Somebody wants to delete the last active superuser, suspend them or take that from them. By HTTP it is answered
    403, with its sentence."""

    def __init__(self, user: User) -> None:
        super().__init__(f"{user} is the last administrator. Make somebody else one first.")


def is_last_administrator(user: User) -> bool:
    """Whether nobody else is an active superuser."""
    return not administrators().exclude(pk=user.pk).exists() and administrators().filter(pk=user.pk).exists()


def administrators() -> QuerySet[User]:
    found: QuerySet[User] = User.objects.filter(is_superuser=True, is_active=True)
    return found


def user_goes(user: User, origin: Any) -> None:
    """Called before somebody is deleted, by themselves or with others (`origin`, a query). Raises
    `LastAdministratorError`."""
    if user.is_superuser and user.is_active:
        gone = set(origin.values_list("pk", flat=True)) if isinstance(origin, QuerySet) else set()
        _keep_one(user, gone | {user.pk})


def user_changes(user: User) -> None:
    """Called before a change of somebody is saved. Raises `LastAdministratorError`."""
    lost = [name for name in ("is_active", "is_superuser") if user.saved_changes.get(name, (0, True))[1] is False]
    was = [user.saved_changes.get(name, (getattr(user, name), 0))[0] for name in ("is_active", "is_superuser")]
    if lost and all(was):
        _keep_one(user, {user.pk})


def _keep_one(user: User, gone: set[int]) -> None:
    """Two of the last who go or are demoted at the same moment wait for each other here, in the order of their keys."""
    if not set(administrators().order_by("pk").select_for_update().values_list("pk", flat=True)) - gone:
        raise LastAdministratorError(user)
