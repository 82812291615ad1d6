"""A user's active sessions: browser, network address, time of the sign-in, and the pages that are open with each.

The browser's name comes from 13 patterns and not from `ua-parser`. The page shows the names that users know ("Safari on
iPhone"); ua-parser returns families ("Mobile Safari", "iOS", "Ubuntu") that would have to be mapped back to these, and
its patterns cost each process 140 ms and 6 MB at the first use (measured with ua-parser 1.0.2).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from livefeed.accounts.current_actor import client_address
from livefeed.accounts.open_pages import OpenPage, open_pages
from livefeed.models import Session, Token, User
from livefeed.models.audit import UNKNOWN

SIGN_IN_DETAILS = "began"
"""Session key under which the time, address and browser of the sign-in are stored."""
SIGNED_OUT = "livefeed.signed_out"
"""Key of `request.META` of a request that ended the session: its response clears the browser's storage."""
MAX_USER_AGENT_LENGTH = 300
"""Characters of the User-Agent header that are stored."""
BROWSERS = {
    "Edge": r"Edg(e|A|iOS)?/",
    "Opera": r"OPR/",
    "Samsung Internet": r"SamsungBrowser/",
    "Firefox": r"Firefox/|FxiOS/",
    "Chrome": r"Chrome/|CriOS/|Chromium/",
    "Safari": r"Safari/",
}
SYSTEMS = {
    "iPhone": r"iPhone",
    "iPad": r"iPad",
    "Android": r"Android",
    "Windows": r"Windows",
    "macOS": r"Macintosh|Mac OS X",
    "ChromeOS": r"CrOS",
    "Linux": r"Linux|X11",
}
"""Patterns in the User-Agent header. The order matters: most browsers also claim to be one of those further down."""
VIEW_NAMES = {"home": "Home", "public": "Explore", "post": "A post", "shown": "Another page"}
"""Names of the views that are the same for every author and tag."""


@dataclass(frozen=True)
class ActiveSession:
    """A sign-in, or the token of a program. `number` identifies it in the address that ends it."""

    number: int
    name: str
    address: str
    began_at: datetime | None
    open: list[str]
    """Names of the pages that are open with it now."""
    is_here: bool = False
    """True for the sign-in that asks for the list."""


def record_sign_in(session: SessionBase, request: HttpRequest) -> None:
    """Stores the time, address and browser of a sign-in in its session."""
    agent = request.headers.get("User-Agent", "")[:MAX_USER_AGENT_LENGTH]
    session[SIGN_IN_DETAILS] = {"at": timezone.now().isoformat(), "address": client_address(request), "agent": agent}


def mark_sign_out(request: HttpRequest) -> None:
    """Marks a request as the one that ends its session."""
    request.META[SIGNED_OUT] = True


def sessions_of(user: User, here: int | None) -> list[ActiveSession]:
    """Returns a user's sign-ins: the one with the number `here` first, then the latest first."""
    pages = _page_names(open_pages(user.pk), "session")
    signed_in = Session.objects.signed_in().filter(user=user).select_related("user")
    valid = [session for session in signed_in if session.is_valid and session.sign_in is not None]
    sessions = [_active_session(session, pages, here) for session in valid]
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(sessions, key=lambda session: (session.is_here, session.began_at or never), reverse=True)


def programs_of(user: User) -> list[ActiveSession]:
    """Returns the tokens of a user's programs, the latest first."""
    pages = _page_names(open_pages(user.pk), "token")
    tokens = Token.objects.filter(user=user).order_by("-pk")
    return [
        ActiveSession(token.pk, token.label or "Program", "", token.created_at, pages.get(token.pk, []))
        for token in tokens
    ]


def end_sessions(sessions: Iterable[Session]) -> None:
    """Deletes sessions; the deletion closes their open sockets at once."""
    with transaction.atomic():
        for session in sessions:
            session.delete()


def browser_name(agent: str) -> str:
    """Returns a User-Agent header as the names of browser and system: "Firefox on Windows"."""
    browser = _first_match(BROWSERS, agent)
    system = _first_match(SYSTEMS, agent)
    if system:
        return f"{browser or 'A browser'} on {system}"
    return browser or "An unknown browser"


def _first_match(patterns: dict[str, str], agent: str) -> str:
    return next((name for name, pattern in patterns.items() if re.search(pattern, agent)), "")


def _active_session(session: Session, pages: dict[int, list[str]], here: int | None) -> ActiveSession:
    details: dict[str, Any] = session.get_decoded().get(SIGN_IN_DETAILS, {})
    number = session.sign_in or 0
    return ActiveSession(
        number=number,
        name=browser_name(details.get("agent", "")),
        address=details.get("address", "").removeprefix(UNKNOWN),
        began_at=datetime.fromisoformat(details["at"]) if details else None,
        open=pages.get(number, []),
        is_here=number == here,
    )


def _page_names(pages: list[OpenPage], credential: str) -> dict[int, list[str]]:
    """Returns the names of the open pages by the number of the session or token they were opened with."""
    usernames = _usernames(pages)
    names: dict[int, list[str]] = {}
    for page in pages:
        if page.credential == credential:
            names.setdefault(page.number, []).append(_page_name(page.view, usernames))
    return names


def _usernames(pages: list[OpenPage]) -> dict[int, str]:
    """Returns the user names of the authors whose profiles are open, by id."""
    views = [page.view.partition(":") for page in pages]
    authors = {int(key) for kind, _, key in views if kind in ("user", "replies", "media")}
    return dict(User.objects.filter(pk__in=authors).values_list("pk", "username")) if authors else {}


def _page_name(view: str, usernames: dict[int, str]) -> str:
    kind, _, key = view.partition(":")
    if kind == "tag":
        return f"#{key}"
    return VIEW_NAMES.get(kind) or f"@{usernames.get(int(key), '?')}"
