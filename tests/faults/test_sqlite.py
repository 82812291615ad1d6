"""Eight processes that write one SQLite file, and are killed while they do."""

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

from tests.faults.conftest import full_or
from tests.stack.servers import ROOT

WRITERS = 8
POSTS = full_or(25, 1_000)
"""Of each writer."""
KILLS = full_or(3, 20)
PATIENCE = 600
"""Seconds for all of it."""


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """The database after the writers are done, and what they said."""
    path = tmp_path / "written.sqlite3"
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{path}", "DJANGO_SETTINGS_MODULE": "livefeed.settings"}
    command = [sys.executable, "-m", "tests.faults.sqlite_writers", *map(str, (WRITERS, POSTS, KILLS))]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE
    )
    return path, json.loads(done.stdout)


@pytest.fixture
def ask(written) -> Iterator[Callable[[str], list[int | str]]]:
    """Asks the database; returns the first column."""
    with closing(sqlite3.connect(written[0])) as database:
        yield lambda query: [row[0] for row in database.execute(query)]


def test_nothing_is_locked_or_broken_or_lost_when_writers_are_killed(written, ask):
    _, said = written
    posts = ask("SELECT id FROM livefeed_post ORDER BY id")

    assert said["failed"] == []
    assert said["killed"] == KILLS
    assert ask("PRAGMA integrity_check") == ["ok"]
    assert ask("PRAGMA foreign_key_check") == []
    assert set(said["posted"]) <= set(posts)
    assert WRITERS * POSTS == len(said["posted"]) <= len(posts) <= len(said["posted"]) + KILLS
    assert ask("SELECT subject_id FROM livefeed_event WHERE kind = 'post.created' ORDER BY position") == posts
    print(f"{len(posts)} posts by {WRITERS} writers, {KILLS} killed: 0 locked, 0 lost, integrity_check ok")
