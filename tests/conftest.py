"""What all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection

from livefeed.content import trends
from livefeed.live import publishing
from tests.factories import Cast, make_cast
from tests.stack.servers import Site


@pytest.fixture
def cast(db) -> Cast:
    """An author, a follower, and a stranger who must hear nothing."""
    return make_cast()


@pytest.fixture(scope="session")
def running_site(django_db_setup, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on the test's own database; started once for each worker."""
    environment = {**os.environ, "DATABASE_URL": database_url()}
    site = Site(environment, tmp_path_factory.mktemp("site"))
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(running_site: Site, transactional_db) -> Iterator[Site]:
    """The running site with an empty database. The log was emptied under the site's feet, which no operator does: one
    event makes everybody stand at a position that is there."""
    publishing.reset_feeds()
    yield running_site
    if running_site.process is None or running_site.process.poll() is not None:
        running_site.stop()
        running_site.start()


def database_url() -> str:
    """The address of the test's database, for other processes."""
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(parts['NAME']).resolve()}"
    return f"postgres://{parts['USER']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


@pytest.fixture(autouse=True)
def _no_limits_reached() -> None:
    """What others did a moment ago counts for nobody's rate limits."""
    cache.clear()


@pytest.fixture(autouse=True)
def _no_trends_kept() -> None:
    """What was talked about in another test."""
    trends.clear_cache()


@pytest.fixture(autouse=True)
def _mail_folder(settings, tmp_path: Path) -> None:
    settings.MAIL_DIR = tmp_path / "mail"
