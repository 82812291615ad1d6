"""Where somebody is signed in, as they would know it: which browser, from which address, since when, and what is open
there now."""

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

BEGAN = "began"
"""What a session says of its sign-in: when, from where, by which browser."""
AGENT_MAX = 300
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
"""By what they say of themselves, the more particular first: many claim to be others as well."""
VIEWS = {"home": "Home", "public": "Explore", "post": "A post", "shown": "Another page"}


@dataclass(frozen=True)
class ActiveSession:
    """A sign-in, or a program's token. `number` is what it is ended by."""

    number: int
    name: str
    address: str
    began_at: datetime | None
    open: list[str]
    """What is open with it now."""
    is_here: bool = False


def record_sign_in(session: SessionBase, request: HttpRequest) -> None:
    """Lets a session that somebody signs in with say when, where and with what."""
    agent = request.headers.get("User-Agent", "")[:AGENT_MAX]
    session[BEGAN] = {"at": timezone.now().isoformat(), "address": client_address(request), "agent": agent}


def sessions_of(user: User, here: int | None) -> list[ActiveSession]:
    """Where somebody is signed in; this sign-in, `here`, first, then the latest."""
    pages = _named(open_pages(user.pk), "session")
    sessions = [
        session for session in Session.objects.signed_in().filter(user=user).select_related("user") if session.is_valid
    ]
    places = [_place(session, pages, here) for session in sessions if session.sign_in is not None]
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(places, key=lambda place: (place.is_here, place.began_at or never), reverse=True)


def programs_of(user: User) -> list[ActiveSession]:
    """The tokens of somebody's programs, the latest first."""
    pages = _named(open_pages(user.pk), "token")
    tokens = Token.objects.filter(user=user).order_by("-pk")
    return [
        ActiveSession(each.pk, each.label or "Program", "", each.created_at, pages.get(each.pk, [])) for each in tokens
    ]


def end_sessions(sessions: Iterable[Session]) -> None:
    """Ends sign-ins; what is open with them is closed at once."""
    with transaction.atomic():
        for session in sessions:
            session.delete()


def browser_name(agent: str) -> str:
    """A browser and its system, as people call them: "Firefox on Windows"."""
    browser, system = (_first(names, agent) for names in (BROWSERS, SYSTEMS))
    return f"{browser or 'A browser'} on {system}" if system else browser or "An unknown browser"


def _first(names: dict[str, str], agent: str) -> str:
    return next((name for name, pattern in names.items() if re.search(pattern, agent)), "")


def _place(session: Session, pages: dict[int, list[str]], here: int | None) -> ActiveSession:
    began: dict[str, Any] = session.get_decoded().get(BEGAN, {})
    began_at = datetime.fromisoformat(began["at"]) if began else None
    number = session.sign_in or 0
    name, address = browser_name(began.get("agent", "")), began.get("address", "").removeprefix(UNKNOWN)
    return ActiveSession(number, name, address, began_at, pages.get(number, []), is_here=number == here)


def _named(pages: list[OpenPage], credential: str) -> dict[int, list[str]]:
    """What is open, in words, by the number of what it was opened with."""
    authors = {
        int(key)
        for page in pages
        for kind, _, key in [page.view.partition(":")]
        if kind in ("user", "replies", "media")
    }
    names = dict(User.objects.filter(pk__in=authors).values_list("pk", "username")) if authors else {}
    found: dict[int, list[str]] = {}
    for page in pages:
        if page.credential == credential:
            found.setdefault(page.number, []).append(_view(page.view, names))
    return found


def _view(view: str, names: dict[int, str]) -> str:
    kind, _, key = view.partition(":")
    if kind == "tag":
        return f"#{key}"
    return VIEWS.get(kind) or f"@{names.get(int(key), '?')}"
