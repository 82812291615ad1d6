"""The frames of the wire, one function each. docs/architecture.md lists them for readers."""

import json
from typing import Any

HEARTBEAT = 25
"""Seconds between two heartbeats; well below the 60 s after which proxies close a silent socket."""

RESET_SPREAD = 10
"""Seconds over which pages that are all told to read anew do so."""


def hello(cursor: int) -> str:
    """The first frame: where this connection's events begin."""
    return encode({"type": "hello", "cursor": cursor, "heartbeat": HEARTBEAT})


def heartbeat(cursor: int) -> str:
    """Nothing new: `cursor` is the position that this connection has passed, never the log's head."""
    return encode({"type": "heartbeat", "cursor": cursor})


def reset(cursor: int, within: int = 0) -> str:
    """Read anew, at some random moment of the next `within` seconds (many are told at once), and go on from here."""
    return encode({"type": "reset", "cursor": cursor, "within": within})


def error(code: str, detail: str) -> str:
    """What was wrong, for programs (`code`) and people (`detail`)."""
    return encode({"type": "error", "code": code, "detail": detail})


def post_deleted(cursor: int, post_id: int) -> str:
    return encode({"type": "post.deleted", "cursor": cursor, "id": post_id})


def post_shown(kind: str, cursor: int, encoded_post: str) -> str:
    """`post.created` or `post.updated`; `encoded_post` is `encode_post()`'s, made once for all who get it."""
    return f'{{"type":"{kind}","cursor":{cursor},{encoded_post}'


def encode_post(post_id: int, version: int, sort: str, html: str) -> str:
    """The end of a post's frame, the same for every cursor."""
    return encode({"id": post_id, "version": version, "sort": sort, "html": html})[1:]


def encode(frame: dict[str, Any]) -> str:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)


def message(frames: list[str]) -> dict[str, Any]:
    """One ASGI message for several frames: the frame itself if it is alone, else a JSON array."""
    text = frames[0] if len(frames) == 1 else f"[{','.join(frames)}]"
    return {"type": "websocket.send", "text": text}
