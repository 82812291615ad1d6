"""The fixture `live_site`: a running site on the test database."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from livefeed.live import publishing
from livefeed.testing.servers import Site


def database_url() -> str:
    """Returns the URL of the test database, for other processes."""
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(parts['NAME']).resolve()}"
    return f"postgres://{parts['USER']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


@pytest.fixture(scope="session")
def running_site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on the test database, started once for each worker. It finds the apps that the tests can import."""
    environment = {**os.environ, "DATABASE_URL": database_url(), "PYTHONPATH": os.pathsep.join(sys.path)}
    site = Site(environment, tmp_path_factory.mktemp("site"))
    site.start()
    yield site
    site.stop()


@pytest.fixture
def live_site(running_site: Site, transactional_db: Any) -> Iterator[Site]:
    """The running site with an empty database.

    The log of a running site is never emptied in production. One event gives all connections a position that exists.
    """
    publishing.reset_feeds()
    yield running_site
    if running_site.process is None or running_site.process.poll() is not None:
        running_site.stop()
        running_site.start()
