"""Who opens a socket, and what they ask to see: one trip to the database, in a small pool of threads of its own.

Channels' own way shares one thread among all sockets: of 300 that opened at once, each needing 50 ms, 209 failed.
"""

from dataclasses import dataclass
from http.cookies import SimpleCookie

from django.conf import settings

from consumers.connection import View, Viewer, is_number
from consumers.threads import ReaderThreads
from livefeed.models import Post, User
from livefeed.sessions import user_of_session

_threads = ReaderThreads(4, "livefeed-opening")


class RefusedError(Exception):
    """The socket may not be opened; `code` is for programs, the text for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Opening:
    """Who opens (None: a visitor) and what their page shows."""

    viewer: Viewer | None
    view: View


async def open_for_session(cookies: str, view: str | None) -> Opening:
    """Looks up the session in a Cookie header and the view in a query string. Raises `RefusedError`."""
    return await _threads.run(lambda: _open(cookies, view))


def _open(cookies: str, view: str | None) -> Opening:
    morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    user = user_of_session(morsel.value) if morsel else None
    viewer = Viewer(user.pk, set(user.following.values_list("followed_id", flat=True))) if user else None
    return Opening(viewer, _view(view or ("home" if user else "public"), user))


def _view(text: str, viewer: User | None) -> View:
    """Parses `home`, `public`, `user:<name>` or `post:<id>`. Raises `RefusedError` for what is not theirs."""
    kind, _, key = text.partition(":")
    if text == "home":
        if viewer is None:
            raise RefusedError("signed_out", "You are signed out. Sign in to see your home feed.")
        return View("home")
    if text == "public":
        return View("public")
    if kind == "user":
        author = User.objects.named(key).filter(is_active=True).first()
        if author is not None:
            return View("user", author.pk)
    if kind == "post" and is_number(key) and Post.objects.visible_to(viewer).filter(pk=int(key)).exists():
        return View("post", int(key))
    raise RefusedError("unknown_view", f"There is no view “{text[:80]}” here for you.")
