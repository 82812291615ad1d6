"""Cached HTML of posts and profile cards, which is the same for every viewer and on every transport.

An entry is stored with a hash of every value it was rendered from: the post's version, its counts, its author's name
and picture. It is used only while the hash matches, so it is never stale, even after a bulk update that sends no
signals. Invalidating an entry only frees memory.

`cache.get_or_set` does not fit: it cannot compare the hash, and with the hash as part of the key the entry of a deleted
post could not be found and freed.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from django.core.cache import BaseCache, caches
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from livefeed.models import Post, Profile


def render(key: str, template: str, values: dict[str, Any]) -> SafeString:
    """Returns the HTML of a template whose context is `values`, which must be hashable, from the cache if they are the
    same as before."""
    sources = tuple(sorted(values.items()))
    return _cached(caches["fragments"], key, sources, lambda: render_to_string(template, values))


def render_post(post: Post) -> SafeString:
    """Returns the HTML of a post for pages, htmx responses and sockets.

    The template has access to neither viewer nor request. The page's style sheet shows what differs for each viewer,
    by `data-author`, and the server enforces it.
    """
    return _render_post(post, caches["fragments"])


def render_posts(posts: Iterable[Post]) -> SafeString:
    """Returns the HTML of posts, one after the other."""
    cache = caches["fragments"]
    return SafeString("".join([_render_post(post, cache) for post in posts]))


def render_card(profile: Profile) -> SafeString:
    """Returns the HTML of a profile card: name, picture, description, links and counts of a user."""
    user = profile.user
    sources = (
        *(user.pk, user.username, user.name, user.avatar_id, profile.about, profile.links),
        *(profile.posts_count, profile.following_count, profile.followers_count),
    )
    context = {"profile": profile, "profile_user": user}
    cache = caches["fragments"]
    return _cached(cache, _card_key(user.pk), sources, lambda: render_to_string("profiles/_card.html", context))


def invalidate_post(post: Post) -> None:
    """Deletes the cached HTML of a post."""
    caches["fragments"].delete(_post_key(post.pk))


def invalidate_card(user_id: int) -> None:
    """Deletes the cached HTML of a profile card."""
    caches["fragments"].delete(_card_key(user_id))


def _render_post(post: Post, cache: BaseCache) -> SafeString:
    author = post.author
    parent = post.visible_parent
    sources = (
        *(post.pk, post.version, post.title, post.body, post.created_at, post.edited_at, post.audience),
        *(post.likes_count, post.replies_count),
        *(post.poll.shown_values if post.has_poll else ()),
        *((parent.pk, parent.author.username) if parent else (post.parent_author_id,)),
        *(author.pk, author.username, author.name, author.avatar_id),
    )
    return _cached(cache, _post_key(post.pk), sources, lambda: render_to_string("posts/_post.html", {"post": post}))


def _post_key(post_id: int) -> str:
    return f"post:{post_id}"


def _card_key(user_id: int) -> str:
    return f"card:{user_id}"


def _cached(cache: BaseCache, key: str, sources: Hashable, render: Callable[[], SafeString]) -> SafeString:
    """Returns the cached HTML if it was rendered from the same `sources`; else renders and caches it."""
    sources_hash = hash(sources)  # keyed by a secret of this process, so that no one can make two texts collide
    entry: tuple[int, SafeString] | None = cache.get(key)
    if entry and entry[0] == sources_hash:
        return entry[1]
    html = render()
    cache.set(key, (sources_hash, html))
    return html
