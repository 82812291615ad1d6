"""A database created by the code of commit 08d97f3 works with the current code: its rows, session and queued tasks."""

import json
import os
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.stack.servers import ROOT, Site

DUMP = Path(__file__).with_name("old_database.sql")
READER_SESSION = "sfxcg6faamuu6es86iy85jyfl5m181lh"
CURSOR = 4
"""Position before the first event of a post."""


@dataclass
class OldInstallation:
    """The old database in `folder`, migrated by the current code, and the environment of its processes."""

    folder: Path
    environment: dict[str, str]

    @property
    def database(self) -> Path:
        return self.folder / "old.sqlite3"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql).fetchall()

    def manage(self, *arguments: str) -> str:
        """Runs a management command and returns its output."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> OldInstallation:
    """The installation that both tests use one after the other: a migration takes seconds."""
    folder = tmp_path_factory.mktemp("old")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "livefeed.settings",
        "SECRET_KEY": "for-tests-only",
        "DATABASE_URL": f"sqlite:///{folder / 'old.sqlite3'}",
        "LIVEFEED_MEDIA_DIR": str(folder / "media"),
        "EMAIL_URL": "consolemail://",
    }
    installation = OldInstallation(folder, environment)
    with closing(sqlite3.connect(installation.database)) as connection:
        connection.executescript(DUMP.read_text())
    installation.manage("migrate", "--verbosity", "0")
    return installation


def test_queued_tasks_of_every_kind_run(installation):
    """Rows of queued tasks name functions by dotted path: renamed or moved tasks must stay importable."""
    paths = installation.query("SELECT task_path FROM django_tasks_database_dbtaskresult")
    assert len(set(paths)) == 7

    output = installation.manage("db_worker", "--batch")

    statuses = installation.query("SELECT task_path, status FROM django_tasks_database_dbtaskresult")
    assert {status for _, status in statuses} == {"SUCCESSFUL"}, f"{statuses}\n{output}"
    assert output.count("To: waiting@example.org") == 2
    assert output.count("To: author@example.org") == 2
    assert "Subject: Old subject" in output
    assert len(list(installation.folder.glob("media/exports/*.zip"))) == 1
    assert installation.query("SELECT count(*) FROM livefeed_user WHERE username = 'leaving'") == [(0,)]
    assert installation.query("SELECT count(*) FROM livefeed_notification WHERE kind = 'posted'") == [(1,)]


def test_the_old_session_shows_the_old_posts_and_old_cursors_are_valid(installation):
    site = Site(installation.environment, installation.folder)
    site.start()
    try:
        for path in ("/", "/search/?q=old"):
            page = read_page(f"{site.url}{path}")
            assert "@reader" in page
            for text in (
                "Old Title",
                "An old post for followers.",
                "An old reply to",
                "An old post with a notification.",
            ):
                assert text in page
            assert "A removed post." not in page
        for view, posts in {"home": [1, 2, 3, 5], "user:author": [1, 2, 5], "post:1": [1, 3]}.items():
            frames = json.loads(read_page(f"{site.url}/ws/feed/?view={view}&after={CURSOR}&wait=0"))
            shown = [frame["id"] for frame in frames if frame["type"] == "post.created"]
            assert shown == posts, view
    finally:
        site.stop()


def read_page(url: str) -> str:
    request = urllib.request.Request(url, headers={"Cookie": f"livefeed_session={READER_SESSION}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text: str = answer.read().decode()
    return text
