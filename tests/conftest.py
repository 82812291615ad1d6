"""Fixtures for all tests."""

import gc
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.register_assert_rewrite("livefeed.testing")

from django.core.cache import cache
from django.core.management.commands import flush
from django.db.backends.base.base import BaseDatabaseWrapper

from livefeed.content import trends, upload_limits
from livefeed.content.images import process_image
from livefeed.live import publishing
from livefeed.testing.servers import Site
from livefeed.testing.site import database_url
from tests import selection
from tests.factories import Cast, make_cast

__all__ = ["database_url"]
pytest_plugins = ["tests.database", "livefeed.testing"]
FILLED_BY_MIGRATE = {"django_content_type", "auth_permission"}
"""Tables whose rows are created by `migrate` and are the same for every test."""
_numbers = count()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leaves all modules and collected tests out of garbage collection, which would traverse them again and again: a
    fifth of the processor time of most tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


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


@pytest.fixture(scope="session", autouse=True)
def _conversion_without_a_process() -> Iterator[None]:
    """Converts uploaded pictures in this process, which saves 100 ms each. Servers of tests start a process for each,
    as in production; tests/content/test_conversion.py is about these processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upload_limits, "conversion", SimpleNamespace(convert=process_image))
        yield


@pytest.fixture
def cast(db) -> Cast:
    """An author, a follower, and a stranger who must receive nothing."""
    return make_cast()


@pytest.fixture
def site(live_site: Site) -> Site:
    """The running site with an empty database."""
    return live_site


def with_empty_database(site: Site) -> Site:
    """Returns a site that several tests share, after it has forgotten the rows of earlier ones. Starts it unless it is
    running."""
    publishing.reset_feeds()
    if site.process is None or site.process.poll() is not None:
        site.stop()
        site.start()
    return site


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
