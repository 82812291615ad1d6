"""User input is text: in the rendering, through the socket, and on a page."""

import pytest
from asgiref.sync import sync_to_async
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livefeed.forms.post import PostForm
from livefeed.models import User
from tests.factories import make_post
from tests.faults.conftest import full_or
from tests.live.conftest import Reader
from tests.views.html import Page

HOSTILE = [
    "<script>alert(1)</script>",
    "</p></article><article id='post-1' class='post'>",
    '" onmouseover="alert(1)',
    "<img src=x onerror=alert(1)>",
    "<b hx-get='/accounts/logout/' hx-trigger='load'>",
    "<div id='posts' hx-swap-oob='true'>",
    "<hx-partial hx-target='#posts'>",
    "<template hx type='partial'>",
    "{{ request.user }}{% include 'x' %}",
    "&lt;script&gt;",
    "\u202egnp.exe",
    "<!--",
    "]]>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "]}\n{",
    "\\u003cscript\\u003e",
]
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80), st.lists(st.sampled_from(HOSTILE)).map("".join))


def typed(title: str, body: str) -> tuple[str, str] | None:
    """Returns a title and body as cleaned by the form; None if it is invalid."""
    form = PostForm({"title": title, "body": body})
    return (form.cleaned_data["title"], form.cleaned_data["body"]) if form.is_valid() else None


@settings(max_examples=full_or(60, 1_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=texts, body=texts, name=texts)
async def test_titles_bodies_and_names_are_text_in_every_frame(read, cast, harmless, title, body, name):
    """The fragment has the same elements as that of a harmless post, with nothing but light Markdown in its body."""
    accepted = typed(title, body)
    if accepted is None:
        return
    title, body = accepted
    reader = await read(cast.follower)
    if bool(title) not in harmless:
        await sync_to_async(rename)(cast.author, "Plain Name")
        harmless[bool(title)] = await page_of_new_post(reader, cast.author, "plain", "plain" if title else "")
    await sync_to_async(rename)(cast.author, name)

    seen = await page_of_new_post(reader, cast.author, body, title)

    assert seen.skeleton == harmless[bool(title)].skeleton
    assert seen.unmatched == []
    assert seen.is_safe
    assert title in (heading.text for heading in seen.all(css="post-title")) or not title
    await reader.close()


@pytest.fixture
def harmless() -> dict[bool, Page]:
    """The fragments of two harmless posts, without a title and with one, by whether they have one."""
    return {}


async def page_of_new_post(reader: Reader, author: User, body: str, title: str) -> Page:
    """Creates a post; returns the fragment that a socket receives."""
    await sync_to_async(make_post)(author, body, title)
    (frame,) = [frame for frame in await reader.rest() if frame["type"] == "post.created"]
    return Page(frame["html"])


def rename(person: User, name: str) -> None:
    person.name = "".join(char for char in name if char.isprintable())[:50]
    person.save()
