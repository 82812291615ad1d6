"""JSON frames sent to clients, one function each. docs/architecture.md documents them for client authors."""

import json
from collections.abc import Mapping
from typing import Any

from livefeed.live.declarations import Parts

HEARTBEAT_INTERVAL = 25
"""Seconds between two heartbeats. Well below the 60 s after which proxies close an idle socket."""

RESET_SPREAD = 10
"""Seconds over which the reloads of pages that receive the same `reset` frame are spread."""

Rendered = Mapping[str, str]
"""Encoded parts of a row's frames, which do not depend on the event, by name. `shown` puts type and cursor before
them."""


def hello(cursor: int) -> str:
    """First frame of a connection. Its events begin after `cursor`."""
    return encode({"type": "hello", "cursor": cursor, "heartbeat": HEARTBEAT_INTERVAL})


def heartbeat(cursor: int) -> str:
    """Sign of life. `cursor` is the position up to which this connection has all events, never the log's head."""
    return encode({"type": "heartbeat", "cursor": cursor})


def reset(cursor: int, within: float = 0) -> str:
    """Request to reload and to continue from `cursor`.

    The client waits a random part of `within` seconds, since many clients may receive this frame at once.
    """
    return encode({"type": "reset", "cursor": cursor, "within": within})


def ephemeral(kind: str, fields: Mapping[str, Any]) -> str:
    """Ephemeral event. It has no cursor, because it is not in the log."""
    return encode({"type": kind, **fields})


def watching(view: str, cursor: int) -> str:
    """Answer to `watch`: the events of the view begin after `cursor`. `view` is the name in the client's message."""
    return encode({"type": "watching", "view": view, "cursor": cursor})


def unwatched(view: str, cursor: int) -> str:
    """Answer to `unwatch`: the events of the view have ended at `cursor`."""
    return encode({"type": "unwatched", "view": view, "cursor": cursor})


def refused_view(view: str, code: str, detail: str) -> str:
    """Answer to `watch` or `unwatch` if it is refused. Unlike after other errors, the socket stays open."""
    return encode({"type": "error", "code": code, "detail": detail, "view": view})


def error(code: str, detail: str) -> str:
    """Error, as a `code` for programs and a `detail` text for users."""
    return encode({"type": "error", "code": code, "detail": detail})


def notifications(cursor: int, unread: int) -> str:
    """Number of notifications that the connection's user has not read."""
    return encode({"type": "notifications", "cursor": cursor, "unread": unread})


def deleted(kind: str, cursor: int, subject_id: int) -> str:
    """Deletion of a row, also of one that the connection's user may no longer see."""
    return encode({"type": kind, "cursor": cursor, "id": subject_id})


def shown(kind: str, cursor: int, encoded_part: str) -> str:
    """Frame with the contents of a row. `encoded_part` is a value of `Rendered`."""
    return f'{{"type":"{kind}","cursor":{cursor},{encoded_part}'


def rendered(parts: Parts) -> Rendered:
    """Encodes the parts of a row's frames."""
    return {part: _encode_end(fields) for part, fields in parts.items()}


def _encode_end(fields: Mapping[str, Any]) -> str:
    """Encodes fields without the opening brace, so that others can be put before them."""
    return encode(fields).removeprefix("{")


def encode(frame: Mapping[str, Any]) -> str:
    """Encodes a frame as compact JSON."""
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)
