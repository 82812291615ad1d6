"""Livefeed's users, created in bulk with sessions: no signals are sent, no passwords hashed, no sign-in requests
made."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.utils import timezone
from django.utils.crypto import get_random_string

from livefeed.accounts.session_store import SIGN_IN, SessionStore
from livefeed.models import Follow, Session, User

BATCH = 5_000
"""Rows inserted by one query."""


def main(folder: str, count: str, followed: str, sockets_each: str) -> None:
    """Creates a database with an author and `count` users, all signed in, and collects the static files.

    Each user follows the author and the next `followed` - 1 users. Writes Cookie headers to `folder`, one a line: the
    author's to `author`, and to `cookies` each user's, `sockets_each` times.
    """
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    author, *people = make_people(int(count) + 1)
    make_follows((person, author) for person in people)
    make_follows(neighbours(people, int(followed) - 1))
    Path(folder, "author").write_text(sign_in([author]))
    cookies = sign_in(people).splitlines(keepends=True)
    Path(folder, "cookies").write_text("".join(cookie * int(sockets_each) for cookie in cookies))


def neighbours(people: list[User], count: int) -> Iterator[tuple[User, User]]:
    """Yields each user with each of the next `count` users, in a ring."""
    for index, person in enumerate(people):
        for distance in range(1, count + 1):
            yield person, people[(index + distance) % len(people)]


def make_people(count: int) -> list[User]:
    """Creates `person0`, `person1` and so on, with unusable passwords."""
    people = [User(username=f"person{n}", name=f"Person {n}", password=f"!{n}") for n in range(count)]
    return User.objects.bulk_create(people, batch_size=BATCH)


def make_follows(pairs: Iterable[tuple[User, User]]) -> None:
    """Creates a follow for each pair of follower and followed user."""
    Follow.objects.bulk_create(
        [Follow(follower=follower, followed=followed) for follower, followed in pairs], batch_size=BATCH
    )


def sign_in(people: list[User]) -> str:
    """Creates a session for each user; returns their Cookie headers, one a line."""
    sessions = [_session_of(person) for person in people]
    Session.objects.bulk_create(sessions, batch_size=BATCH)
    return "".join(f"{settings.SESSION_COOKIE_NAME}={session.session_key}\n" for session in sessions)


def _session_of(person: User) -> Session:
    held = {
        SESSION_KEY: str(person.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: person.get_session_auth_hash(),
        SIGN_IN: secrets.randbits(63),
    }
    expires = timezone.now() + timedelta(days=1)
    session: Session = SessionStore(get_random_string(32)).create_model_instance(held)
    session.expire_date = expires
    return session
