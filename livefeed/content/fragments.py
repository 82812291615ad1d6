"""HTML that is the same for every viewer, whoever asks for it and by whichever way it travels; made once, then kept.

What is kept lies beside everything it was made of: its version, its counts, its author's name and picture. Whatever
differs in nothing of that looks the same, so what is kept is never stale, also where rows were written that no signal
saw. Forgetting only frees memory.
"""

from collections.abc import Callable, Hashable
from hashlib import blake2b

from django.core.cache import caches
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from livefeed.models import Post, Profile


def render_post(post: Post) -> SafeString:
    """The fragment that pages include, htmx gets and sockets carry. Nothing of a viewer or a request is in reach:
    what differs per viewer is decided by the page's style sheet from `data-author`, and enforced by the server."""
    own = (post.pk, post.version, post.title, post.body, post.created_at, post.edited_at, post.audience)
    counts = (post.likes_count, post.replies_count)
    parent, author = post.visible_parent, post.author
    above = (parent.pk, parent.author.username) if parent else (post.parent_author_id,)
    by = (author.pk, author.username, author.name, author.avatar_id)
    made_of = (*own, *counts, *above, *by)
    return _kept(_name_of(post), made_of, lambda: render_to_string("posts/_post.html", {"post": post}))


def render_card(profile: Profile) -> SafeString:
    """What a person's page says of them: name, picture, words, links and counts."""
    person = profile.user
    counts = (profile.posts_count, profile.following_count, profile.followers_count)
    made_of = (person.pk, person.username, person.name, person.avatar_id, profile.about, profile.links, *counts)
    context = {"profile": profile, "person": person}
    return _kept(_card_of(person.pk), made_of, lambda: render_to_string("profiles/_card.html", context))


def invalidate_post(post: Post) -> None:
    """Frees what is kept of a post."""
    caches["fragments"].delete(_name_of(post))


def invalidate_card(person_id: int) -> None:
    """Frees what is kept of a person's page."""
    caches["fragments"].delete(_card_of(person_id))


def _name_of(post: Post) -> str:
    return f"post:{post.pk}"


def _card_of(person_id: int) -> str:
    return f"card:{person_id}"


def _kept(name: str, made_of: Hashable, render: Callable[[], SafeString]) -> SafeString:
    """What is kept under a name, if it was made of the same; else it is made anew."""
    digest = blake2b(repr(made_of).encode(errors="surrogatepass"), digest_size=16).digest()
    kept: tuple[bytes, SafeString] | None = caches["fragments"].get(name)
    if kept and kept[0] == digest:
        return kept[1]
    html = render()
    caches["fragments"].set(name, (digest, html))
    return html
