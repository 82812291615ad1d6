"""The dialog that confirms the deletion of a post."""

from playwright.sync_api import expect

from livefeed.models import Like, Post
from tests.browser.conftest import SIZES, delete_post, expect_posts
from tests.factories import make_post


@SIZES
def test_the_dialog_names_what_is_deleted_and_deletes_only_when_confirmed(live_window, cast, size):
    post = make_post(cast.author, "Going, going.")
    Like.objects.add(cast.follower, post)
    page = live_window(cast.author, **size)
    link, dialog = page.get_by_role("link", name="Delete"), page.get_by_role("dialog")
    link.click()
    expect(dialog).to_contain_text("It disappears for everyone, with its like.")
    expect(dialog).to_contain_text("Going, going.")
    expect(dialog.get_by_role("button", name="Keep post")).to_be_focused()
    expect(dialog).to_be_in_viewport(ratio=1)
    dialog.get_by_role("button", name="Keep post").click()
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()
    assert Post.objects.present().exists()
    delete_post(page)
    expect_posts(page)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert not Post.objects.present().exists()


def test_the_dialog_closes_on_escape_and_on_a_click_outside(live_window, cast):
    make_post(cast.author)
    page = live_window(cast.author)
    link, dialog = page.get_by_role("link", name="Delete"), page.get_by_role("dialog")
    for close in (lambda: page.keyboard.press("Escape"), lambda: page.mouse.click(5, 5)):
        link.focus()
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        close()
        expect(dialog).to_have_count(0)
        expect(link).to_be_focused()
    assert Post.objects.present().exists()


def test_two_clicks_open_one_dialog(live_window, cast):
    make_post(cast.author)
    page = live_window(cast.author)
    page.get_by_role("link", name="Delete").evaluate("link => { link.click(); link.click(); }")
    expect(page.get_by_role("dialog")).to_have_count(1)


def test_the_dialog_closes_when_the_post_is_deleted_elsewhere(live_window, cast):
    post = make_post(cast.author)
    page = live_window(cast.author)
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    Post.objects.get(pk=post.pk).remove()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_posts(page)


def test_deleting_offline_keeps_the_post_and_shows_a_message_until_the_page_is_online(live_window, cast):
    make_post(cast.author, "Still here.")
    page = live_window(cast.author)
    page.context.set_offline(True)
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("alert").filter(has_text="did not reach the server")).to_be_visible()
    expect_posts(page, "Still here.")
    page.context.set_offline(False)
    expect(page.locator("#notices")).to_be_empty()
