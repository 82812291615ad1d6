"""Pictures in the browser: choosing, dropping, pasting, describing, posting and editing them, and live updates."""

import base64
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Request, Route, expect

from livefeed.models import Picture, Post
from tests import image_files
from tests.browser.conftest import SIZES, expect_posts, wait_until
from tests.factories import make_post


def file_payload(content: bytes, name: str = "picture.jpg", kind: str = "image/jpeg") -> Any:
    return {"name": name, "mimeType": kind, "buffer": content}


def choose_pictures(page: Page, *contents: bytes) -> None:
    page.locator("#composer [data-pictures]").set_input_files([file_payload(content) for content in contents])


def expect_attached(page: Page, count: int) -> None:
    """Waits until the composer contains `count` uploaded pictures."""
    expect(page.locator("#composer .attached[data-picture]")).to_have_count(count)


def expect_picture_loaded(page: Page) -> None:
    """Scrolls to the page's first picture and waits until it is loaded."""
    page.locator(".picture img").first.scroll_into_view_if_needed()
    expect(page.locator(".picture img").first).not_to_have_js_property("naturalWidth", 0)


@SIZES
def test_a_post_with_pictures_is_live_with_its_descriptions(live_window, cast, size):
    page = live_window(cast.author, **size)
    follower, stranger = live_window(cast.follower, **size), live_window(cast.stranger)
    choose_pictures(page, image_files.jpeg((640, 480)), image_files.moving_gif())
    expect_attached(page, 2)
    page.get_by_label("Picture description").first.fill("A blue field.")
    page.get_by_label("Post", exact=True).fill("Look.")
    page.get_by_role("button", name="Post", exact=True).click()
    for open_page in (page, follower):
        expect_posts(open_page, "Look.")
        expect(open_page.get_by_role("img", name="A blue field.")).to_have_count(1)
        expect_picture_loaded(open_page)
    expect_posts(stranger)
    expect_attached(page, 0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert Post.objects.get().pictures_count == 2


def test_pictures_are_dropped_and_pasted(live_window, cast):
    page = live_window(cast.author)
    for kind in ("drop", "paste"):
        page.evaluate(
            """([kind, content]) => {
                const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
                const data = new DataTransfer();
                data.items.add(new File([bytes], "picture.jpg", { type: "image/jpeg" }));
                const options = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
                const event = kind === "drop" ? new DragEvent("drop", options) : new ClipboardEvent("paste", options);
                document.querySelector("#composer-body").dispatchEvent(event);
            }""",
            [kind, base64.b64encode(image_files.jpeg()).decode()],
        )
    expect_attached(page, 2)


def test_a_picture_alone_is_a_post(live_window, cast):
    page = live_window(cast.author)
    choose_pictures(page, image_files.jpeg())
    expect_attached(page, 1)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("#posts .picture")).to_have_count(1)


def test_a_post_cannot_be_sent_during_an_upload_whose_progress_is_shown(live_window, cast):
    page = live_window(cast.author)
    held: list[Route] = []
    page.route("**/pictures/", lambda route: held.append(route))
    choose_pictures(page, image_files.jpeg())
    wait_until(page, lambda: held)
    expect(page.get_by_role("progressbar", name="Uploading")).to_be_visible()
    expect(page.get_by_role("button", name="Post", exact=True)).to_be_disabled()
    held[0].continue_()
    expect_attached(page, 1)
    expect(page.get_by_role("button", name="Post", exact=True)).to_be_enabled()


