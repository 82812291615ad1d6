"""The placeholder that the page shows while a post is being sent: `posts/_pending.html`."""

from django.template.loader import render_to_string

from livefeed.content.fragments import render_post
from tests.views.html import Page

ONLY_PENDING = {"pending", "pending-state", "pending-pictures", "pending-failed", "pending-reason"}
ONLY_SENT = {"post-time", "post-actions"}


def classes(html: str) -> list[str]:
    """The classes of a post and its parts, in the order of the document."""
    page = Page(html)
    return [name for element in page.elements for name in element.classes if name.startswith(("post", "pending"))]


def test_a_pending_post_has_the_parts_of_a_sent_post(post):
    post.title = "Today"

    pending = classes(render_to_string("posts/_pending.html", {"author": post.author}))
    sent = classes(render_post(post))

    assert [name for name in pending if name not in ONLY_PENDING] == [name for name in sent if name not in ONLY_SENT]
    assert set(pending) >= ONLY_PENDING
    assert set(sent) >= ONLY_SENT
