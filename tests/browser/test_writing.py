"""Writing in the browser: Markdown, the preview, the audience, drafts and tags."""

from playwright.sync_api import expect

from tests.browser.conftest import SIZES, expect_posts, follow_link, sign_in, wait_until_live, write_post
from tests.factories import make_post


@SIZES
def test_a_text_is_previewed_and_then_shown_with_its_markdown(live_window, cast, size):
    page, follower = live_window(cast.author, **size), live_window(cast.follower)
    page.get_by_label("Title").fill("a title")
    page.get_by_label("Post", exact=True).fill("**Bold**, see example.org")
    page.locator("#composer").get_by_role("button", name="Preview").click()
    preview = page.locator(".composer-preview")
    expect(preview.locator("strong")).to_have_text("Bold")
    expect(preview.get_by_role("link", name="example.org")).to_have_attribute("href", "https://example.org")
    expect(preview.get_by_role("heading")).to_have_text("a title")
    page.get_by_label("Title").press_sequentially("!")
    expect(preview).to_be_empty()
    page.locator("#composer").get_by_role("button", name="Post").click()
    for open_page in (page, follower):
        expect(open_page.locator(".post-body strong")).to_have_text("Bold")


@SIZES
def test_a_post_for_followers_reaches_only_followers(live_window, cast, size):
    author, follower = live_window(cast.author, **size), live_window(cast.follower, **size)
    stranger, visitor = live_window(cast.stranger, "/@author/"), live_window(None, "/@author/")
    author.get_by_label("Who may see it").select_option(label="Followers")
    write_post(author, "Only for you.")
    expect(author.get_by_label("Who may see it")).to_have_value("public")  # the choice applies to one post
    for page in (author, follower):
        expect_posts(page, "Only for you.")
        expect(page.get_by_title("Only followers see this")).to_be_visible()
    make_post(cast.author, "For all.")
    for page in (stranger, visitor):
        expect_posts(page, "For all.")


def test_an_edit_from_a_page_with_an_outdated_token_can_be_sent_again(live_window, cast):
    make_post(cast.author, "Before.")
    page = live_window(cast.author)
    page.get_by_role("link", name="Edit").click()
    page.locator(".editor .composer-body").fill("After.")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This page was out of date, so nothing was changed. Try again.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect_posts(page, "After.")


@SIZES
def test_a_draft_survives_the_page_and_belongs_to_one_user_and_place(live_window, cast, size):
    post = make_post(cast.author, "Who brings bread?")
    page = live_window(cast.follower, **size)
    page.get_by_label("Title").fill("A title")
    page.get_by_label("Post", exact=True).fill("Half a thought")
    page.get_by_label("Who may see it").select_option(label="Followers")
    page.goto(f"/posts/{post.pk}/")
    expect(page.get_by_label("Post", exact=True)).to_have_value("")
    page.get_by_label("Post", exact=True).fill("Half a reply")
    new_page = page.context.new_page()
    page.close(run_before_unload=False)
    new_page.goto("/")
    expect(new_page.get_by_label("Post", exact=True)).to_have_value("Half a thought")
    expect(new_page.get_by_label("Title")).to_have_value("A title")
    expect(new_page.get_by_label("Who may see it")).to_have_value("followers")
    sign_in(new_page.context, cast.stranger, new_page.url.removesuffix("/"))
    new_page.reload()
    expect(new_page.get_by_label("Post", exact=True)).to_have_value("")
    sign_in(new_page.context, cast.follower, new_page.url.removesuffix("/"))
    new_page.reload()
    wait_until_live(new_page)
    new_page.locator("#composer").get_by_role("button", name="Post").click()
    expect(new_page.get_by_label("Post", exact=True)).to_have_value("")
    new_page.reload()
    expect(new_page.get_by_label("Post", exact=True)).to_have_value("")
    new_page.goto(f"/posts/{post.pk}/")
    expect(new_page.get_by_label("Post", exact=True)).to_have_value("Half a reply")
    for name in ("Discard draft", "Reply"):
        expect(new_page.locator("#composer").get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    new_page.get_by_role("button", name="Discard draft").click()
    expect(new_page.get_by_label("Post", exact=True)).to_be_focused()
    new_page.reload()
    expect(new_page.get_by_label("Post", exact=True)).to_have_value("")
    expect(new_page.get_by_role("button", name="Discard draft")).to_be_hidden()


def test_a_tags_page_is_live(live_window, cast):
    make_post(cast.author, "Roses. #Garden")
    page = live_window(None, "/explore/")
    follow_link(page, page.locator(".post").get_by_role("link", name="#Garden"))
    expect(page.get_by_role("heading", name="#garden")).to_be_visible()
    expect_posts(page, "Roses. #Garden")
    make_post(cast.stranger, "Not here.")
    make_post(cast.stranger, "Beans. #GARDEN")
    expect_posts(page, "Beans. #GARDEN", "Roses. #Garden")
