"""The table of rate limits, and the URLs that they apply to.

A limit is a number of actions in a period, such as `30/10m`. All of them may happen at once; then one more is allowed
each time a 30th of the period has passed. A request counts for its user and, if the user may go on, for its network
address. A visitor counts for the address only, apart from its users. So neither a visitor nor a user can use up what an
address allows to others.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

PERIODS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
"""Seconds of each unit of a period."""
RATE = re.compile(r"([1-9]\d{0,8})/(\d{0,4})([smhd])")
USERS_OF_ADDRESS = 10
"""Established users whose limits together are the limit of one address: a household or an office shares it."""
VISITORS_OF_ADDRESS = 2
"""Established users whose limits together are the limit of all visitors from one address."""
OTHER = "other"
"""The action of requests that write and are not listed in ACTIONS."""
OFF = "off"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class Rate:
    """`amount` actions in `period` seconds."""

    amount: int
    period: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the rate written as `30/10m` or `5/h`. Raises `ValueError` for anything else."""
        if not (match := RATE.fullmatch(text.strip())):
            raise ValueError(f"{text!r} is not a rate such as 30/10m")
        amount, count, unit = match.groups()
        if count and not int(count):
            raise ValueError(f"{text!r} has an empty period")
        return cls(int(amount), int(count or 1) * PERIODS[unit])

    @property
    def interval(self) -> float:
        """Seconds after which one more action is allowed."""
        return self.period / self.amount

    def times(self, factor: int) -> "Rate":
        return Rate(self.amount * factor, self.period)


@dataclass(frozen=True)
class Limit:
    """Limits of one action: of a user with a new or not activated account, and of an established user. `doing`
    completes the sentence "You are ... too fast."."""

    doing: str
    new: Rate
    established: Rate

    @property
    def address(self) -> Rate:
        """Limit of all users at one address together."""
        return self.established.times(USERS_OF_ADDRESS)

    @property
    def visitors(self) -> Rate:
        """Limit of all visitors at one address together."""
        return self.established.times(VISITORS_OF_ADDRESS)


def _limit(doing: str, new: str, established: str) -> Limit:
    return Limit(doing, Rate.parse(new), Rate.parse(established))


LIMITS = {
    "post": _limit("posting", "60/10m", "400/10m"),
    "edit": _limit("editing", "60/10m", "300/10m"),
    "delete": _limit("deleting", "60/10m", "300/10m"),
    "like": _limit("liking", "100/10m", "400/10m"),
    "vote": _limit("voting", "100/10m", "400/10m"),
    "bookmark": _limit("bookmarking", "100/10m", "400/10m"),
    "follow": _limit("following", "40/10m", "200/10m"),
    "upload": _limit("uploading", "60/10m", "200/10m"),
    "preview": _limit("previewing", "60/m", "120/m"),
    "write": _limit("typing", "60/m", "60/m"),
    "complete": _limit("typing", "120/m", "240/m"),
    "search": _limit("searching", "30/m", "60/m"),
    "export": _limit("exporting", "10/h", "20/h"),
    "read": _limit("reading notifications", "120/m", "120/m"),
    OTHER: _limit("doing that", "120/10m", "300/10m"),
}

ACTIONS: dict[str, str | None] = {
    "POST posts": "post",
    "POST post": "edit",
    "DELETE post": "delete",
    "DELETE removal": "delete",
    "POST like": "like",
    "DELETE like": "like",
    "POST votes": "vote",
    "POST bookmark": "bookmark",
    "DELETE bookmark": "bookmark",
    "POST follow": "follow",
    "DELETE follow": "follow",
    "POST bell": "follow",
    "DELETE bell": "follow",
    "POST pictures": "upload",
    "DELETE picture_in_form": "delete",
    "POST preview": "preview",
    "POST writing": "write",
    "GET complete": "complete",
    "GET search": "search",
    "POST search": "search",
    "POST settings_data": "export",
    "GET settings_export": "export",
    "DELETE settings_export": "export",
    "POST notifications_read": "read",
    "POST dismissal": OTHER,
    "POST settings_profile": OTHER,
    "DELETE first_steps": OTHER,
    "POST settings_display": OTHER,
    "POST settings_notifications": OTHER,
    "DELETE settings_sessions": None,
    "DELETE settings_session": None,
    "POST account_logout": None,
    "POST account_change_password": None,  # has a limit of allauth
    "DELETE settings_token": OTHER,
    "POST settings_delete": OTHER,
    "POST activation": OTHER,
}
"""Actions by method and name of the URL. Requests that write and are not listed are OTHER; other ones are free. None:
free, because the owner must be able to get rid of someone who uses the account and all that it allows."""


def action_of(method: str, url_name: str) -> str | None:
    """Returns the action of a request, or None if it is not limited."""
    is_safe = method in SAFE_METHODS
    return ACTIONS.get(f"{'GET' if is_safe else method} {url_name}", None if is_safe else OTHER)


@lru_cache(maxsize=8)
def limits(overrides: str) -> dict[str, Limit]:
    """Returns the limits by action. `overrides` is LIVEFEED_RATE_LIMITS: `off`, or comma-separated items such as
    `post=60/h`, `post=30/h:60/h` (of new and of established accounts) and `like=off`. Raises `ValueError`."""
    if overrides.strip() == OFF:
        return {}
    changed: dict[str, Limit | None] = {**LIMITS}
    for item in filter(None, (part.strip() for part in overrides.split(","))):
        action, _, value = item.partition("=")
        if action not in LIMITS:
            raise ValueError(f"{item!r} names none of {', '.join(LIMITS)}")
        try:
            changed[action] = _changed(LIMITS[action], value)
        except ValueError as error:
            raise ValueError(f"{item!r}: {error}") from None
    return {action: limit for action, limit in changed.items() if limit}


def _changed(limit: Limit, value: str) -> Limit | None:
    """Returns a limit with the rates of an item of LIVEFEED_RATE_LIMITS, or None if it is off."""
    if value == OFF:
        return None
    new, _, established = value.partition(":")
    return replace(limit, new=Rate.parse(new), established=Rate.parse(established or new))
