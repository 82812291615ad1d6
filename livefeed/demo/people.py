"""The demo people: who they are, whom they follow, and how they move in."""

from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from livefeed.demo import talk
from livefeed.demo.accounts import add_accounts
from livefeed.demo.posts import POSTS
from livefeed.demo.voices import VOICES
from livefeed.models import Post, User

READER = "demo"
"""The one to sign in as; staff and superuser."""
PASSWORD = "livefeed-demo"  # noqa: S105  # everybody's, and printed

NAMES = {
    READER: "Robin Vale",
    "mara": "Mara Lindqvist",
    "jonas": "Jonas Okafor",
    "aiko": "Aiko Tanaka",
    "samir": "Samir Haddad",
    "lucia": "Lucía Ferreyra",
    "priya": "Priya Raman",
    "tomasz": "Tomasz Zieliński",
    "noor": "Noor de Vries",
}

FOLLOWS = {
    READER: ("mara", "jonas", "aiko", "samir", "lucia", "noor"),
    "mara": ("aiko", "jonas", "lucia", READER),
    "jonas": ("lucia", "mara", READER),
    "aiko": ("mara", "priya", "noor"),
    "samir": ("noor", "priya", "tomasz"),
    "lucia": ("jonas", "mara", "noor"),
    "priya": ("samir", "aiko", "tomasz"),
    "tomasz": ("samir", "priya"),
    "noor": ("samir", "mara", "lucia", "jonas"),
}


def names_taken() -> set[str]:
    """Which of the demo people's names somebody has, they themselves or others."""
    found = User.objects.annotate(lowered=Lower("username")).filter(lowered__in=NAMES)
    return set(found.values_list("lowered", flat=True))


def move_in() -> None:
    """Makes the people, lets them follow each other and write what they have to say, all in one transaction."""
    with transaction.atomic():
        people = _add_people()
        for follower, followed in FOLLOWS.items():
            for name in followed:
                people[follower].follow(people[name])
        _add_posts(people)


def sign_in_line(taken: Collection[str]) -> str:
    """How to sign in, in one line; `taken` are the names that somebody has."""
    others = ", ".join(name for name in NAMES if name != READER and name in taken)
    if READER not in taken:
        return f"Demo: nothing made, since these names are taken: {others}"
    return f"Demo: sign in as {READER} with password {PASSWORD} (others: {others})"


def writers() -> QuerySet[User]:
    """Those who write on in busy times. The address tells them from others who have such a name."""
    addresses = [_address(name) for name in VOICES]
    found: QuerySet[User] = User.objects.filter(username__in=VOICES, email__in=addresses, is_active=True)
    return found


def _address(username: str) -> str:
    return f"{username}@example.org"


def _add_people() -> dict[str, User]:
    password, joined = make_password(PASSWORD), timezone.now() - timedelta(days=30)
    people = {name: _person(name, password=password, date_joined=joined) for name in NAMES}
    people[READER].is_staff = people[READER].is_superuser = True
    add_accounts(list(people.values()))
    return people


def _person(username: str, **fields: object) -> User:
    return User(username=username, name=NAMES[username], email=_address(username), **fields)


def _add_posts(people: dict[str, User]) -> None:
    now = timezone.now()
    for draft in POSTS:
        moment = now - timedelta(hours=draft.hours_ago)
        Post(author=people[draft.author], title=draft.title, body=draft.body, created_at=moment).save()
    talk.begin(people, now)
