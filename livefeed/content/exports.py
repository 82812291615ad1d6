"""Writes a user's data into a zip file: `livefeed.json` for programs, `index.html` for readers, `media/` for both.

Rows are read in batches and pictures are copied one at a time: the posts of ten years may not fit into memory.
"""

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from livefeed.accounts.active_sessions import sessions_of
from livefeed.models import Bookmark, Export, Follow, Like, Notification, Picture, Post, Profile, Token, User, Vote

BATCH_SIZE = 500
"""Rows read from the database at a time."""
SITE_LINK = re.compile(r'href="/(?!/)')
"""Start of a link to a page of the site, which leads nowhere from a file."""


def build(export: Export) -> None:
    """Writes the file of an export and marks it as ready. A second run replaces the file."""
    with tempfile.TemporaryFile() as file:
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            write(export.user, archive)
        size = file.tell()
        file.seek(0)
        default_storage.delete(export.path)
        default_storage.save(export.path, File(file))
    if not Export.objects.filter(pk=export.pk).update(ready_at=timezone.now(), size=size):
        default_storage.delete(export.path)  # the user cancelled it meanwhile


def write(user: User, archive: ZipFile) -> None:
    """Writes a user's data into an archive."""
    with archive.open("livefeed.json", "w", force_zip64=True) as file:
        for part in _json(user):
            file.write(part.encode())
    archive.writestr("index.html", _page(user))
    for picture in user.pictures.iterator(BATCH_SIZE):
        with default_storage.open(picture.path("large")) as content:
            archive.writestr(media_name(picture), content.read(), compress_type=ZIP_STORED)


def media_name(picture: Picture) -> str:
    """Returns the path of a picture in the archive."""
    return f"media/{picture.pk.hex}.webp"


def _page(user: User) -> str:
    """Returns the page for readers. Links between the user's data lead into the archive, all others to the site."""
    context = {
        **dict(_lists(user)),
        "user": user,
        "account": _account(user),
        "profile": Profile.objects.for_user(user),
        "posts": _posts(user).iterator(BATCH_SIZE),
        "made_at": timezone.now(),
        "site": settings.LIVEFEED_URL,
    }
    return SITE_LINK.sub(f'href="{settings.LIVEFEED_URL}/', render_to_string("export/index.html", context))


def _posts(user: User) -> Any:
    return user.posts.present().prefetch_related("pictures", "poll__options").order_by("-created_at", "-pk")


def _json(user: User) -> Iterator[str]:
    """Yields one JSON object in parts: `account`, then a list of each kind of row, newest first."""
    yield '{"account": ' + _encoded(_account(user))
    for name, rows in _lists(user):
        yield f',\n"{name}": ['
        for number, row in enumerate(rows):
            yield (",\n" if number else "\n") + _encoded(row)
        yield "]"
    yield "}\n"


def _account(user: User) -> dict[str, Any]:
    profile = Profile.objects.for_user(user)
    return {
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "joined_at": user.date_joined,
        "about": profile.about,
        "links": profile.addresses,
        "avatar": media_name(user.avatar) if user.avatar else None,
    }


def _lists(user: User) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    yield "posts", (_post(post) for post in _posts(user).iterator(BATCH_SIZE))
    yield "likes", _reactions(user, Like)
    yield "bookmarks", _reactions(user, Bookmark)
    yield "votes", _votes(user)
    follows = Follow.objects.select_related("follower", "followed").order_by("-pk")
    yield (
        "following",
        ({"username": follow.followed.username} for follow in follows.filter(follower=user).iterator(BATCH_SIZE)),
    )
    yield (
        "followers",
        ({"username": follow.follower.username} for follow in follows.filter(followed=user).iterator(BATCH_SIZE)),
    )
    notifications = Notification.objects.shown().filter(recipient=user).select_related("actor").order_by("-pk")
    yield "notifications", (_notification(notification) for notification in notifications.iterator(BATCH_SIZE))
    sessions = sessions_of(user, here=None)
    yield (
        "sessions",
        ({"browser": each.name, "address": each.address, "began_at": each.began_at} for each in sessions),
    )
    tokens = Token.objects.filter(user=user)
    yield "tokens", ({"label": token.label, "created_at": token.created_at} for token in tokens)


def _post(post: Post) -> dict[str, Any]:
    return {
        "id": post.pk,
        "title": post.title,
        "body": post.body,
        "created_at": post.created_at,
        "edited_at": post.edited_at,
        "audience": post.audience,
        "reply_to": post.parent_id,
        "likes": post.likes_count,
        "replies": post.replies_count,
        "pictures": [
            {"file": media_name(picture), "description": picture.description} for picture in post.pictures.all()
        ],
        "poll": post.poll.as_json() if post.has_poll else None,
    }


def _reactions(user: User, model: type[Like] | type[Bookmark]) -> Iterator[dict[str, Any]]:
    rows = model.objects.filter(user=user).select_related("post__author").order_by("-pk")
    visible = _visible_ids(user, rows.values("post"))
    for row in rows.iterator(BATCH_SIZE):
        yield _reference(row.post, visible)


def _votes(user: User) -> Iterator[dict[str, Any]]:
    votes = Vote.objects.filter(user=user).select_related("poll__post__author").prefetch_related("options")
    visible = _visible_ids(user, votes.values("poll"))
    for vote in votes.order_by("-pk").iterator(BATCH_SIZE):
        post = vote.poll.post
        texts = [option.text for option in vote.options.all()] if post.pk in visible else None
        yield _reference(post, visible) | {"options": texts}


def _visible_ids(user: User, post_ids: QuerySet[Any, Any]) -> set[int]:
    """Returns those of `post_ids`, a query, whose posts the user may see."""
    return set(Post.objects.visible_to(user).filter(pk__in=post_ids).values_list("pk", flat=True))


def _reference(post: Post, visible: set[int]) -> dict[str, Any]:
    """Returns id and author of another user's post, never its text; only the id if the user may no longer see it."""
    return {"id": post.pk, "author": post.author.username if post.pk in visible else None}


def _notification(notification: Notification) -> dict[str, datetime | str | int | None]:
    return {
        "kind": notification.kind,
        "by": notification.actor.username,
        "post": notification.post_id,
        "at": notification.created_at,
    }


def _encoded(value: dict[str, Any]) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
