"""Creates the test database once for all workers of pytest-xdist.

Applying all migrations takes 3 s of processor time. The controller does it once, while the workers collect the tests,
and each worker starts with a copy.
"""

import shutil
from collections.abc import Generator
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import blocking_manager_key

_TEMPLATE = "template_database"


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart(session: pytest.Session) -> Generator[None]:
    """Starts the workers, and then creates the database that they copy."""
    yield
    if is_controller(session.config):
        with session.config.stash[blocking_manager_key].unblock():
            with redirect_stdout(StringIO()):  # `createcachetable` prints that a migration has created the table
                connection.creation.create_test_db(verbosity=0, autoclobber=True)
            close_connections(connection)


def close_connections(connection: Any) -> None:
    """Closes all connections, because PostgreSQL copies no database that is in use."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


def is_controller(config: pytest.Config) -> bool:
    return bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Sends the name of the controller's database to a worker."""
    node.workerinput[_TEMPLATE] = settings.DATABASES["default"]["TEST"]["NAME"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Lets a worker start with a copy of the controller's database."""
    template = getattr(request.config, "workerinput", {}).get(_TEMPLATE)
    if template is None:
        return
    test_settings = settings.DATABASES["default"]["TEST"]
    if connection.vendor == "sqlite":
        shutil.copy(template, test_settings["NAME"])
    else:
        test_settings["TEMPLATE"] = template


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, django_db_keepdb: bool) -> bool:
    """True for a worker, whose database exists before its first test."""
    return django_db_keepdb or hasattr(request.config, "workerinput")
