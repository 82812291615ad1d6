"""The frames of the wire, one function each. docs/architecture.md lists them for readers."""

import json
from typing import Any, Literal, NamedTuple

from livefeed.models import Post

HEARTBEAT = 25
"""Seconds between two heartbeats; well below the 60 s after which proxies close a silent socket."""

RESET_SPREAD = 10
"""Seconds over which pages that are all told to read anew do so."""
AUTHOR_SPREAD = 3
"""The same when an author was renamed, suspended or restored: what is hidden should not stay on a page for long."""

Form = Literal["html", "json"]
"""How posts are told: to pages and to programs."""


class Rendered(NamedTuple):
    """The ends of a post's frames, the same for every kind and cursor: for pages, for programs, and of those that tell
    its counts alone."""

    html: str
    json: str
    counts: str


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


def notifications(cursor: int, unread: int) -> str:
    """How many notifications this reader has not read."""
    return encode({"type": "notifications", "cursor": cursor, "unread": unread})


def post_deleted(cursor: int, post_id: int) -> str:
    return encode({"type": "post.deleted", "cursor": cursor, "id": post_id})


def post_shown(kind: str, cursor: int, encoded_post: str) -> str:
    """`post.created`, `post.updated` or `post.counted`; `encoded_post` is one of `rendered()`'s, made once for all."""
    return f'{{"type":"{kind}","cursor":{cursor},{encoded_post}'


def rendered(post: Post, html: str, origin: str) -> Rendered:
    """A post as pages and as programs get it. `origin` is the site's public address."""
    head = {"id": post.pk, "version": post.version, "sort": post.sort_key}
    counts = {"likes": post.likes_count, "replies": post.replies_count}
    facts = {
        "id": post.pk,
        "author": post.author.username,
        "title": post.title,
        "body": post.body,
        "html": html,
        "parent": post.parent_id,
        "audience": post.audience,
        "tags": post.tags.split(),
        "pictures": _pictures(post, origin) if post.pictures_count else [],
        "created_at": post.created_at.isoformat(),
        "version": post.version,
        **counts,
        "url": origin + post.get_absolute_url(),
    }
    told = head | {"html": html}, head | {"post": facts}, {"id": post.pk, **counts}
    return Rendered(*(encode(each)[1:] for each in told))


def _pictures(post: Post, origin: str) -> list[dict[str, Any]]:
    """A post's pictures as programs get them."""
    return [
        {"url": origin + each.large, "description": each.description, "width": each.width, "height": each.height}
        for each in post.pictures.all()
    ]


def encode(frame: dict[str, Any]) -> str:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)
