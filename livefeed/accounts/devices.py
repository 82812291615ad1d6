"""Known devices: browsers with a cookie that shows that they have signed in to an account before.

Wrong passwords from other browsers do not keep a known device from signing in (see `password_attempts`), and a sign-in
from an unknown device is reported by mail. An entry of the cookie is signed with the account's password hash, as
Django's links to reset a password are: a new password makes all other devices unknown.
"""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from livefeed.models import User

COOKIE_AGE = timedelta(days=365)
MAX_ACCOUNTS = 5
"""Accounts that one browser is remembered for; the latest stay."""
ENTRY = re.compile(r"(\d{1,19})-[0-9a-f]{16}:[\w-]{43}", re.ASCII)
"""An entry of the cookie: id of the account, random number of the device, and signature."""


class KnownDeviceMiddleware:
    """Sets the cookie of a browser that has signed in, or changed its password, in this request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user: User | None = getattr(request, "remembered_user", None)
        if user is not None:
            _set_cookie(response, _entries(request, user))
        return response


def remember(request: HttpRequest, user: User) -> None:
    """Makes the browser a known device of `user`, with the response to this request."""
    request.remembered_user = user  # type: ignore[attr-defined]  # read by the middleware


def device_of(request: HttpRequest, user: User) -> str:
    """Returns the id of a device that `user` has signed in with; empty for an unknown device.

    The answer stays the same during a request: after an update of Django a sign-in may hash the password again.
    """
    known: dict[int, str] = request.__dict__.setdefault("known_devices", {})
    if user.pk not in known:
        known[user.pk] = _signed_device(request, user)
    return known[user.pk]


def _signed_device(request: HttpRequest, user: User) -> str:
    for match in _matches(request):
        if match[1] == str(user.pk):
            try:
                return _signer(user).unsign(match[0])
            except signing.BadSignature:
                continue
    return ""


def cookie_name() -> str:
    """Returns the name of the cookie. Browsers accept one with the prefix only over https and for exactly this host."""
    return f"{settings.COOKIE_PREFIX}livefeed_device"


def _entries(request: HttpRequest, user: User) -> list[str]:
    """Returns the entries of the new cookie: one for `user`, then those of other accounts."""
    device = device_of(request, user) or f"{user.pk}-{secrets.token_hex(8)}"
    others = [match[0] for match in _matches(request) if match[1] != str(user.pk)]
    return [_signer(user).sign(device), *others][:MAX_ACCOUNTS]


def _matches(request: HttpRequest) -> list[re.Match[str]]:
    entries = request.COOKIES.get(cookie_name(), "").split(".")[:MAX_ACCOUNTS]
    return [match for entry in entries if (match := ENTRY.fullmatch(entry))]


def _signer(user: User) -> signing.Signer:
    return signing.Signer(salt=f"livefeed.device:{user.password}")


def _set_cookie(response: HttpResponse, entries: list[str]) -> None:
    response.set_cookie(
        cookie_name(),
        ".".join(entries),
        max_age=COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
