"""Factories for users and posts. The cast: an author, a follower, and a stranger who must receive nothing."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from livefeed.models import Announcement, NewPoll, Poll, Post, User
from livefeed.testing.users import cookies_of, signed_in

__all__ = [
    *("PASSWORD", "Cast", "cookie_of", "make_announcement", "make_cast", "make_poll", "make_post", "make_user"),
    "signed_in",
]

PASSWORD = "correct horse battery"
_numbers = count(1)


def make_user(username: str = "", **fields) -> User:
    """Creates a user with a confirmed email address and PASSWORD."""
    username = username or f"person{next(_numbers)}"
    fields.setdefault("name", username.title())
    fields.setdefault("password", _encoded_password())
    user = User.objects.create(username=username, email=f"{username.lower()}@example.org", **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_post(
    author: User, body: str = "Hello.", title: str = "", audience: str = "public", parent: Post | None = None
) -> Post:
    return Post.objects.publish(author, title=title, body=body, audience=audience, parent=parent)


def make_poll(author: User, *options: str, is_multiple: bool = False, **fields) -> Poll:
    """Creates a post that asks a question, with a poll that is open for a day."""
    poll = NewPoll(options or ("Tea", "Coffee"), is_multiple, timedelta(days=1))
    fields.setdefault("body", "Tea or coffee?")
    return Post.objects.publish(author, title="", poll=poll, **fields).poll


def make_announcement(text: str = "Maintenance tonight.", *, starts_in: int = 0, ends_in: int = 60, **fields):
    """Creates an announcement from `starts_in` to `ends_in` minutes from now."""
    now = timezone.now()
    times = {"starts_at": now + timedelta(minutes=starts_in), "ends_at": now + timedelta(minutes=ends_in)}
    return Announcement.objects.create(text=text, **times, **fields)


@dataclass
class Cast:
    """Users: `follower` follows `author`; `stranger` follows no user."""

    author: User
    follower: User
    stranger: User


def make_cast() -> Cast:
    cast = Cast(*(make_user(name) for name in ("author", "follower", "stranger")))
    cast.follower.follow(cast.author)
    return cast


def cookie_of(user: User, *, reauthenticated: bool = False) -> str:
    """Returns the value of a Cookie header with a session of `user`, who has just given the password again if
    `reauthenticated`."""
    client = signed_in(user)
    if reauthenticated:
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return cookies_of(client)


def _encoded_password(encoded: list[str] = []) -> str:  # noqa: B006  # hashed once for all users, because hashing is slow
    if not encoded:
        encoded.append(make_password(PASSWORD))
    return encoded[0]
