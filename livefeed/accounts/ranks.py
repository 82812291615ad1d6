"""Ranks of accounts: who may manage whom, and which rights a manager may grant.

A superuser outranks every other user. A user also outranks those who lack one of their permissions. Permissions are
read from the database and not from `get_all_permissions()`, which is empty for suspended users: suspending a user must
not hand their account to staff of a lower rank.
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from livefeed.models import User


def users_outranking(manager: User) -> QuerySet[User]:
    """Returns the users whom `manager` must not manage; none for a superuser."""
    users: QuerySet[User] = User.objects.all()
    if manager.is_superuser:
        return users.none()
    lacking = _permissions_lacking(manager)
    has_more = Q(user_permissions__in=lacking) | Q(groups__in=Group.objects.filter(permissions__in=lacking))
    return users.filter(Q(is_superuser=True) | has_more).distinct()


def groups_outranking(manager: User) -> QuerySet[Group]:
    """Returns the groups that `manager` must not change: those with a permission that `manager` lacks, and those with a
    member who outranks `manager`."""
    if manager.is_superuser:
        return Group.objects.none()
    has_more = Q(permissions__in=_permissions_lacking(manager)) | Q(user__in=users_outranking(manager))
    return Group.objects.filter(has_more).distinct()


def grantable_permissions(manager: User) -> QuerySet[Permission]:
    """Returns the permissions that `manager` may grant: those that `manager` has."""
    if manager.is_superuser:
        return Permission.objects.all()
    return Permission.objects.filter(Q(user=manager) | Q(group__user=manager)).distinct()


def grantable_groups(manager: User) -> QuerySet[Group]:
    """Returns the groups to which `manager` may add users: those without a permission that `manager` lacks."""
    return Group.objects.exclude(permissions__in=_permissions_lacking(manager))


def _permissions_lacking(manager: User) -> QuerySet[Permission]:
    return Permission.objects.exclude(pk__in=grantable_permissions(manager).values("pk"))
