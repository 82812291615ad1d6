"""The path of a post from its author's window to a follower's."""

import re

import pytest
from playwright.sync_api import Route, expect

from livefeed.models import Post
from tests.browser.conftest import bodies, delete_post, expect_posts, load_posts, wait_until, write_post
from tests.factories import make_post


@pytest.mark.both
def test_a_post_reaches_author_and_follower_and_no_stranger(live_window, cast):
    author, follower = live_window(cast.author), live_window(cast.follower)
    stranger = live_window(cast.stranger)

    write_post(author, "The kettle is on.", title="Morning")
    for page in (author, follower):
        expect_posts(page, "The kettle is on.")
        expect(page.locator(".post-title")).to_have_text("Morning")

    author.get_by_role("link", name="Edit").click()
    editor = author.locator(".editor")
    expect(editor.get_by_label("Post", exact=True)).to_be_focused()
    editor.get_by_label("Post", exact=True).fill("The kettle has boiled.")
    editor.get_by_role("button", name="Save").click()
    for page in (author, follower):
        expect_posts(page, "The kettle has boiled.")
        expect(page.locator(".post-edited")).to_be_visible()
    expect(author.locator(".editor")).to_have_count(0)

    delete_post(author)
    for page in (author, follower):
        expect_posts(page)
        expect(page.locator(".empty, .first-steps").locator("visible=true").first).to_be_visible()

    assert bodies(stranger) == []
    write_post(stranger, "The first post on this page.")
    expect_posts(stranger, "The first post on this page.")


def test_a_users_own_post_appears_once_in_every_tab(live_window, cast):
    first = live_window(cast.author)
    second = live_window(cast.author)
    for number in range(3):
        write_post(first, f"Number {number}.")
        expect(first.get_by_label("Post", exact=True)).to_have_value("")
    for page in (first, second):
        expect_posts(page, "Number 2.", "Number 1.", "Number 0.")


def test_profile_post_page_and_public_feed_are_live_for_visitors(live_window, cast):
    post = make_post(cast.author, "As it was.")
    pages = [live_window(None, path) for path in ("/", "/explore/", "/@AUTHOR/", post.get_absolute_url())]
    elsewhere = live_window(None, "/@stranger/")

    post.edit(title="", body="As it is.", seen_version=1)
    for page in pages:
        expect_posts(page, "As it is.")
    post.delete()
    for page in pages:
        expect_posts(page)
    expect(pages[-1].get_by_text("This post was deleted.")).to_be_visible()
    assert bodies(elsewhere) == []


def test_only_a_users_own_posts_offer_edit_and_delete(window, cast):
    make_post(cast.author)
    for user, visible in ((cast.author, 1), (cast.follower, 0), (None, 0)):
        page = window(user, "/@author/")
        expect(page.locator(".own-only > .edit:visible")).to_have_count(visible)


def test_follow_and_unfollow_update_an_open_home_page(live_window, cast):
    make_post(cast.author, "Older than the follow.")
    home, profile = live_window(cast.stranger), live_window(cast.stranger, "/@author/")
    home.get_by_label("Post", exact=True).fill("Half a thought")

    header = profile.locator("#profile")
    header.get_by_role("button", name="Follow author").click()
    expect(header.get_by_role("button", name="Unfollow")).to_be_visible()
    expect(profile.locator(".profile-counts")).to_contain_text("2 followers")
    expect_posts(home, "Older than the follow.")

    header.get_by_role("button", name="Unfollow").click()
    expect_posts(home)
    make_post(cast.author, "Not for this page.")
    make_post(cast.stranger, "Own.")
    expect_posts(home, "Own.")
    expect(home.get_by_label("Post", exact=True)).to_have_value("Half a thought")


def test_a_double_click_makes_one_post(live_window, cast):
    page = live_window(cast.author)
    page.get_by_label("Post", exact=True).fill("Once.")
    page.locator("#composer").get_by_role("button", name="Post").dblclick()
    expect_posts(page, "Once.")
    expect(page.get_by_label("Post", exact=True)).to_have_value("")
    assert Post.objects.count() == 1


