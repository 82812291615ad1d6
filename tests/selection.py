"""Chooses which tests run in which part of `bin/test`, by markers that conftest.py adds.

`python -m tests.selection` prints the paths of those that run on PostgreSQL: to collect all tests takes seconds.

By default a test runs once, on SQLite with the in-memory channel layer. This file lists the exceptions.
"""

import os
from collections.abc import Iterable

import pytest

FULL = os.environ.get("LIVEFEED_FAULTS") == "full"
"""True under `bin/test --full` and `bin/bench --faults`: every repetition, variant and generated example."""

ON_BOTH = (
    # The order of the log, replays, and processes that are killed.
    "tests/faults/test_commit_order.py",
    "tests/faults/test_killed.py",
    "tests/faults/test_replay_rows.py",
    "tests/live/test_newlog.py",
    # An app of others, from its forms to pages and programs.
    "tests/live/test_links.py",
    "tests/live/test_links_served.py",
    # SQL that is written for each database, constraints, locks, and concurrent writers.
    "tests/models/test_announcement.py",
    "tests/models/test_compiled.py",
    "tests/models/test_counts.py",
    "tests/models/test_event.py",
    "tests/models/test_follow.py",
    "tests/models/test_notification.py",
    "tests/models/test_poll.py",
    "tests/models/test_post_order.py",
    "tests/models/test_reaction.py",
    "tests/models/test_reply.py",
    "tests/models/test_search.py",
    "tests/models/test_session.py",
    "tests/models/test_tag_migration.py",
    "tests/models/test_trends.py",
    "tests/models/test_user.py",
    "tests/views/test_rate_limits.py",
)
"""Runs on SQLite and again on PostgreSQL with Redis. `bin/test --full` repeats more: REPEATED_IN_FULL, and the tests in
the browser that are marked `both` themselves."""

PARTLY_ON_BOTH = (
    "tests/live/test_bulk.py",
    "tests/models/test_picture.py",
    "tests/models/test_window.py",
    "tests/views/test_hostile.py",
)
"""The tests in these files that are marked `both` themselves run on both databases: those of SQL, constraints and locks
that are different there."""

REPEATED_IN_FULL = (
    "tests/faults/",
    "tests/live/",
    "tests/models/",
    "tests/views/test_hostile.py",
    "tests/browser/test_rights.py",
)
"""Runs on both databases under `bin/test --full`."""

ONLY_ON_POSTGRESQL = (
    "tests/live/test_serve.py",  # workers, and the launcher as operators run it
    "tests/live/test_site.py",  # posts of another process
    "tests/faults/test_layer.py",  # several sites and a Redis that fails
    "tests/faults/test_write_paths.py",  # each way to write, which is the same for both databases
)
"""Runs only on PostgreSQL with Redis: what it tests involves several processes."""

ONLY_ON_SQLITE = ("tests/faults/test_sqlite.py", "tests/faults/test_slow_readers.py", "tests/live/test_proxy.py")
"""Never repeated: they test SQLite itself, or nothing that reaches the database."""

STARTS_SERVERS = (
    "tests/browser/",
    "tests/faults/",
    "tests/live/test_documented_app.py",
    "tests/live/test_documented_client.py",
    "tests/live/test_proxy.py",
    "tests/live/test_serve.py",
    "tests/live/test_site.py",
    "tests/upgrades/",
)
"""Left out by `bin/test --fast`, like every test that uses a site."""

SLOW = (
    "tests/accounts/test_devices.py",
    "tests/accounts/test_welcome_mail.py",
    "tests/commands/",
    "tests/content/test_conversion.py",
    "tests/live/test_hostile.py",
    "tests/live/test_replay.py",
    "tests/live/test_rights.py",
    "tests/live/test_rights_joining.py",
    "tests/live/test_rights_streaming.py",
    "tests/models/test_counts.py",
    "tests/models/test_picture.py",
    "tests/models/test_search.py",
    "tests/models/test_window.py",
    "tests/tasks/test_worker.py",
    "tests/views/test_activation.py",
    "tests/views/test_admin.py",
    "tests/views/test_cache.py",
    "tests/views/test_fragment.py",
    "tests/views/test_hidden_ids.py",
    "tests/views/test_hostile.py",
    "tests/views/test_openid.py",
    "tests/views/test_passkeys.py",
    "tests/views/test_pictures.py",
    "tests/views/test_queries.py",
    "tests/views/test_rate_limits.py",
    "tests/views/test_safety.py",
    "tests/views/test_two_step.py",
)
"""Left out by `bin/test --fast`: large tables of cases, and tests of processes, pictures and demo data."""


def on_both() -> tuple[str, ...]:
    """Returns the paths of which all tests run on both databases, except ONLY_ON_SQLITE."""
    return ON_BOTH + REPEATED_IN_FULL if FULL else ON_BOTH


def add_markers(items: Iterable[pytest.Item]) -> None:
    """Adds the markers `both`, `postgresql`, `server` and `slow` to tests; `pyproject.toml` describes them."""
    for item in items:
        if item.nodeid.startswith(ONLY_ON_POSTGRESQL):
            item.add_marker(pytest.mark.postgresql)
        elif item.nodeid.startswith(on_both()) and not item.nodeid.startswith(ONLY_ON_SQLITE):
            item.add_marker(pytest.mark.both)
        if item.nodeid.startswith(STARTS_SERVERS) or uses_a_site(item):
            item.add_marker(pytest.mark.server)
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


def uses_a_site(item: pytest.Item) -> bool:
    """True if a fixture of the test starts a server."""
    return isinstance(item, pytest.Function) and "running_site" in item.fixturenames


def deselect_full(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out tests that are marked `full`, unless all variants were asked for."""
    if FULL:
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


if __name__ == "__main__":
    paths = on_both() + PARTLY_ON_BOTH + ONLY_ON_POSTGRESQL
    print(*(path for path in paths if not path.startswith("tests/browser/")))
