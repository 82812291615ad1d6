"""Hostile texts in a real page: by push, by catch-up, by loading, and as one's own on their way. Nothing runs, nothing
else is swapped, and the content security policy has nothing to report."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, Route, expect

from livefeed.models import Picture, Post, Profile, User
from livefeed.models.picture import Attachment
from livefeed.models.post import TITLE_MAX
from livefeed.text import tidy_line, tidy_text
from tests import images
from tests.browser.conftest import live, shows, until
from tests.factories import make_post, make_user
from tests.live.test_hostile import HOSTILE

BATCH, BATCHES = 50, 40 if os.environ.get("LIVEFEED_FAULTS") == "full" else 6
RUN = "window.__ran=1"
PIECES = [
    *HOSTILE,
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg/onload={RUN}>",
    f"<math><mtext></mtext><mglyph><style><img src=x onerror={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN.removeprefix('window.')}</script>'></iframe>",
    f"<a href='javascript:{RUN}'>",
    f"[link](javascript:{RUN})",
    f"[link](JaVaScRiPt&#58;{RUN})",
    "[link](data:text/html,<script>parent.__ran=1</script>)",
    f"![picture](x onerror={RUN})",
    f'<b hx-get="/" hx-trigger="load" hx-target="body" hx-on::load="{RUN}">',
    '<div id="posts" hx-swap-oob="true">',
    '<div hx-swap-oob="innerHTML:#composer">',
    '<hx-partial hx-target="#main">',
    '<template id="pending-post">',
    '<form id="act">',
    '<input name="csrfmiddlewaretoken" value="x">',
    '<article id="post-1" class="post" data-post="1" data-version="999">',
    "</article></div></main>",
    "</textarea>",
    "</title>",
    "</style>",
    "</template>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<plaintext>",
    "<base href='//example.org'>",
    "<meta http-equiv=refresh content='0;url=//example.org'>",
    "<link rel=stylesheet href=//example.org>",
    "&lt;script&gt;",
    "&#x3c;script&#x3e;",
    "&amp;lt;",
    "\"'`={}${7*7}{{7*7}}{% now %}",
    "@author",
    "#hostile",
    "**bold *both `code` ~~gone~~",
    "> > > > quote\n\n- - - list\n\n1. 2. 3.",
    "```\n<script>\n",
    "\u202eevil\u202c",
    "\u200b\u200d\ufeff",
    "a\u0301" * 40,
    "x" * 400,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
]
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=10)), min_size=1, max_size=5).map("".join)
FOLDER = Path(__file__).parent
WATCH, LOOK = (FOLDER / "watch.js").read_text(), (FOLDER / "look.js").read_text()
"""Scripts that run in the page: one collects what the content security policy reports, one looks the page over."""


@pytest.fixture(autouse=True)
def as_typed() -> Iterator[None]:
    """Titles stay as they are typed."""
    with override_settings(LIVEFEED_TITLECASE=False):
        yield


def is_harmless(page: Page) -> dict[str, Any]:
    """Looks a page over; returns what it shows."""
    found: dict[str, Any] = page.evaluate(LOOK)
    assert found["ran"] is None
    assert (found["reports"], found["strange"], found["harmful"]) == ([], [], [])
    assert not found["wide"]
    return found


def shows_all(page: Page, posts: list[Post]) -> None:
    """Waits until a page shows these posts, newest first, as texts; there may be older ones below."""
    expect(page.locator(f"#post-{posts[-1].pk}")).to_be_attached()
    expect(page.locator(f"#post-{posts[0].pk}")).to_be_attached()
    found = is_harmless(page)
    assert found["ids"][: len(posts)] == [post.pk for post in reversed(posts)]
    for number, post in enumerate(posts):
        assert found["titles"][str(post.pk)] == post.title
        assert f"mark{number}." in found["bodies"][str(post.pk)]


def write_all(author: User, batch: list[tuple[str, str]]) -> list[Post]:
    """Posts them, each with a mark at its end, some with pictures described in the same words."""
    posts = []
    for number, (title, body) in enumerate(batch):
        title, text = tidy_line(title)[:TITLE_MAX], f"{tidy_text(body)[:4_900]}\n\nmark{number}. #hostile"
        pictures = []
        if number % 10 == 0:
            picture = Picture.objects.create(owner=author, width=40, height=30, color="#102030")
            pictures.append(Attachment(picture.pk, body))
        posts.append(Post.objects.publish(author, title=title, body=text, pictures=pictures))
    return posts


def test_hundreds_of_them_are_texts_by_push_catch_up_and_page(window, cast):
    window_of: dict[str, Page] = {}
    counted: list[Post] = []

    def page_of(name: str, path: str) -> Page:
        """A page for each purpose, opened once."""
        if name not in window_of:
            window_of[name] = window(cast.follower, "/healthz")
            window_of[name].add_init_script(WATCH)
        window_of[name].goto(path)
        return window_of[name]

    @settings(
        max_examples=BATCHES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # making a batch smaller takes longer than reading it
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.tuples(texts, texts), min_size=BATCH, max_size=BATCH), texts, texts)
    def all_ways(batch: list[tuple[str, str]], name: str, about: str) -> None:
        author = make_user(name=tidy_line(name)[:50])
        Profile.objects.filter(user=author).update(about=tidy_text(about)[:500])
        cast.follower.follow(author)
        pushed, away = live(page_of("pushed", "/")), live(page_of("away", "/"))
        before = [is_harmless(page)["outside"] for page in (pushed, away)]
        away.context.set_offline(True)
        posts = write_all(author, batch)
        shows_all(pushed, posts)
        away.context.set_offline(False)
        shows_all(live(away), posts)
        assert [is_harmless(page)["outside"] for page in (pushed, away)] == before
        for path in ("/", f"/@{author.username}/"):
            assert is_harmless(page_of("loaded", path))["ids"] == [post.pk for post in reversed(posts[-20:])]
        assert is_harmless(page_of("loaded", "/tags/hostile/"))["ids"]  # less those whose tag is code
        assert is_harmless(page_of("loaded", f"/posts/{posts[0].pk}/"))["ids"] == [posts[0].pk]
        counted.extend(posts)

    all_ways()
    print(f"{2 * len(counted)} hostile titles and bodies, pushed, caught up and loaded: nothing ran")
    assert 2 * len(counted) >= 500


def test_what_one_writes_oneself_is_text_on_its_way_in_the_preview_and_in_the_editor(window, cast):
    page = window(cast.author, "/healthz")
    page.add_init_script(WATCH)
    page.goto("/")
    live(page)
    before = is_harmless(page)["outside"]
    held: list[Route] = []
    for text in filter(tidy_text, PIECES[::2]):
        page.get_by_label("Post", exact=True).fill(text)
        with page.expect_response("**/posts/preview/"):
            page.locator("#composer").get_by_role("button", name="Preview").click()
        page.route("**/posts/", lambda route: held.append(route))
        page.get_by_label("Post", exact=True).press("Control+Enter")
        pending = page.locator("#outbox > .pending .post-body")
        assert pending.text_content() == text.replace("\r", "\n").replace("\0", "\ufffd")
        assert pending.locator("*").count() == 0
        until(page, lambda: held)
        held.pop().continue_()
        page.unroute("**/posts/")
        expect(page.locator("#outbox > *")).to_have_count(0)
        is_harmless(page)
    assert is_harmless(page)["outside"] == before
    for post in Post.objects.newest_first()[:5]:
        page.locator(f"#post-{post.pk}").get_by_role("link", name="Edit").click()
        assert page.locator(f"#post-{post.pk} .editor .composer-body").input_value() == post.body
        page.keyboard.press("Escape")


def test_names_are_texts_in_the_list_of_suggestions(window, cast):
    for text in PIECES[len(HOSTILE) : len(HOSTILE) + 20]:
        cast.author.follow(make_user(name=f"zz {text}"[:50]))
    page = window(cast.author, "/healthz")
    page.add_init_script(WATCH)
    page.goto("/")
    page.get_by_label("Post", exact=True).press_sequentially("@zz")
    expect(page.get_by_role("option").first).to_be_visible()
    assert page.locator(".completions :is(script, img, iframe, svg script, [onerror], [hx-get])").count() == 0
    is_harmless(page)


def test_names_of_files_are_texts(window, cast):
    page = window(cast.author, java_script_enabled=False)
    for number, text in enumerate(PIECES[::3]):
        name = f"{text.translate(dict.fromkeys(map(ord, '/\0'), ' '))[:80]}{number}.svg"
        page.get_by_label("Post", exact=True).fill("Look.")
        page.get_by_role("button", name="Pictures").set_input_files(
            {"name": name, "mimeType": "image/svg+xml", "buffer": images.SVG}
        )
        page.get_by_role("button", name="Post", exact=True).click()
        expect(page.locator(".field-error")).to_contain_text(f"{number}.svg: Only JPEG")
        assert page.locator(".field-error *").count() == 0
        assert page.locator("main :is(script, img, iframe)").count() == 0


def test_what_the_composer_sends_comes_back_as_text(window, cast):
    page = live(window(cast.author))
    for text in HOSTILE[:4]:
        page.get_by_label("Post", exact=True).fill(text)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#posts .post-body").first).to_have_text(text)


def test_a_hundred_thousand_characters_are_refused_with_a_sentence(window, cast):
    make_post(cast.author, "Here before.")
    page = live(window(cast.author))
    page.get_by_label("Post", exact=True).fill("<b>" * 33_334)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="5,000 fit")).to_be_visible()
    assert len(page.get_by_label("Post", exact=True).input_value()) == 100_002
    shows(page, "Here before.")
