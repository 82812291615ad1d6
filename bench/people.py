"""Livefeed's people, made in bulk: no signal is fired, no password hashed, nobody signs in by hand."""

from collections.abc import Iterable
from datetime import timedelta
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django.utils.crypto import get_random_string

from livefeed.models import Follow, User

BATCH = 5_000
"""Rows written at once."""

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


def main(folder: str, sockets: str) -> None:
    """Makes a database with an author and `sockets` people who follow them, all signed in, and collects the static
    files. Leaves Cookie headers in `folder`, one a line: the followers' in `cookies`, the author's in `author`."""
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    author, *followers = make_people(int(sockets) + 1)
    make_follows((follower, author) for follower in followers)
    Path(folder, "author").write_text(sign_in([author]))
    Path(folder, "cookies").write_text(sign_in(followers))


def make_people(count: int) -> list[User]:
    """Makes `person0`, `person1` and so on; none has a password that fits."""
    people = [User(username=f"person{n}", name=f"Person {n}", password=f"!{n}") for n in range(count)]
    return User.objects.bulk_create(people, batch_size=BATCH)


def make_follows(pairs: Iterable[tuple[User, User]]) -> None:
    """Makes each first follow its second."""
    Follow.objects.bulk_create(
        [Follow(follower=follower, followed=followed) for follower, followed in pairs], batch_size=BATCH
    )


def sign_in(people: list[User]) -> str:
    """Makes a session for each; returns their Cookie headers, one a line."""
    sessions = [_session_of(person) for person in people]
    Session.objects.bulk_create(sessions, batch_size=BATCH)
    return "".join(f"{settings.SESSION_COOKIE_NAME}={session.session_key}\n" for session in sessions)


def _session_of(person: User) -> Session:
    held = {
        SESSION_KEY: str(person.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: person.get_session_auth_hash(),
    }
    expires = timezone.now() + timedelta(days=1)
    return Session(session_key=get_random_string(32), session_data=SessionStore().encode(held), expire_date=expires)
