"""Messages that clients may send, parsed from JSON."""

import json
from typing import Any, NamedTuple

from consumers.connections.connection import MAX_SHOWN_POSTS


class Showing(NamedTuple):
    """The page shows the posts with these ids, and no others."""

    ids: list[int]


class WatchView(NamedTuple):
    """The client wants to receive the events of another view: those after the cursor `after`, or those from now on."""

    name: str
    after: str | None


class UnwatchView(NamedTuple):
    """The client wants to receive no further events of a view."""

    name: str


ClientMessage = Showing | WatchView | UnwatchView


def parse(text: str | None) -> ClientMessage | None:
    """Returns the message in an untrusted text; None if it is no valid one."""
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict):
        return None
    match frame.get("type"):
        case "showing":
            return _showing(frame.get("ids"))
        case "watch":
            return _watch(frame.get("view"), frame.get("after"))
        case "unwatch":
            return UnwatchView(frame["view"]) if _is_name(frame.get("view")) else None
    return None


def _showing(ids: Any) -> Showing | None:
    if not isinstance(ids, list) or len(ids) > MAX_SHOWN_POSTS:
        return None
    has_only_ids = all(type(post_id) is int for post_id in ids)  # `isinstance` would take True for 1
    return Showing(ids) if has_only_ids else None


def _watch(name: Any, after: Any) -> WatchView | None:
    """Returns the message. Anything may stand for the cursor: an invalid one is answered by a reset, as it is in the
    query of a socket."""
    if not _is_name(name):
        return None
    return WatchView(name, None if after is None else str(after))


def _is_name(name: Any) -> bool:
    """True if `name` is a text that can be sent back: JSON may contain halves of characters, which UTF-8 cannot."""
    return isinstance(name, str) and name != "" and not any("\ud800" <= character <= "\udfff" for character in name)
