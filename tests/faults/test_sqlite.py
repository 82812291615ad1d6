"""Eight processes that write to one SQLite file and are killed meanwhile."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.faults.conftest import full_or
from tests.stack.servers import ROOT

WRITERS = 8
POSTS = full_or(25, 1_000)
"""Posts of each writer."""
KILLS = full_or(3, 20)
TIMEOUT = 600
"""Seconds for all writers."""


@pytest.fixture
def written(tmp_path: Path, django_db_setup: None) -> tuple[Path, dict[str, Any]]:
    """The database after the writers are done, and their reports."""
    path = tmp_path / "written.sqlite3"
    if connection.vendor == "sqlite":  # else the writers migrate it, which takes longer
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as migrated:
            migrated.execute("VACUUM INTO ?", [str(path)])
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{path}", "DJANGO_SETTINGS_MODULE": "livefeed.settings"}
    command = [sys.executable, "-m", "tests.faults.sqlite_writers", *map(str, (WRITERS, POSTS, KILLS))]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=TIMEOUT
    )
    return path, json.loads(done.stdout)


@pytest.fixture
def query(written) -> Iterator[Callable[[str], list[int | str]]]:
    """Runs a query; returns the first column."""
    with closing(sqlite3.connect(written[0])) as database:
        yield lambda query: [row[0] for row in database.execute(query)]


def test_killed_writers_leave_no_lock_no_damage_and_lose_no_post(written, query):
    _, report = written
    posts = query("SELECT id FROM livefeed_post ORDER BY id")

    assert report["failed"] == []
    assert report["killed"] == KILLS
    assert query("PRAGMA integrity_check") == ["ok"]
    assert query("PRAGMA foreign_key_check") == []
    assert set(report["posted"]) <= set(posts)
    assert WRITERS * POSTS == len(report["posted"]) <= len(posts) <= len(report["posted"]) + KILLS
    assert query("SELECT subject_id FROM livefeed_event WHERE kind = 'post.created' ORDER BY position") == posts
    print(f"{len(posts)} posts by {WRITERS} writers, {KILLS} killed: 0 locked, 0 lost, integrity_check ok")
