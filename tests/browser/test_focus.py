"""The keyboard focus: whatever replaces or removes the element that has it, its successor receives it."""

from playwright.sync_api import Page, expect

from livefeed.live import publishing
from livefeed.models import Like, Post
from tests.browser.conftest import expect_posts, wait_until, wait_until_live
from tests.factories import make_post, make_user


def focus(page: Page, selector: str) -> None:
    page.locator(selector).first.focus()


def expect_focus(page: Page, selector: str) -> None:
    """Waits until the element that has the focus matches `selector`."""
    expect(page.locator(":focus")).to_have_count(1)
    wait_until(page, lambda: page.evaluate("(css) => document.activeElement.matches(css)", selector))


def edit(post: Post, body: str) -> None:
    current = Post.objects.get(pk=post.pk)
    current.edit(title="", body=body, seen_version=current.version)


def reload_list(page: Page) -> None:
    """Lets the page replace its list of posts, and waits until it has done so."""
    page.evaluate("Math.random = () => 0")  # many pages would reload at random times
    page.evaluate("document.getElementById('posts').dataset.before = 'yes'")
    publishing.reset_feeds()
    expect(page.locator("#posts:not([data-before])")).to_have_count(1)


def test_the_focus_stays_with_the_control_that_the_user_has_pressed(live_window, cast):
    make_user("ada", name="Ada")
    make_post(cast.stranger, "Of a stranger.")
    page = live_window(cast.author, "/@stranger/")
    for name in ("Follow Stranger", "Unfollow Stranger", "Follow Stranger"):
        with page.expect_response("**/follow/"):
            page.locator("#profile").get_by_role("button", name=name, exact=True).press("Enter")
    expect_focus(page, '#profile [aria-label="Unfollow Stranger"]')
    page.reload()  # after the follows the page reloads its header, which would replace the bell as it is pressed
    wait_until_live(page)
    focus(page, "#profile .bell")
    page.keyboard.press("Enter")
    expect(page.locator("#profile .bell")).to_have_attribute("aria-pressed", "true")
    expect_focus(page, "#profile .bell")
    focus(page, ".post .like")
    page.keyboard.press("Enter")
    wait_until(page, Like.objects.exists)
    expect_focus(page, ".post .like")


def test_the_focus_follows_editing_and_deleting(live_window, cast):
    for number in range(3):
        make_post(cast.author, f"Post {number}.")
    page = live_window(cast.author)
    middle = page.locator("#posts > .post").nth(1)
    post_id = middle.get_attribute("id")
    focus(page, f"#{post_id} .edit")
    page.keyboard.press("Enter")
    expect_focus(page, ".editor textarea")
    page.keyboard.press("Escape")
    expect_focus(page, f"#{post_id} .edit")
    page.keyboard.press("Enter")
    expect_focus(page, ".editor textarea")
    page.locator(".editor textarea").fill("")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Write something first.")).to_be_visible()
    expect_focus(page, ".editor textarea[aria-invalid]")
    page.locator(".editor textarea").fill("Edited.")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.locator(".editor")).to_have_count(0)
    expect_focus(page, f"#{post_id} .edit")
    focus(page, f"#{post_id} .delete")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
    expect_posts(page, "Post 2.", "Post 0.")
    expect_focus(page, ".toast button")
    page.keyboard.press("Enter")
    expect_posts(page, "Post 2.", "Edited.", "Post 0.")
    expect_focus(page, f"#{post_id}")


def test_the_focus_stays_when_posts_change_elsewhere(live_window, cast):
    posts = [make_post(cast.author, f"Post {number}.") for number in range(4)]
    page = live_window(cast.follower)
    second = posts[2]

    focus(page, f"#post-{second.pk} .bookmark")
    edit(second, "Edited.")
    expect_posts(page, "Post 3.", "Edited.", "Post 1.", "Post 0.")
    expect_focus(page, f"#post-{second.pk} .bookmark")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    edit(second, "Edited again.")
    expect_posts(page, "Post 3.", "Edited again.", "Post 1.", "Post 0.")
    page.keyboard.press("Escape")
    expect_focus(page, f"#post-{second.pk}")

    focus(page, f"#post-{second.pk} .bookmark")
    reload_list(page)
    expect_focus(page, f"#post-{second.pk} .bookmark")

    Post.objects.get(pk=second.pk).remove()
    expect_posts(page, "Post 3.", "Post 1.", "Post 0.")
    expect_focus(page, f"#post-{posts[1].pk}")

    for post in (posts[0], posts[1], posts[3]):
        Post.objects.get(pk=post.pk).remove()
    expect_posts(page)
    expect_focus(page, "#posts")


def test_the_pill_leads_to_the_newest_post_also_on_another_page(live_window, cast):
    posts = [make_post(cast.author, f"Post {number}.") for number in range(25)]
    page = live_window(cast.follower, f"/?before={posts[-1].sort_key}")
    news = make_post(cast.author, "News.")
    page.get_by_role("button", name="1 new post").press("Enter")
    expect_focus(page, f"#post-{news.pk}")


def test_caret_and_selection_stay_in_an_editor_whose_post_changes_elsewhere(live_window, cast):
    post = make_post(cast.author, "\n".join("line" for _ in range(60)))
    page = live_window(cast.author)
    page.get_by_role("link", name="Edit").press("Enter")
    expect_focus(page, ".editor textarea")
    field = page.locator(".editor textarea")
    field.evaluate("(field) => { field.setSelectionRange(10, 14); field.scrollTop = 80; }")
    read = "(field) => [field.selectionStart, field.selectionEnd, Math.round(field.scrollTop)]"
    before = field.evaluate(read)
    edit(post, "Edited elsewhere.")
    expect_posts(page, "Edited elsewhere.")
    expect_focus(page, ".editor textarea")
    assert field.evaluate(read) == before
    reload_list(page)
    expect_focus(page, ".editor textarea")
    assert field.evaluate(read) == before
