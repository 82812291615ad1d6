"""Screenshots of the main pages: `python -m tests.screenshots [FOLDER]`, by default into docs/images/.

Starts a temporary site with the demo data, signs in as one of its users, and removes the site afterwards.
"""

import os
import subprocess
import sys
from io import BytesIO
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests import needs
from tests.stack.servers import Site

READER, PASSWORD = "demo", "livefeed-demo"  # printed by `manage.py demo`
IMAGES = Path(__file__).parent.parent / "docs" / "images"
SIZES = {"desk": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}
SCHEMES = "light", "dark"
PAGES = {
    "home": "/",
    "explore": "/explore/",
    "search": "/search/?q=tea",
    "thread": "",
    "profile": "/@mara/",
    "notifications": "/notifications/",
    "settings": "/settings/profile/",
}
WEBP_QUALITY = 82
"""Of 100."""
CHROMIUM_FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


def main(folder: Path = IMAGES) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="livefeed-screenshots-") as temporary_folder:
        site = Site(environment(Path(temporary_folder)), Path(temporary_folder))
        manage(site, "migrate", "-v", "0")
        manage(site, "demo")
        site.start()
        try:
            take_all(site, folder)
        finally:
            site.stop()


def environment(folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return inherited | {
        "DATABASE_URL": f"sqlite:///{folder}/livefeed.sqlite3",
        "LIVEFEED_MEDIA_DIR": f"{folder}/media",
        "DEBUG": "1",
    }


def manage(site: Site, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments], env=site._environment, check=True, stdout=subprocess.DEVNULL
    )


def take_all(site: Site, folder: Path) -> None:
    flags = [*CHROMIUM_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=needs.chromium(), args=flags)
        for (size, viewport), scheme in product(SIZES.items(), SCHEMES):
            page = signed_in(browser, site, viewport=viewport, color_scheme=scheme, device_scale_factor=1.5)
            for name, path in PAGES.items():
                page.goto(path or thread(page))
                page.wait_for_load_state("networkidle")
                save(page, folder / f"{name}-{size}-{scheme}.webp")
            page.context.close()
        take_trace(signed_in(browser, site, viewport=SIZES["desk"], color_scheme="light"), folder)
        browser.close()


def take_trace(page: Page, folder: Path) -> None:
    """Posts, and takes the picture of docs/signals.md: the path of the post."""
    for text in (*["Good morning."] * 5, "A pot of #tea for @mara"):  # the first ones fill the caches
        page.goto("/")
        page.locator("[name=body]").first.fill(text)
        with page.expect_response("**/posts/"):
            page.keyboard.press("Control+Enter")
    page.goto("/admin/live/?q=pot of")
    page.locator(".trace a").first.click()
    page.wait_for_load_state("networkidle")
    save(page, folder / "trace-desk-light.webp", full_page=True)


def signed_in(browser: Browser, site: Site, **options: object) -> Page:
    page = browser.new_context(base_url=site.url, **options).new_page()  # type: ignore[arg-type]
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(READER)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("/")
    return page


def thread(page: Page) -> str:
    """Returns the path of the post with the most replies on the first page of Explore."""
    page.goto("/explore/")
    count = "Number(post.querySelector('[data-count=replies]').textContent)"
    script = f"(posts) => posts.map((post) => [{count}, post.dataset.post])"
    counts = page.locator("#posts > .post").evaluate_all(script)
    return f"/posts/{max(counts)[1]}/"


def save(page: Page, file: Path, *, full_page: bool = False) -> None:
    Image.open(BytesIO(page.screenshot(animations="disabled", full_page=full_page))).save(
        file, quality=WEBP_QUALITY, method=6
    )
    print(file)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
