"""Limits of attempts to give a password, or a code of a second step. A stranger's wrong ones must not lock the owner of
an account out.

| who gives the password | attempts are counted for |
|---|---|
| a session that asks for it again | the session |
| a known device of the account | the device |
| any other client | the login and the network address together, the address, and the login |

Codes are counted apart from passwords: in a session and on a known device likewise, and for the account on all unknown
devices together. There are only a million codes, and those devices know the password.

The last of these counts all unknown devices together: it slows down a guess from many addresses. A login is counted as
it is typed, and not for its account: otherwise attempts with an email address would reveal the name that it belongs to.
"""

from typing import Any, NamedTuple

from allauth.core.internal import ratelimit
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from livefeed.accounts import devices, rate_limits
from livefeed.accounts.current_actor import client_address
from livefeed.accounts.logins import typed_login, user_for_login
from livefeed.accounts.session_store import SIGN_IN
from livefeed.limits.networks import network_of
from livefeed.models import User

TOO_MANY = "too_many_login_attempts"
"""Code of the error after too many attempts, as in allauth. Its `params["seconds"]` is the time to wait."""


class AttemptLimit(NamedTuple):
    """A limit of ACCOUNT_RATE_LIMITS, and the key that it counts attempts for."""

    action: str
    key: str


def limits_of(request: HttpRequest, credentials: dict[str, Any]) -> list[AttemptLimit]:
    """Returns the limits of an attempt to give the password of the account that `credentials` names."""
    user = user_for_login(credentials)
    if user is not None and user == request.user:
        return [AttemptLimit("login_device", f"session {user.pk} {request.session.get(SIGN_IN)}")]
    if user is not None and (device := devices.device_of(request, user)):
        return [AttemptLimit("login_device", f"device {device}")]
    return _limits_of_unknown_device(request, typed_login(credentials))


def limits_of_code(request: HttpRequest, user: User) -> list[AttemptLimit]:
    """Returns the limits of an attempt to give a code of a user's second step."""
    if user == request.user:
        return [AttemptLimit("code_device", f"session {user.pk} {request.session.get(SIGN_IN)}")]
    if device := devices.device_of(request, user):
        return [AttemptLimit("code_device", f"device {device}")]
    return [AttemptLimit("code_failed", str(user.pk))]


def consume(request: HttpRequest, limits: list[AttemptLimit]) -> ratelimit.RateLimitUsage:
    """Counts an attempt. Raises `ValidationError` with the time of the next one if it exceeds one of the limits; those
    before that one then do not count it."""
    usage = ratelimit.RateLimitUsage(usage=[])
    for limit in limits:
        consumed = ratelimit.consume(request, app=rate_limits.APP, action=limit.action, key=limit.key)
        if consumed is None:
            usage.rollback()
            seconds = retry_after(request, limits)
            raise ValidationError(rate_limits.message(seconds), code=TOO_MANY, params={"seconds": seconds})
        usage.usage += consumed.usage
    return usage


def retry_after(request: HttpRequest, limits: list[AttemptLimit]) -> int:
    """Returns the seconds until the next attempt; 0 means now."""
    return max(rate_limits.retry_after(request, limit.action, limit.key) for limit in limits)


def clear_login(request: HttpRequest, login: str) -> None:
    """Forgets the attempts of unknown devices, after the owner of the account has chosen a new password by mail."""
    clear(request, _limits_of_unknown_device(request, login))


def clear(request: HttpRequest, limits: list[AttemptLimit]) -> None:
    """Forgets the attempts that these limits count."""
    for limit in limits:
        ratelimit.clear(request, app=rate_limits.APP, action=limit.action, key=limit.key)


def _limits_of_unknown_device(request: HttpRequest, login: str) -> list[AttemptLimit]:
    login = login.lower()
    network = network_of(client_address(request))
    return [AttemptLimit("login_failed", f"{login} {network}"), AttemptLimit("login_account", login)]
