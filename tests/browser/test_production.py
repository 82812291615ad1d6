"""The site with the settings of production and collected static files."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import expect_posts
from tests.conftest import database_url
from tests.factories import make_post
from tests.stack.servers import Site

MAX_BYTES = 36_000
"""Size of our own style sheet and script together, compressed by Brotli."""
STATIC_FILES = {"css/livefeed.css", "js/livefeed.js", "vendor/htmx.min.js", "icons.svg"}
"""All static files that a page loads, apart from the favicon."""
LOADED = "performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)"
HASH = re.compile(r"(?<=\.)[0-9a-f]{12}\.")


@pytest.fixture
def site(transactional_db, tmp_path: Path):
    """A server with the settings of production, in place of the one that all other tests share."""
    environment = {
        **os.environ,
        "BENCH_STATIC": str(tmp_path / "static"),
        "DATABASE_URL": database_url(),
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "SECRET_KEY": "for this test alone, and long enough for Django not to complain",
    }
    # The admin's files are not loaded here, and their compression takes most of the time.
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0", "--ignore", "admin"]
    subprocess.run(collect, env=environment, check=True)
    site = Site(environment, tmp_path)
    site.start()
    yield site
    site.stop()


def test_static_files_are_small_and_the_site_works(cast, site, live_window, tmp_path):
    sizes = {
        file.name: file.stat().st_size for kind in ("css", "js") for file in (tmp_path / "static" / kind).glob("*.br")
    }
    hashed = [size for name, size in sizes.items() if HASH.search(name)]
    assert len(hashed) == 2
    assert sum(hashed) < MAX_BYTES
    make_post(cast.author, "Before.")
    page = live_window(path="/")
    loaded = {path for path in page.evaluate(LOADED) if path.startswith("/static/")}
    assert all(HASH.search(path) for path in loaded)
    assert {HASH.sub("", path).removeprefix("/static/") for path in loaded} == STATIC_FILES
    expect_posts(page, "Before.")
    make_post(cast.author, "News.")
    expect_posts(page, "News.", "Before.")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
