"""Wrong configuration is found by `manage.py check`, with a hint that says what to do."""

from unittest.mock import patch

import pytest
from django.conf import settings
from django.core import checks
from django.test import override_settings

pytestmark = pytest.mark.django_db  # Django's own checks ask the database what it can


def found(*, deploy: bool = False) -> dict[str, checks.CheckMessage]:
    """Livefeed's own messages, by id."""
    messages = checks.run_checks(include_deployment_checks=deploy)
    return {message.id: message for message in messages if (message.id or "").startswith("livefeed.") and message.id}


def test_a_right_configuration_is_not_complained_about():
    assert found() == {}


@override_settings(DEBUG=False, SECRET_KEY=settings.DEVELOPMENT_KEY)
def test_the_development_key_without_debug_is_an_error():
    error = found()["livefeed.E001"]

    assert error.level == checks.ERROR
    assert "SECRET_KEY" in (error.hint or "")


@override_settings(DEBUG=True, SECRET_KEY=settings.DEVELOPMENT_KEY)
def test_the_development_key_will_do_for_development():
    assert "livefeed.E001" not in found()


@override_settings(DEBUG=False, SECRET_KEY="long and random")
def test_a_key_of_ones_own_will_do():
    assert "livefeed.E001" not in found()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "feed.example.org",
        "//feed.example.org",
        "ftp://feed.example.org",
        "https://",
        "https://:8000",
        "https://feed.example.org/feed",
        "https://feed.example.org/",
        "https://feed.example.org?page=1",
        "https://feed.example.org#top",
        "https://feed.example.org:port",
        "https://mara@feed.example.org",
        "http://[::1",
    ],
)
def test_a_public_address_that_will_not_do_is_an_error_that_names_it(address):
    with override_settings(LIVEFEED_URL=address):
        error = found()["livefeed.E002"]

    assert error.level == checks.ERROR
    assert repr(address) in error.msg
    assert "https://feed.example.org" in (error.hint or "")


@pytest.mark.parametrize(
    "address", ["https://feed.example.org", "http://127.0.0.1:8000", "http://[::1]:8000", "https://localhost"]
)
def test_a_scheme_and_a_host_are_a_public_address(address):
    with override_settings(LIVEFEED_URL=address):
        assert "livefeed.E002" not in found()


@pytest.fixture
def _on_sqlite():
    with patch.dict(settings.DATABASES["default"], ENGINE="django.db.backends.sqlite3"):
        yield


@pytest.mark.usefixtures("_on_sqlite")
def test_a_sqlite_before_3_51_3_is_warned_of_when_it_is_deployed():
    with patch("livefeed.checks.sqlite3.sqlite_version_info", (3, 51, 2)):
        warning = found(deploy=True)["livefeed.W001"]
        assert "livefeed.W001" not in found()

    assert warning.level == checks.WARNING
    assert "PostgreSQL" in (warning.hint or "")


@pytest.mark.usefixtures("_on_sqlite")
def test_a_newer_sqlite_is_not_warned_of():
    with patch("livefeed.checks.sqlite3.sqlite_version_info", (3, 51, 3)):
        assert "livefeed.W001" not in found(deploy=True)


def test_an_old_sqlite_is_no_matter_to_who_runs_postgresql():
    engine = patch.dict(settings.DATABASES["default"], ENGINE="django.db.backends.postgresql")
    with engine, patch("livefeed.checks.sqlite3.sqlite_version_info", (3, 40, 1)):
        assert "livefeed.W001" not in found(deploy=True)
