"""Hostile texts in a real page: pushed, edited, caught up, reloaded, loaded, and pending. No script runs, no other
part of the page is swapped, each text is shown as typed, and the content security policy is never violated."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Dialog, Page, Route, expect

from livefeed.content.markup import render
from livefeed.content.sanitize import clean_line, clean_text
from livefeed.models import Picture, Post, Profile, User
from livefeed.models.picture import DESCRIPTION_MAX, Attachment
from livefeed.models.post import TITLE_MAX
from tests import image_files, selection
from tests.browser import hostile
from tests.browser.conftest import PHONE, expect_posts, go_offline, wait_until, wait_until_live
from tests.browser.hostile import PIECES, texts
from tests.factories import make_post, make_user
from tests.live.test_hostile import HOSTILE
from tests.views.html import Page as Parsed

BATCH = 30
BATCHES = 40 if selection.FULL else 1
FOLDER = Path(__file__).parent


COLLECT_REPORTS = (FOLDER / "collect_reports.js").read_text()
"""Script that collects violations of the content security policy in the page."""
INSPECT_PAGE = (FOLDER / "inspect_page.js").read_text()
"""Script that returns the texts that the page shows, and everything suspicious in it."""


def some_of(pieces: list[str], step: int) -> list[str]:
    """Returns every `step`th of the pieces with `bin/test --full`, otherwise a third of these."""
    return pieces[:: step if selection.FULL else 3 * step]


@pytest.fixture
def open_watched(window):
    """Returns a function that opens a page whose violations are collected from the start. A JavaScript dialog fails the
    test: a script has run."""
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    def open_page(user: User, path: str = "/", **options: Any) -> Page:
        page: Page = window(user, "/healthz", **options)
        page.add_init_script(COLLECT_REPORTS)
        page.on("dialog", dismiss)
        page.goto(path)
        return page

    yield open_page
    assert dialogs == []


def inspect_page(page: Page) -> dict[str, Any]:
    """Fails if a script ran or the page contains harmful elements; returns what the page shows."""
    found: dict[str, Any] = page.evaluate(INSPECT_PAGE)
    assert found["ran"] is None
    assert [found[name] for name in ("reports", "strange", "harmful", "heavy")] == [[], [], [], []]
    assert not found["wide"]
    return found


def visible_text(body: str) -> str:
    """Returns the visible text of a post's body, by another parser than the browser's."""
    return Parsed(f'<div class="post-body">{render(body)}</div>').one(css="post-body").text


def expect_posts_as_typed(page: Page, posts: list[Post], older: list[int] | None = None) -> None:
    """Waits for these posts; fails unless the page shows them as typed, newest first, and then the older ones."""
    expect(page.locator(f"#post-{posts[-1].pk}[data-version='{posts[-1].version}']")).to_be_attached()
    expect(page.locator(f"#post-{posts[0].pk}[data-version='{posts[0].version}']")).to_be_attached()
    found = inspect_page(page)
    assert found["ids"] == [post.pk for post in reversed(posts)] + (older or [])
    for post in posts:
        pk = str(post.pk)
        assert found["versions"][pk] == post.version
        assert found["titles"][pk] == post.title
        assert found["bodies"][pk] == visible_text(post.body)
        assert found["names"][pk] == post.author.display_name
        descriptions = [picture.description for picture in post.pictures.all()] if post.pictures_count else []
        assert found["descriptions"][pk] == [[text or "Picture without a description", text] for text in descriptions]


def publish_all(author: User, batch: list[tuple[str, str]], tag: str) -> list[Post]:
    """Publishes texts: every second one with characters that forms remove, every tenth with a picture."""
    posts = []
    for number, (title, body) in enumerate(batch):
        title = clean_line(title)[:TITLE_MAX]
        text = clean_text(body) if number % 2 else storable(body)
        pictures = []
        if number % 10 == 0:
            picture = Picture.objects.create(owner=author, width=40, height=30, color="#102030")
            pictures.append(Attachment(picture.pk, clean_text(body)[:DESCRIPTION_MAX]))
        text = f"{text[:4_900]}\n\nmark{number}. #hostile #{tag}"
        posts.append(Post.objects.publish(author, title=title, body=text, pictures=pictures))
    return posts


def storable(text: str) -> str:
    """Returns a text that the database can store. SQLite stores null bytes, except at the start of a text."""
    return f".{text}" if connection.vendor == "sqlite" else text.replace("\0", "")


def make_author(name: str, about: str, links: list[str]) -> User:
    author = make_user(name=clean_line(name)[:50])
    Profile.objects.filter(user=author).update(about=clean_text(about)[:500], links="\n".join(links))
    return author


def edit_some(posts: list[Post]) -> None:
    """Edits the first post, the last and some between: each receives the text of another post."""
    for post in (posts[0], *posts[1:-1:10], posts[-1]):
        other = posts[(posts.index(post) + 7) % len(posts)]
        post.edit(title=other.title, body=f"{other.body} again", seen_version=post.version)


def test_hostile_posts_are_shown_as_text_by_push_edit_catch_up_and_page(open_watched, cast):
    opened: dict[str, Page] = {}
    counts = {"titles and bodies": 0, "edits": 0, "names, abouts and tags": 0, "descriptions": 0}

    def page_of(name: str, path: str) -> Page:
        """Loads `path` in the page of this name, which is opened once. "away" has the size of a phone."""
        if name not in opened:
            opened[name] = open_watched(cast.follower, path, **({"viewport": PHONE} if name == "away" else {}))
        opened[name].context.set_offline(False)  # after an example that failed
        opened[name].goto(path)
        return opened[name]

    @settings(
        max_examples=BATCHES,
        deadline=None,
        derandomize=True,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate],  # shrinking a batch takes longer than reading it
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(st.tuples(texts, texts), min_size=BATCH, max_size=BATCH),
        st.tuples(texts, texts, st.lists(st.sampled_from(hostile.LINKS), max_size=4)),
        hostile.tags,
        st.booleans(),
    )
    def check_batch(batch: list[tuple[str, str]], profile: tuple[str, str, list[str]], tag: str, edits: bool) -> None:
        author = make_author(*profile)
        cast.follower.follow(author)
        pushed, away = wait_until_live(page_of("pushed", "/")), wait_until_live(page_of("away", "/"))
        before = [inspect_page(page) for page in (pushed, away)]
        older = before[0]["ids"]
        go_offline(away)
        posts = publish_all(author, batch, tag)
        expect_posts_as_typed(pushed, posts, older)
        if edits:
            edit_some(posts)
            expect_posts_as_typed(pushed, posts, older)
        away.context.set_offline(False)
        expect_posts_as_typed(wait_until_live(away), posts, older)
        assert [inspect_page(page)["outside"] for page in (pushed, away)] == [found["outside"] for found in before]
        if not edits:
            cast.follower.follow(make_user())  # home pages reload their lists then
            for page in (pushed, away):
                expect(page.locator("#posts > .post")).to_have_count(20)
                expect_posts_as_typed(page, posts[-20:])
        for path in ("/", f"/@{author.username}/"):
            expect_posts_as_typed(page_of("loaded", path), posts[-20:])
        tagged = Post.objects.filter(author=author).exclude(tags="").newest_first()
        for name in {name for post in tagged[:3] for name in post.current_tags}:
            assert inspect_page(page_of("loaded", f"/tags/{name}/"))["ids"][0] in [post.pk for post in posts]
        expect_posts_as_typed(page_of("loaded", f"/posts/{posts[0].pk}/"), posts[:1])
        edited = sum(post.version > 1 for post in posts)
        for kind, count in zip(counts, (2 * len(posts), 2 * edited, 3, BATCH // 10), strict=True):
            counts[kind] += count

    check_batch()
    print(f"hostile texts, pushed, edited, caught up, reloaded and loaded: {counts}; no script ran")
    assert counts["titles and bodies"] >= 2 * BATCH * BATCHES


def test_a_users_own_hostile_text_is_text_while_pending_in_the_preview_and_in_the_editor(open_watched, cast):
    page = wait_until_live(open_watched(cast.author))
    outside_before = inspect_page(page)["outside"]
    held: list[Route] = []
    for text in filter(clean_text, some_of(PIECES, 3)):
        page.get_by_label("Post", exact=True).fill(text)
        with page.expect_response("**/posts/preview/"):
            page.locator("#composer").get_by_role("button", name="Preview").click()
        expect(page.locator(".composer-preview .post-body")).to_have_count(1)
        assert page.locator(".composer-preview .post-body").text_content() == visible_text(clean_text(text))
        inspect_page(page)
        page.route("**/posts/", lambda route: held.append(route))
        page.get_by_label("Post", exact=True).press("Control+Enter")
        pending = page.locator("#outbox > .pending .post-body")
        assert pending.text_content() == as_field_value(text)
        assert pending.locator("*").count() == 0
        wait_until(page, lambda: held)
        held.pop().continue_()
        page.unroute("**/posts/")
        expect(page.locator("#outbox > *")).to_have_count(0)
        inspect_page(page)
    assert inspect_page(page)["outside"] == outside_before
    for post in Post.objects.newest_first()[:5]:
        page.locator(f"#post-{post.pk}").get_by_role("link", name="Edit").click()
        expect(page.locator(f"#post-{post.pk} .editor .composer-body")).to_have_value(post.body)
        page.keyboard.press("Escape")


def as_field_value(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_hostile_pending_posts_are_text_after_a_reload(open_watched, cast):
    page = wait_until_live(open_watched(cast.author))
    page.route("**/posts/", lambda route: route.abort())
    waiting = [text for text in some_of(PIECES, 4) if clean_text(text) and "\r" not in text]
    for text in waiting:
        page.get_by_label("Post", exact=True).fill(text)
        page.get_by_label("Title").fill(clean_line(text)[:TITLE_MAX])
        page.get_by_label("Post", exact=True).press("Control+Enter")
    page.reload()
    expect(page.locator("#outbox > .pending")).to_have_count(len(waiting))
    assert page.locator("#outbox .post-body").all_text_contents() == waiting[::-1]
    assert page.locator("#outbox .post-title").all_text_contents() == [
        clean_line(text)[:TITLE_MAX] for text in waiting[::-1]
    ]
    assert page.locator("#outbox :is(.post-body, .post-title) *").count() == 0
    inspect_page(page)


def test_hostile_names_are_text_in_the_list_of_suggestions(open_watched, cast):
    texts_by_prefix = {f"z{letter}": PIECES[number::9][:6] for number, letter in enumerate("abcdefghi")}
    names_by_prefix = {
        prefix: [clean_line(f"{prefix} {text}")[:50] for text in group] for prefix, group in texts_by_prefix.items()
    }
    for name in (name for group in names_by_prefix.values() for name in group):
        cast.author.follow(make_user(name=name))
    page = open_watched(cast.author)
    for prefix, group in names_by_prefix.items():
        page.get_by_label("Post", exact=True).fill("")  # closes the list of the last prefix
        page.get_by_label("Post", exact=True).fill(f"@{prefix}")
        expect(page.locator(".completion")).to_have_count(len(group))
        assert sorted(page.locator(".completion bdi").all_text_contents()) == sorted(group)
        assert page.locator(".completion :not(span, b, bdi, svg, circle, rect, text)").count() == 0
        inspect_page(page)


def test_hostile_file_names_are_text(window, cast):
    page = window(cast.author, java_script_enabled=False)
    for number, text in enumerate(some_of(PIECES, 5)):
        name = f"{text.translate(dict.fromkeys(map(ord, '/\0'), ' '))[:80]}{number}.svg"
        page.get_by_label("Post", exact=True).fill("Look.")
        page.get_by_role("button", name="Pictures").set_input_files(
            {"name": name, "mimeType": "image/svg+xml", "buffer": image_files.SVG}
        )
        page.get_by_role("button", name="Post", exact=True).click()
        expect(page.locator(".field-error", has_text=f"{number}.svg: Only JPEG")).to_be_visible()
        expect(page.locator(".field-error", has_text=f"{number}.svg. Choose other pictures")).to_be_visible()
        assert page.locator(".field-error *").count() == 0
        assert page.locator("main :is(script, img, iframe)").count() == 0


def test_hostile_text_from_the_composer_is_shown_as_text(live_window, cast):
    page = live_window(cast.author)
    for text in HOSTILE[:4]:
        page.get_by_label("Post", exact=True).fill(text)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#posts .post-body").first).to_have_text(text)


def test_a_hundred_thousand_characters_are_refused_with_a_message(live_window, cast):
    make_post(cast.author, "Here before.")
    page = live_window(cast.author)
    page.get_by_label("Post", exact=True).fill("<b>" * 33_334)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="The limit is 5,000")).to_be_visible()
    assert len(page.get_by_label("Post", exact=True).input_value()) == 100_002
    expect_posts(page, "Here before.")
