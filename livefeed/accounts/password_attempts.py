"""Limits of attempts to give a password. A stranger's wrong passwords must not lock the owner of an account out.

| who gives the password | attempts are counted for |
|---|---|
| a session that asks for it again | the session |
| a known device of the account | the device |
| any other client | the login and the network address together, the address, and the login |

The last of these counts all unknown devices together: it slows down a guess from many addresses. A login is counted as
it is typed, and not for its account: otherwise attempts with an email address would reveal the name that it belongs to.
"""

from typing import Any, NamedTuple

from allauth.core.internal import ratelimit
from django.http import HttpRequest

from livefeed.accounts import devices, rate_limits
from livefeed.accounts.current_actor import client_address
from livefeed.accounts.logins import typed_login, user_for_login
from livefeed.accounts.session_store import SIGN_IN
from livefeed.limits.networks import network_of


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


def consume(request: HttpRequest, limits: list[AttemptLimit]) -> ratelimit.RateLimitUsage | None:
    """Counts an attempt. Returns None if it exceeds one of the limits; those before that one then do not count it."""
    usage = ratelimit.RateLimitUsage(usage=[])
    for limit in limits:
        consumed = ratelimit.consume(request, app=rate_limits.APP, action=limit.action, key=limit.key)
        if consumed is None:
            usage.rollback()
            return None
        usage.usage += consumed.usage
    return usage


def retry_after(request: HttpRequest, limits: list[AttemptLimit]) -> int:
    """Returns the seconds until the next attempt; 0 means now."""
    return max(rate_limits.retry_after(request, limit.action, limit.key) for limit in limits)


def clear(request: HttpRequest, login: str) -> None:
    """Forgets the attempts of unknown devices, after the owner of the account has chosen a new password by mail."""
    for limit in _limits_of_unknown_device(request, login):
        ratelimit.clear(request, app=rate_limits.APP, action=limit.action, key=limit.key)


def _limits_of_unknown_device(request: HttpRequest, login: str) -> list[AttemptLimit]:
    login = login.lower()
    network = network_of(client_address(request))
    return [AttemptLimit("login_failed", f"{login} {network}"), AttemptLimit("login_account", login)]
