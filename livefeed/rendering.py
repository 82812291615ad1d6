"""A post's HTML: the same for every viewer, whoever asks for it and by whichever way it travels."""

from django.template.loader import render_to_string

from livefeed.models import Post


def render_post(post: Post) -> str:
    """The fragment that pages include, htmx gets and sockets carry. Nothing of a viewer or a request is in reach:
    what differs per viewer is decided by the page's style sheet from `data-author`, and enforced by the server."""
    return render_to_string("posts/_post.html", {"post": post})
