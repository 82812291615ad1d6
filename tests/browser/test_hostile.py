"""Hostile texts in a real page: by push, by catch-up and by loading. Nothing runs and nothing else is swapped."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import live, shows, write
from tests.factories import make_post
from tests.live.test_hostile import HOSTILE


def test_it_is_shown_as_text_by_push_catch_up_and_page(window, cast):
    cast.author.name = "<img src=x onerror=alert(1)>"
    cast.author.save()
    pushed = guarded(live(window(cast.follower)))
    away = guarded(live(window(cast.follower)))
    away.context.set_offline(True)
    for text in HOSTILE:
        make_post(cast.author, f"{text} end", title=text)
    away.context.set_offline(False)

    expected = [f"{text} end".replace("\n", " ") for text in reversed(HOSTILE)]
    for page in (pushed, live(away), guarded(window(cast.follower))):
        shows(page, *expected)
        expect(page.locator("#posts > *")).to_have_count(len(HOSTILE))
        expect(
            page.locator("#posts :is(script, img, b, hx-partial, [onload], [hx-trigger], [hx-swap-oob])")
        ).to_have_count(0)
        expect(page.locator("#composer")).to_have_count(1)


def test_what_the_composer_sends_comes_back_as_text(window, cast):
    page = guarded(live(window(cast.author)))
    for text in HOSTILE[:4]:
        write(page, text)
        expect(page.locator(".post-body").first).to_have_text(text)


def guarded(page: Page) -> Page:
    """Lets any script that runs fail the test: dialogs are what the hostile texts try."""
    page.on("dialog", lambda dialog: (_ for _ in ()).throw(AssertionError(dialog.message)))
    return page
