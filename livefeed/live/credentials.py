"""Credentials that open connections: sessions of browsers and tokens of programs, and the users they belong to."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Literal, NamedTuple

from livefeed.models import Follow, Session, Token, User

MAX_IDS_PER_QUERY = 500
"""User ids in one query at most."""


class Credential(NamedTuple):
    """The credential that opened a connection: the number of a sign-in or the id of a token."""

    kind: Literal["session", "token"]
    id: int


@dataclass(frozen=True)
class Found:
    """Credentials with their users, by session key and by the text of a token, and the authors each user follows, by
    user id. Sessions of visitors and unknown keys and tokens are missing."""

    by_session_key: Mapping[str, tuple[Credential, User]]
    by_token: Mapping[str, tuple[Credential, User]]
    followed: Mapping[int, set[int]]


def find(session_keys: Collection[str], tokens: Collection[str]) -> Found:
    """Finds credentials, by three queries for any number of them."""
    sessions = {
        key: (Credential("session", session.sign_in), session.user)
        for key, session in Session.objects.by_keys(session_keys).items()
        if session.sign_in is not None and session.user is not None
    }
    found_tokens = {
        text: (Credential("token", token.pk), token.user) for text, token in Token.objects.by_texts(tokens).items()
    }
    user_ids = {user.pk for _, user in [*sessions.values(), *found_tokens.values()]}
    return Found(sessions, found_tokens, followed_by(user_ids))


def followed_by(user_ids: Iterable[int]) -> dict[int, set[int]]:
    """Returns the ids of the authors that each user follows now, by user id."""
    followed: defaultdict[int, set[int]] = defaultdict(set)
    for batch in batched(user_ids, MAX_IDS_PER_QUERY):
        follows = Follow.objects.filter(follower__in=batch).values_list("follower", "followed")
        for follower_id, author_id in follows:
            followed[follower_id].add(author_id)
    return {user_id: followed[user_id] for user_id in user_ids}


def valid(credentials: Collection[Credential]) -> set[Credential]:
    """Returns those of `credentials` that are still valid."""
    sign_ins = Session.objects.by_sign_ins(ids_of("session", credentials))
    tokens = Token.objects.by_ids(ids_of("token", credentials))
    return {Credential("session", sign_in) for sign_in in sign_ins} | {Credential("token", pk) for pk in tokens}


def of_suspended_users(credentials: Collection[Credential]) -> set[Credential]:
    """Returns those of `credentials` that belong to suspended users."""
    sessions = Session.objects.filter(sign_in__in=ids_of("session", credentials), user__is_active=False)
    tokens = Token.objects.filter(pk__in=ids_of("token", credentials), user__is_active=False)
    suspended = {Credential("session", sign_in) for sign_in in sessions.values_list("sign_in", flat=True) if sign_in}
    return suspended | {Credential("token", pk) for pk in tokens.values_list("pk", flat=True)}


def ids_of(kind: str, credentials: Collection[Credential]) -> list[int]:
    """Returns the ids of the credentials of one kind. Django runs no query for an empty list."""
    return [credential.id for credential in credentials if credential.kind == kind]