def test_a_file_that_cannot_be_a_picture_of_the_post_shows_the_reason(live_window, cast, tmp_path: Path):
    page = live_window(cast.author)
    contents = {
        "drawing.svg": image_files.SVG,
        "large.jpg": image_files.jpeg() + bytes(10 * 1024 * 1024),
        "script.jpg": image_files.jpeg() + b"<script>alert(1)</script>",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    page.locator("#composer [data-pictures]").set_input_files([tmp_path / name for name in contents])
    for message in (
        "this file is none of them",
        "too large. The limit is 10 MB",
        "a picture and something else in one",
    ):
        expect(page.get_by_text(message)).to_be_visible()
    expect(page.get_by_role("button", name="Post", exact=True)).to_be_enabled()
    choose_pictures(page, *[image_files.jpeg()] * 5)
    expect_attached(page, 4)
    expect(page.get_by_text("A post can have up to 4 pictures.")).to_be_visible()
    assert Picture.objects.count() == 4


def test_a_rejected_picture_does_not_count_and_is_not_dropped_without_asking(live_window, cast):
    page, follower = live_window(cast.author), live_window(cast.follower)
    rejected = [image_files.jpeg() + b"<script>alert(1)</script>"] * 2
    choose_pictures(page, *rejected, *[image_files.jpeg()] * 4)
    expect_attached(page, 4)
    page.get_by_label("Post", exact=True).fill("Look.")
    page.get_by_label("Post", exact=True).press("Control+Enter")
    expect(page.get_by_text("2 pictures were not added. Post without them?")).to_be_visible()
    page.get_by_role("button", name="Keep editing").click()
    expect(page.get_by_text("were not added")).to_have_count(0)
    assert not Post.objects.exists()
    page.get_by_role("button", name="Post", exact=True).click()
    page.get_by_role("button", name="Post without them").click()
    expect_posts(follower, "Look.")
    assert Post.objects.get().pictures_count == 4


def test_an_edit_asks_too_before_it_is_saved_without_a_picture(live_window, cast):
    page = live_window(cast.author)
    page.get_by_label("Post", exact=True).fill("Before.")
    page.get_by_role("button", name="Post", exact=True).click()
    page.get_by_role("link", name="Edit").click()
    editor = page.locator(".editor")
    editor.locator("[data-pictures]").set_input_files([file_payload(image_files.SVG, "drawing.svg", "image/svg+xml")])
    editor.locator(".composer-body").fill("After.")
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_text("1 picture was not added. Save without it?")).to_be_visible()
    editor.get_by_role("button", name="Save without it").click()
    expect_posts(page, "After.")


def test_a_post_is_not_sent_by_the_keyboard_during_an_upload(live_window, cast):
    page = live_window(cast.author)
    held: list[Route] = []
    page.route("**/pictures/", lambda route: held.append(route))
    choose_pictures(page, image_files.jpeg())
    wait_until(page, lambda: held)
    page.get_by_label("Post", exact=True).fill("Look.")
    page.get_by_label("Post", exact=True).press("Control+Enter")
    held[0].continue_()
    expect_attached(page, 1)
    expect(page.get_by_label("Post", exact=True)).to_have_value("Look.")
    page.get_by_label("Post", exact=True).press("Control+Enter")
    expect(page.locator("#posts .picture")).to_have_count(1)


def test_pictures_are_uploaded_in_turn_and_again_if_the_server_is_busy(live_window, cast):
    page = live_window(cast.author)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/pictures/") else None)
    notice = '<p class="notice">Try again.</p>'
    busy = {"status": 429, "headers": {"Retry-After": "1"}, "body": notice}
    page.route("**/pictures/", lambda route: route.fulfill(**busy), times=1)
    choose_pictures(page, image_files.jpeg(), image_files.jpeg(), image_files.jpeg())
    expect_attached(page, 3)
    assert len(sent) == 4  # the server refuses concurrent uploads, which would have been repeated


def test_a_picture_over_the_limit_of_the_hour_shows_the_time_to_wait(live_window, cast):
    page = live_window(cast.author)
    notice = '<p class="notice">You have uploaded many large pictures. Try again in 24 minutes.</p>'
    page.route("**/pictures/", lambda route: route.fulfill(status=429, headers={"Retry-After": "1440"}, body=notice))
    choose_pictures(page, image_files.jpeg())
    expect(page.get_by_text("Try again in 24 minutes.")).to_be_visible()
    page.unroute("**/pictures/")
    page.get_by_role("button", name="Try again").click()
    expect_attached(page, 1)


def test_a_failed_upload_is_retried(live_window, cast):
    page = live_window(cast.author)
    page.route("**/pictures/", lambda route: route.abort())
    choose_pictures(page, image_files.jpeg())
    expect(page.get_by_text("Try again in a moment")).to_be_visible()
    page.unroute("**/pictures/")
    page.get_by_role("button", name="Try again").click()
    expect_attached(page, 1)


