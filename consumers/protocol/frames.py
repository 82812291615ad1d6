"""JSON frames sent to clients, one function each. docs/architecture.md documents them for client authors."""

import json
from typing import Any, Literal, NamedTuple

from livefeed.models import Post

HEARTBEAT_INTERVAL = 25
"""Seconds between two heartbeats. Well below the 60 s after which proxies close an idle socket."""

RESET_SPREAD = 10
"""Seconds over which the reloads of pages that receive the same `reset` frame are spread."""
AUTHOR_RESET_SPREAD = 3
"""Seconds, as above, after an author was renamed, suspended or restored. Short: hidden posts must not stay on a page
for long."""

Form = Literal["html", "json"]
"""Format of a post in a frame: `html` for pages, `json` for programs."""


class Rendered(NamedTuple):
    """Encoded parts of a post's frames that do not depend on the event. `post_shown` puts type and cursor before them.

    `html` is for pages, `json` for programs, `counts` for both, in `post.counted` frames.
    """

    html: str
    json: str
    counts: str


def hello(cursor: int) -> str:
    """First frame of a connection. Its events begin after `cursor`."""
    return encode({"type": "hello", "cursor": cursor, "heartbeat": HEARTBEAT_INTERVAL})


def heartbeat(cursor: int) -> str:
    """Sign of life. `cursor` is the position up to which this connection has all events, never the log's head."""
    return encode({"type": "heartbeat", "cursor": cursor})


def reset(cursor: int, within: int = 0) -> str:
    """Request to reload and to continue from `cursor`.

    The client waits a random part of `within` seconds, since many clients may receive this frame at once.
    """
    return encode({"type": "reset", "cursor": cursor, "within": within})


def error(code: str, detail: str) -> str:
    """Error, as a `code` for programs and a `detail` text for users."""
    return encode({"type": "error", "code": code, "detail": detail})


def notifications(cursor: int, unread: int) -> str:
    """Number of notifications that the connection's user has not read."""
    return encode({"type": "notifications", "cursor": cursor, "unread": unread})


def post_deleted(cursor: int, post_id: int) -> str:
    """Deletion of a post, also one that the connection's user may no longer see."""
    return encode({"type": "post.deleted", "cursor": cursor, "id": post_id})


def post_shown(kind: str, cursor: int, encoded_post: str) -> str:
    """Frame `post.created`, `post.updated` or `post.counted`. `encoded_post` is a field of `Rendered`."""
    return f'{{"type":"{kind}","cursor":{cursor},{encoded_post}'


def rendered(post: Post, html: str, site_url: str) -> Rendered:
    """Encodes a post in all formats. `site_url` is the site's public URL."""
    head = {"id": post.pk, "version": post.version, "sort": post.sort_key}
    counts = {"likes": post.likes_count, "replies": post.replies_count}
    details = {
        "id": post.pk,
        "author": post.author.username,
        "title": post.title,
        "body": post.body,
        "html": html,
        "parent": post.parent_id,
        "audience": post.audience,
        "tags": post.tags.split(),
        "pictures": _pictures(post, site_url) if post.pictures_count else [],
        "created_at": post.created_at.isoformat(),
        "version": post.version,
        **counts,
        "url": site_url + post.get_absolute_url(),
    }
    return Rendered(
        html=_encode_end(head | {"html": html}),
        json=_encode_end(head | {"post": details}),
        counts=_encode_end({"id": post.pk, **counts}),
    )


def _pictures(post: Post, site_url: str) -> list[dict[str, Any]]:
    """Returns a post's pictures as in frames for programs."""
    return [
        {
            "url": site_url + picture.large,
            "description": picture.description,
            "width": picture.width,
            "height": picture.height,
        }
        for picture in post.pictures.all()
    ]


def _encode_end(fields: dict[str, Any]) -> str:
    """Encodes fields without the opening brace, so that others can be put before them."""
    return encode(fields).removeprefix("{")


def encode(frame: dict[str, Any]) -> str:
    """Encodes a frame as compact JSON."""
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)
