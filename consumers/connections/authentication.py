"""Who opens a socket, and what they ask to see.

All who ask at the same moment are answered by one batch of queries, in a thread of its own. Channels' own way asks
three times for each socket and shares one thread among all: of 300 that opened at once, each needing 50 ms, 209 failed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from django.conf import settings

from consumers.connections.authorization import RefusedError, bad_token, revocation_reasons
from consumers.connections.connection import Credential, View, Viewer, ViewKind, is_number
from consumers.server.db_threads import DatabaseThreads
from livefeed.content.markup import is_tag, normalize_tag
from livefeed.models import Event, Follow, Post, Session, Token, User

AUTHORS: dict[str, ViewKind] = {"user": "user", "replies": "replies", "media": "media"}
"""The views of one author."""
MOST = 200
"""How many are answered by one batch."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What somebody comes with: a session's key or a token's text, or neither, and the view they want."""

    view: str | None
    session_key: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class HandshakeResult:
    """Who opens (None: a visitor), with what, and what their page shows. `read_at` is the log's position before
    anything of it was read."""

    viewer: Viewer | None
    credential: Credential | None
    view: View
    read_at: int


def session_key_of(cookies: str) -> str:
    """The session's key in a Cookie header; empty if there is none."""
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


class Authenticator:
    """Answers those who ask, all that wait at once."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Handshake, asyncio.Future[HandshakeResult]]] = []
        self._thread = DatabaseThreads(1, "livefeed-opening")
        self._answering: asyncio.Task[None] | None = None

    async def ask(self, handshake: Handshake) -> HandshakeResult:
        """Raises `RefusedError` where something is not theirs."""
        answer: asyncio.Future[HandshakeResult] = asyncio.get_running_loop().create_future()
        self._waiting.append((handshake, answer))
        if self._answering is None or self._answering.done():
            self._answering = asyncio.create_task(self._answer())
        return await answer

    async def revocation_reasons(self, credentials: Collection[Credential]) -> dict[Credential, RefusedError | None]:
        """For each, why it no longer holds; None where it does."""
        return await self._thread.run(lambda: revocation_reasons(credentials))

    def close(self) -> None:
        """Ends the thread and its database connection."""
        self._thread.close()

    async def _answer(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            for (_, answer), found in zip(some, await self._find([handshake for handshake, _ in some]), strict=True):
                if answer.done():
                    continue  # whoever asked has gone
                if isinstance(found, HandshakeResult):
                    answer.set_result(found)
                else:
                    answer.set_exception(found)

    async def _find(self, askings: list[Handshake]) -> list[HandshakeResult | Exception]:
        try:
            return await self._thread.run(lambda: _find(askings))
        except Exception as error:
            return [error] * len(askings)


def _find(askings: list[Handshake]) -> list[HandshakeResult | Exception]:
    """For each an opening, or why there is none."""
    read_at = Event.objects.head()
    sessions = Session.objects.by_keys({handshake.session_key for handshake in askings if handshake.session_key})
    tokens = Token.objects.by_texts({handshake.token for handshake in askings if handshake.token})
    users = [session.user_id for session in sessions.values()] + [token.user_id for token in tokens.values()]
    viewers = _viewers({user_id for user_id in users if user_id is not None})

    def find(handshake: Handshake) -> HandshakeResult | Exception:
        try:
            credential, user = _owner(handshake, sessions, tokens)
            view = _view(handshake.view or ("home" if user else "public"), user)
        except RefusedError as refused:
            return refused
        return HandshakeResult(viewers[user.pk] if user else None, credential, view, read_at)

    return [find(handshake) for handshake in askings]


def _owner(
    handshake: Handshake, sessions: Mapping[str, Session], tokens: Mapping[str, Token]
) -> tuple[Credential | None, User | None]:
    """Whose session or token it is. A token that is none is refused; without a session one is a visitor."""
    if handshake.token:
        if (token := tokens.get(handshake.token)) is None:
            raise bad_token()
        return Credential("token", token.pk), token.user
    session = sessions.get(handshake.session_key)
    if session is None or session.sign_in is None:
        return None, None
    return Credential("session", session.sign_in), session.user


def _viewers(user_ids: Collection[int]) -> dict[int, Viewer]:
    """These people with whom they follow."""
    followed: defaultdict[int, set[int]] = defaultdict(set)
    for follower, other in Follow.objects.filter(follower__in=user_ids).values_list("follower", "followed"):
        followed[follower].add(other)
    return {user_id: Viewer(user_id, followed[user_id]) for user_id in user_ids}


def _view(text: str, viewer: User | None) -> View:
    """Parses `home`, `public`, `user:<name>`, `replies:<name>`, `media:<name>`, `tag:<tag>`, `post:<id>` or `shown`.
    Raises `RefusedError`."""
    kind, _, key = text.partition(":")
    if text == "home":
        if viewer is None:
            raise RefusedError("signed_out", "You are signed out. Sign in to see your home feed.")
        return View("home")
    if text == "public":
        return View("public")
    if text == "shown":
        return View("shown")
    if kind in AUTHORS:
        author = User.objects.with_username(key).filter(is_active=True).first()
        if author is not None:
            return View(AUTHORS[kind], author.pk, author.pk)
    if kind == "tag" and is_tag(key):
        return View("tag", normalize_tag(key))
    if kind == "post" and is_number(key):
        post = Post.objects.visible_to(viewer).filter(pk=int(key)).only("author_id", "ancestors").first()
        if post is not None:
            return View("post", post.pk, post.author_id, tuple(post.ancestor_ids))
    raise RefusedError("unknown_view", f"There is no view “{text[:80]}” here for you.")