def test_an_upload_that_did_not_reach_the_server_is_repeated_after_reconnecting(live_window, cast):
    page = live_window(cast.author)
    page.context.set_offline(True)
    choose_pictures(page, image_files.jpeg())
    expect(page.get_by_text("That did not reach the server.")).to_be_visible()
    page.context.set_offline(False)
    expect_attached(page, 1)
    expect(page.get_by_text("That did not reach the server.")).to_have_count(0)


def test_an_upload_after_a_sign_out_asks_to_sign_in_and_keeps_the_text(live_window, cast):
    page = live_window(cast.author)
    page.get_by_label("Post", exact=True).fill("Look.")
    page.route("**/pictures/", lambda route: route.fulfill(status=401, headers={"HX-Redirect": "/"}), times=1)
    choose_pictures(page, image_files.jpeg())
    expect(page.get_by_text("You are signed out. Sign in in another tab, then try again")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect_attached(page, 1)
    expect(page.get_by_label("Post", exact=True)).to_have_value("Look.")


def test_pictures_are_part_of_the_draft(live_window, cast):
    page = live_window(cast.author)
    choose_pictures(page, image_files.jpeg())
    expect_attached(page, 1)
    page.get_by_label("Picture description").fill("Half written")
    page.reload()
    expect_attached(page, 1)
    expect(page.get_by_label("Picture description")).to_have_value("Half written")
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        page.get_by_role("button", name="Discard draft").click()
    expect_attached(page, 0)
    assert not Picture.objects.exists()


@SIZES
def test_the_editor_changes_descriptions_and_pictures(live_window, cast, size):
    page, follower = live_window(cast.author, **size), live_window(cast.follower)
    choose_pictures(page, image_files.jpeg(), image_files.jpeg(color="#aa3300"))
    expect_attached(page, 2)
    page.get_by_label("Post", exact=True).fill("Look.")
    page.get_by_role("button", name="Post", exact=True).click()
    expect_posts(follower, "Look.")
    page.get_by_role("link", name="Edit").click()
    editor = page.locator(".editor")
    expect(editor.locator(".attached")).to_have_count(2)
    editor.get_by_role("button", name="Remove").first.click()
    editor.get_by_label("Picture description").fill("What is left.")
    editor.get_by_role("button", name="Save").click()
    for open_page in (page, follower):
        expect(open_page.locator("#posts .picture")).to_have_count(1)
        expect(open_page.get_by_role("img", name="What is left.")).to_have_count(1)
    assert Picture.objects.count() == 1


def test_a_picture_for_followers_is_served_only_to_followers(window, live_window, cast, site):
    author = live_window(cast.author)
    author.get_by_label("Who may see it").select_option("Followers")
    choose_pictures(author, image_files.jpeg())
    expect_attached(author, 1)
    author.get_by_role("button", name="Post", exact=True).click()
    expect(author.locator("#posts .picture")).to_have_count(1)
    address = Picture.objects.get().large
    for user, status in ((cast.follower, 200), (cast.stranger, 404), (None, 404)):
        assert window(user).request.get(f"{site.url}{address}").status == status


def test_pictures_are_posted_without_javascript(window, cast, tmp_path: Path):
    (tmp_path / "picture.jpg").write_bytes(image_files.jpeg())
    page = window(cast.author, java_script_enabled=False)
    page.get_by_label("Post", exact=True).fill("Look.")
    page.get_by_role("button", name="Pictures").set_input_files(tmp_path / "picture.jpg")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator(".picture img")).to_have_count(1)
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Remove").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".post-body")).to_have_text("Look.")
    assert not Picture.objects.exists()


def test_a_draft_with_a_missing_picture_is_restored_and_says_so(live_window, cast):
    make_post(cast.author)
    page = live_window(cast.author)
    page.evaluate(
        """author => localStorage.setItem(`livefeed-draft:${author}:new`, JSON.stringify({ title: "", body: "Kept.",
        audience: "public", pictures: [{ id: "00000000-0000-0000-0000-000000000000", description: "" }] }))""",
        cast.author.pk,
    )
    page.reload()
    expect(page.get_by_label("Post", exact=True)).to_have_value("Kept.")
    expect_attached(page, 0)
    expect(page.get_by_text("This picture does not exist any more.")).to_be_visible()
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_text("1 picture was not added. Post without it?")).to_be_visible()
