"""Fixtures for all tests."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from livefeed.content import trends
from livefeed.live import publishing
from tests import selection
from tests.factories import Cast, make_cast
from tests.stack.servers import Site

pytest_plugins = ["tests.database"]
FILLED_BY_MIGRATE = {"django_content_type", "auth_permission"}
"""Tables whose rows are created by `migrate` and are the same for every test."""
_numbers = count()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    selection.add_markers(items)
    selection.deselect_full(config, items)


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    """Speeds up the flush of the database after a transactional test.

    Django also flushes and recreates content types and permissions: 134 ms for each test on SQLite, 6 ms without. On
    PostgreSQL TRUNCATE is slower than DELETE for small tables. The order of the DELETE statements does not matter,
    because Django's foreign keys are checked at commit.
    """

    def delete_rows(style: Any, connection: BaseDatabaseWrapper, **kwargs: Any) -> list[str]:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        quote = connection.ops.quote_name
        return [f"DELETE FROM {quote(table)}" for table in tables if table not in FILLED_BY_MIGRATE]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", delete_rows)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *args, **kwargs: None)
        yield


@pytest.fixture
def cast(db) -> Cast:
    """An author, a follower, and a stranger who must receive nothing."""
    return make_cast()


@pytest.fixture(scope="session")
def running_site(django_db_setup, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on the test database, started once for each worker."""
    environment = {**os.environ, "DATABASE_URL": database_url()}
    site = Site(environment, tmp_path_factory.mktemp("site"))
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(running_site: Site, transactional_db) -> Iterator[Site]:
    """The running site with an empty database.

    The log of a running site is never emptied in production. One event gives all connections a position that exists.
    """
    publishing.reset_feeds()
    yield running_site
    if running_site.process is None or running_site.process.poll() is not None:
        running_site.stop()
        running_site.start()


def database_url() -> str:
    """Returns the URL of the test database, for other processes."""
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(parts['NAME']).resolve()}"
    return f"postgres://{parts['USER']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


@pytest.fixture(autouse=True)
def _reset_rate_limits() -> None:
    """Resets rate limits, so that attempts of earlier tests do not count."""
    cache.clear()


@pytest.fixture(autouse=True)
def _clear_trends() -> None:
    """Clears the trends of earlier tests."""
    trends.clear_cache()


@pytest.fixture(scope="session")
def _mail_folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(autouse=True)
def _mail_folder(settings, _mail_folders: Path) -> None:
    settings.MAIL_DIR = _mail_folders / str(next(_numbers))