def test_invalid_input_is_returned_with_a_message(live_window, cast):
    page = live_window(cast.author)
    write_post(page, "   ", title="Only a title")
    expect(page.get_by_role("alert").filter(has_text="Write something first.")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Only a title")

    write_post(page, "x" * 5001)
    expect(page.get_by_role("alert").filter(has_text="5001 characters. The limit is 5,000.")).to_be_visible()
    expect(page.get_by_label("Post", exact=True)).to_have_value("x" * 5001)
    assert Post.objects.count() == 0


def test_a_composer_is_ready_for_the_next_post(live_window, cast):
    page = live_window(cast.author)
    write_post(page, "", title="Kept")
    refused = page.get_by_role("alert").filter(has_text="Write something first.")
    expect(refused).to_be_visible()
    for body in ("First.", "Second.", "Second."):
        write_post(page, body)
        expect(page.get_by_label("Post", exact=True)).to_have_value("")
    expect_posts(page, "Second.", "Second.", "First.")
    expect(refused).to_have_count(0)
    expect(page.get_by_label("Title")).to_have_value("")
    expect(page.get_by_label("Post", exact=True)).not_to_have_attribute("aria-invalid", "true")


def test_text_typed_while_a_post_is_being_sent_stays(live_window, cast):
    page = live_window(cast.author)
    held: list[Route] = []
    page.route("**/posts/", lambda route: held.append(route))
    write_post(page, "On its way.")
    wait_until(page, lambda: held)
    page.get_by_label("Post", exact=True).fill("The next one")
    held[0].continue_()
    expect_posts(page, "On its way.")
    expect(page.locator("#composer").get_by_role("button", name="Post")).to_be_enabled()
    expect(page.get_by_label("Post", exact=True)).to_have_value("The next one")


def test_a_request_that_django_refuses_leaves_the_text_in_the_composer(live_window, cast):
    """The request is larger than any that the form sends; Django refuses it before a view is called."""
    page = live_window(cast.author)
    page.evaluate("document.getElementById('composer-title').value = 'x'.repeat(3_000_000)")
    write_post(page, "Not lost.")
    expect(page.get_by_role("alert").filter(has_text=re.compile(r"\w"))).to_be_visible()
    expect(page.get_by_label("Post", exact=True)).to_have_value("Not lost.")
    assert Post.objects.count() == 0


def test_the_count_appears_near_the_limit(window, cast):
    page = window(cast.author)
    page.get_by_label("Post", exact=True).fill("x" * 4990)
    expect(page.locator(".composer-count")).to_have_text("10 left")
    page.get_by_label("Post", exact=True).fill("x" * 5002)
    expect(page.locator(".composer-count")).to_have_text("2 too many")
    page.get_by_label("Post", exact=True).fill("x")
    expect(page.locator(".composer-count")).to_have_text("")


def test_control_enter_submits_and_escape_closes_the_editor(live_window, cast):
    page = live_window(cast.author)
    page.get_by_label("Post", exact=True).fill("By the keyboard.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("Post", exact=True)).to_have_value("")
    expect_posts(page, "By the keyboard.")
    page.get_by_role("link", name="Edit").click()
    expect(page.locator(".editor")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".editor")).to_have_count(0)
    expect_posts(page, "By the keyboard.")


def test_an_open_editor_keeps_its_text_when_the_post_changes_elsewhere(live_window, cast):
    post = make_post(cast.author, "One.")
    page = live_window(cast.author)
    page.get_by_role("link", name="Edit").click()
    field = page.locator(".editor").get_by_label("Post", exact=True)
    field.fill("My long text.")

    post.edit(title="", body="Two.", seen_version=1)
    expect(page.locator(".post")).to_have_attribute("data-version", "2")
    expect(field).to_have_value("My long text.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="changed elsewhere")).to_be_visible()
    expect(field).to_have_value("My long text.")
    page.get_by_role("button", name="Save").click()
    expect_posts(page, "My long text.")

    page.get_by_role("link", name="Edit").click()
    field.fill("Too late.")
    post.delete()
    expect(page.get_by_role("alert").filter(has_text="deleted in the meantime")).to_be_visible()
    expect(field).to_have_value("Too late.")
    page.get_by_role("link", name="Cancel").click()
    expect_posts(page)


def test_deleting_a_deleted_post_shows_a_message_and_keeps_the_draft(window, cast):
    """The page does not know of the deletion: its socket is never connected to the server."""
    post = make_post(cast.author, "Soon gone.")
    page = window(cast.author, "/")
    page.route_web_socket("**/ws/**", lambda socket: None)
    page.reload()
    page.get_by_label("Post", exact=True).fill("A draft")
    Post.objects.filter(pk=post.pk).delete()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("alert").filter(has_text="any more")).to_be_visible()
    expect(page.get_by_label("Post", exact=True)).to_have_value("A draft")


def test_older_posts_are_live(live_window, cast):
    posts = [make_post(cast.author, f"Number {number}.") for number in range(25)]
    page = live_window(cast.follower)
    expect(page.locator(".post")).to_have_count(20)
    page.locator(".older").focus()
    expect(page.locator("#posts > .post").nth(20)).to_be_focused()
    load_posts(page, 25)
    posts[0].edit(title="", body="The oldest, edited.", seen_version=1)
    expect(page.locator(".post-body").last).to_have_text("The oldest, edited.")
    assert len(set(bodies(page))) == 25


def test_writing_and_following_work_without_javascript(window, cast):
    page = window(cast.author, java_script_enabled=False)
    page.get_by_label("Post", exact=True).fill("Plain.")
    page.locator("#composer").get_by_role("button", name="Post").click()
    expect_posts(page, "Plain.")
    page.get_by_label("Post", exact=True).fill("x" * 5001)
    page.locator("#composer").get_by_role("button", name="Post").click()
    expect(page.get_by_role("alert").filter(has_text="5001 characters").first).to_be_visible()
    expect(page.get_by_label("Post", exact=True)).to_have_value("x" * 5001)
    page.goto("/")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Post", exact=True).fill("Plain and edited.")
    page.get_by_role("button", name="Save").click()
    expect_posts(page, "Plain and edited.")
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Post deleted")).to_be_visible()
    page.goto("/")
    expect_posts(page)
    page.goto("/@stranger/")
    page.locator("#profile").get_by_role("button", name="Follow").click()
    page.locator("#profile").get_by_role("button", name="Unfollow").click()
    expect(page.locator("#profile").get_by_role("button", name="Follow stranger")).to_be_visible()
