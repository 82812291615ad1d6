"""A post's HTML: the same for every viewer, whoever asks for it and by whichever way it travels."""

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from livefeed.models import Post

KEPT = 5_000
"""How many rendered posts a process keeps, some 2 KB each."""


class RenderKey:
    """Everything that a post's HTML depends on. A post that differs in nothing of it looks the same, so what is kept
    under it is never stale and needs no invalidation."""

    __slots__ = ("depends_on", "post")

    def __init__(self, post: Post) -> None:
        self.post = post
        own = (post.pk, post.version, post.title, post.body, post.created_at, post.edited_at, post.audience)
        counts = (post.likes_count, post.replies_count)
        parent = post.shown_parent
        above = (parent.pk, parent.author.username) if parent else (post.parent_author_id,)
        author = (post.author_id, post.author.username, post.author.name, post.author.avatar_id)
        self.depends_on = (*own, *counts, *above, *author)

    def __hash__(self) -> int:
        return hash(self.depends_on)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RenderKey) and self.depends_on == other.depends_on


def render_post(post: Post) -> SafeString:
    """The fragment that pages include, htmx gets and sockets carry. Nothing of a viewer or a request is in reach:
    what differs per viewer is decided by the page's style sheet from `data-author`, and enforced by the server."""
    return _render(RenderKey(post))


@lru_cache(maxsize=KEPT)
def _render(key: RenderKey) -> SafeString:
    return render_to_string("posts/_post.html", {"post": key.post})
