"""Limits of attempts to give a password. A stranger's wrong passwords must not lock the owner of an account out.

| who gives the password | attempts are counted for |
|---|---|
| a session that asks for it again | the session |
| a known device of the account | the device |
| any other client | the account and the network address together, the address, and the account |

The last of these counts all unknown devices together: it slows down a guess from many addresses.
"""

from typing import Any, NamedTuple

from allauth.core.internal import ratelimit
from django.http import HttpRequest

from livefeed.accounts import devices, rate_limits
from livefeed.accounts.current_actor import client_address
from livefeed.accounts.logins import typed_login, user_for_login
from livefeed.accounts.session_store import SIGN_IN


class Limit(NamedTuple):
    """A limit of ACCOUNT_RATE_LIMITS, and the key that it counts attempts for."""

    action: str
    key: str


def limits_of(request: HttpRequest, credentials: dict[str, Any]) -> list[Limit]:
    """Returns the limits of an attempt to give the password of the account that `credentials` names."""
    user = user_for_login(credentials)
    if user is not None and user == request.user:
        return [Limit("login_device", f"session {request.session.get(SIGN_IN)}")]
    if user is not None and (device := devices.device_of(request, user)):
        return [Limit("login_device", f"device {device}")]
    account = f"user {user.pk}" if user else f"name {typed_login(credentials).lower()}"
    network = ratelimit.truncate_ip(client_address(request))
    return [Limit("login_failed", f"{account} {network}"), Limit("login_account", account)]


def consume(request: HttpRequest, limits: list[Limit]) -> ratelimit.RateLimitUsage | None:
    """Counts an attempt. Returns None, and counts nothing, if it exceeds one of the limits."""
    usage = ratelimit.RateLimitUsage(usage=[])
    for limit in limits:
        consumed = ratelimit.consume(request, app=rate_limits.APP, action=limit.action, key=limit.key)
        if consumed is None:
            usage.rollback()
            return None
        usage.usage += consumed.usage
    return usage


def retry_after(request: HttpRequest, limits: list[Limit]) -> int:
    """Returns the seconds until the next attempt; 0 means now."""
    return max(rate_limits.retry_after(request, limit.action, limit.key) for limit in limits)


def clear(request: HttpRequest, limits: list[Limit]) -> None:
    """Forgets all attempts, after the owner of the account has chosen a new password by mail."""
    for limit in limits:
        ratelimit.clear(request, app=rate_limits.APP, action=limit.action, key=limit.key)
