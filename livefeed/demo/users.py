"""Demo users, who follow each other and have posts, replies and likes."""

from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from livefeed.demo.accounts import create_accounts
from livefeed.demo.posts import create_posts
from livefeed.demo.texts import USERS, VOICES
from livefeed.models import Profile, User

READER = "demo"
"""The user to sign in as; staff and superuser."""
PASSWORD = "livefeed-demo"  # noqa: S105  # the same for every demo user, and printed


def taken_names() -> set[str]:
    """Returns the names of demo users that exist, be it as demo users or as others."""
    found = User.objects.annotate(lowered=Lower("username")).filter(lowered__in=USERS)
    return set(found.values_list("lowered", flat=True))


def create_demo() -> None:
    """Creates the demo users with their follows, profiles and posts, in one transaction."""
    with transaction.atomic():
        users = _create_users()
        for username, demo_user in USERS.items():
            for followed in demo_user.follows:
                users[username].follow(users[followed])
        create_posts(users)
        _create_profiles(users)


def sign_in_line(taken: Collection[str]) -> str:
    """Returns one line that says how to sign in; `taken` are the names of demo users that exist."""
    others = ", ".join(name for name in USERS if name != READER and name in taken)
    if READER not in taken:
        return f"Demo: nothing made, since these names are taken: {others}"
    return f"Demo: sign in as {READER} with password {PASSWORD} (others: {others})"


def writers() -> QuerySet[User]:
    """Returns the demo users who keep posting. Their email address distinguishes them from other users of that name."""
    addresses = [_address(name) for name in VOICES]
    found: QuerySet[User] = User.objects.filter(username__in=VOICES, email__in=addresses, is_active=True)
    return found


def _address(username: str) -> str:
    return f"{username}@example.org"


def _create_users() -> dict[str, User]:
    password = make_password(PASSWORD)
    joined = timezone.now() - timedelta(days=30)
    users = {
        username: User(
            username=username,
            name=demo_user.name,
            email=_address(username),
            password=password,
            date_joined=joined,
            is_staff=username == READER,
            is_superuser=username == READER,
        )
        for username, demo_user in USERS.items()
    }
    create_accounts(list(users.values()))
    return users


def _create_profiles(users: dict[str, User]) -> None:
    """Creates profiles after the posts, since a profile counts the posts that exist when it is created."""
    for username, demo_user in USERS.items():
        if demo_user.about:
            Profile.objects.for_user(users[username])
            Profile.objects.filter(user=users[username]).update(about=demo_user.about, links=demo_user.link)
