"""Completion of @names and #tags while they are typed."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from livefeed.models import Post
from tests.browser.conftest import PHONE, expect_posts, wait_until
from tests.factories import make_post, make_user

SIZES = pytest.mark.parametrize(
    "size",
    [pytest.param({}, marks=pytest.mark.full), {"viewport": PHONE, "has_touch": True, "is_mobile": True}],
    ids=["desktop", "phone"],
)


@pytest.fixture
def suggested_users(cast):
    """Three users whose names begin with "ma"; the follower follows the last one."""
    users = [make_user(name) for name in ("mara", "marb", "max")]
    cast.follower.follow(users[-1])
    return users


def text_field(page: Page, form: str = "#composer"):
    return page.locator(f"{form} .composer-body")


def insert(page: Page, field: Locator, text: str) -> None:
    """Types a text as one input event, as a paste does.

    The page then requests suggestions once. Between slow keystrokes it requests them for each prefix, and replaces the
    list while the test uses it.
    """
    field.focus()
    page.keyboard.insert_text(text)


def tap(element: Locator) -> None:
    """Taps an element, without the highlight of a tap: Chromium crashes on it while it does not paint."""
    element.evaluate("element => (element.style.webkitTapHighlightColor = 'transparent')")
    element.tap()


def expect_suggestions(page: Page, *names: str, form: str = "#composer") -> None:
    """Waits until exactly these names are suggested and the first one is active."""
    options = page.locator(f"{form} .completion:visible")
    expect(options).to_have_count(len(names))
    for option, name in zip(options.all(), names, strict=True):
        expect(option).to_contain_text(name)
    if names:
        expect(options.first).to_have_attribute("aria-selected", "true")
        expect(text_field(page, form)).to_have_attribute(
            "aria-activedescendant", options.first.get_attribute("id") or ""
        )


@SIZES
def test_a_name_is_chosen_with_keys_and_posted(live_window, cast, suggested_users, size):
    page = live_window(cast.follower, **size)
    text = text_field(page)
    insert(page, text, "Thanks, @MA")
    expect_suggestions(page, "@max", "@mara", "@marb")
    expect(text).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#composer [aria-live]", has_text="3 suggestions")).to_be_attached()
    text.press("ArrowDown")
    text.press("ArrowDown")
    text.press("ArrowDown")
    text.press("ArrowUp")
    text.press("Enter")
    expect(text).to_have_value("Thanks, @marb ")
    expect_suggestions(page)
    expect(text).not_to_have_attribute("role", "combobox")
    insert(page, text, "and @ma")
    expect_suggestions(page, "@max", "@mara", "@marb")
    text.press("Tab")
    expect(text).to_have_value("Thanks, @marb and @max ")
    page.locator("#composer").get_by_role("button", name="Post").click()
    expect_posts(page, "Thanks, @marb and @max")
    expect(page.locator(".post-body").get_by_role("link", name="@max")).to_have_attribute("href", "/@max/")


@SIZES
def test_a_tag_is_chosen_with_the_pointer_and_the_draft_is_kept(live_window, cast, size):
    make_post(cast.author, "Roses. #garden #gate")
    page = live_window(cast.follower, **size)
    text = text_field(page)
    insert(page, text, "For the #gar")
    expect_suggestions(page, "#garden")
    option = page.locator(".completion:visible")
    tap(option) if size else option.click()
    expect(text).to_have_value("For the #garden ")
    expect(text).to_be_focused()
    text.press("ControlOrMeta+z")
    expect(text).to_have_value("For the #gar")
    text.press("ControlOrMeta+Shift+z")
    page.reload()
    expect(text_field(page)).to_have_value("For the #garden ")


def test_names_and_tags_are_completed_in_any_script(live_window, cast, suggested_users):
    make_post(cast.author, "#ज़रूरत #ぼっち・ざ・ろっく")
    page = live_window(cast.follower)
    text = text_field(page)
    for typed, suggested in (("从@max", "@max"), ("#ज़रू", "#ज़रूरत"), ("「#ぼっち・", "#ぼっち・ざ・ろっく")):
        text.fill("")
        insert(page, text, typed)
        expect_suggestions(page, suggested)


@SIZES
def test_escape_closes_the_list_and_only_then_the_editor(live_window, cast, suggested_users, size):
    post = make_post(cast.author, "Thanks")
    page = live_window(cast.author, **size)
    page.locator(f"#post-{post.pk} .edit").click()
    text = text_field(page, ".editor")
    text.press("End")
    insert(page, text, " @max")
    expect_suggestions(page, "@max", form=".editor")
    expect(page.locator("#composer .completion")).to_have_count(0)
    text.press("Escape")
    expect_suggestions(page, form=".editor")
    expect(text).to_have_value("Thanks @max")
    text.press("Escape")
    expect(text).to_have_count(0)


@SIZES
def test_the_list_moves_nothing_and_stays_inside_the_composer_and_the_window(live_window, cast, suggested_users, size):
    page = live_window(cast.follower, **size)
    text = text_field(page)
    insert(page, text, "@ma")
    expect_suggestions(page, "@max", "@mara", "@marb")
    for text_before in ("", "one\n" * 40):
        text.fill(f"{text_before}@m")
        foot = page.locator("#composer .composer-foot").bounding_box()
        text.press("a")
        expect_suggestions(page, "@max", "@mara", "@marb")
        assert page.locator("#composer .composer-foot").bounding_box() == foot
        sides = "element => [element.getBoundingClientRect().left, element.getBoundingClientRect().right]"
        field_left, field_right = text.evaluate(sides)
        list_left, list_right = page.locator("#composer .completions").evaluate(sides)
        assert field_left <= list_left < list_right <= field_right
        expect(page.locator("#composer .completion").last).to_be_in_viewport(ratio=1)
        min_height = 44 if size else 36
        heights = "list => [...list.querySelectorAll('.completion')].map((option) => option.offsetHeight)"
        assert min(page.locator("#composer .completions").evaluate(heights)) >= min_height


def test_a_late_response_for_an_earlier_word_is_ignored(live_window, cast, suggested_users):
    page = live_window(cast.follower)
    held: list[Route] = []
    request_for_ma = re.compile(r"complete/\?q=%40ma$")
    page.route(request_for_ma, lambda route: held.append(route))
    text = text_field(page)
    with page.expect_request(request_for_ma):
        insert(page, text, "@ma")
    insert(page, text, "ra")
    expect_suggestions(page, "@mara")
    with page.expect_request(request_for_ma):
        text.fill("@ma")
    text.press("Space")
    wait_until(page, lambda: len(held) == 2)
    for route in held:
        route.fulfill(body='<div class="completion" role="option" data-text="@late">@late</div>')
    insert(page, text, "@mar")
    expect_suggestions(page, "@mara", "@marb")


def test_other_text_requests_no_suggestions_and_keeps_its_keys(live_window, cast, suggested_users):
    page = live_window(cast.follower)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url) if "complete" in request.url else None)
    text = text_field(page)
    for typed in ("me@max", "example.org/@max", "a_#max", "@@max", "@max ", "@", "# "):
        text.fill("")
        insert(page, text, typed)
    text.fill("@maxs")
    text.press("ArrowLeft")
    text.press_sequentially("y")
    text.press("Enter")
    expect(text).to_have_value("@maxy\ns")
    text.fill("")
    with page.expect_request("**/complete/?q=%23tea"):  # sent after the same pause as requests for earlier texts
        insert(page, text, "#tea")
    assert [address for address in requested if not ("%23t" in address or address.endswith("%40maxs"))] == []


def test_leaving_the_field_or_the_word_closes_the_list(live_window, cast, suggested_users):
    page = live_window(cast.follower)
    text = text_field(page)
    insert(page, text, "Hello @ma")
    expect_suggestions(page, "@max", "@mara", "@marb")
    text.press("Home")
    expect_suggestions(page)
    text.press("End")
    text.press("r")
    expect_suggestions(page, "@mara", "@marb")
    page.get_by_label("Title").focus()
    expect_suggestions(page)


def test_control_enter_submits_while_the_list_is_open(live_window, cast, suggested_users):
    page = live_window(cast.follower)
    insert(page, text_field(page), "Thanks @ma")
    expect_suggestions(page, "@max", "@mara", "@marb")
    text_field(page).press("Control+Enter")
    expect_posts(page, "Thanks @ma")
    expect_suggestions(page)
    assert Post.objects.get().body == "Thanks @ma"


def test_an_input_method_keeps_its_keys_while_composing(live_window, cast, suggested_users):
    page = live_window(cast.follower)
    text = text_field(page)
    insert(page, text, "@ma")
    expect_suggestions(page, "@max", "@mara", "@marb")
    text.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(text).to_have_value("@ma")
    expect_suggestions(page, "@max", "@mara", "@marb")


def test_a_failed_request_for_suggestions_shows_no_error(live_window, cast, suggested_users):
    page = live_window(cast.follower)
    page.route("**/posts/complete/**", lambda route: route.fulfill(status=500, body="<h1>Broken</h1>"))
    with page.expect_response("**/posts/complete/**"):
        insert(page, text_field(page), "@ma")
    page.unroute("**/posts/complete/**")
    expect(page.locator("#notices")).to_be_empty()
    expect(page.get_by_text("Broken")).to_have_count(0)
    text_field(page).press_sequentially("r")
    expect_suggestions(page, "@mara", "@marb")
