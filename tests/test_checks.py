"""System checks: each reports a wrong configuration with a hint."""

from unittest.mock import patch

import pytest
from django.conf import settings
from django.core import checks
from django.test import override_settings

from livefeed.live.posts import LivePost
from livefeed.models import Follow

pytestmark = pytest.mark.django_db  # Django's own checks query the database's features


def own_messages(*, deploy: bool = False) -> dict[str, checks.CheckMessage]:
    """Returns Livefeed's own messages, by id."""
    messages = checks.run_checks(include_deployment_checks=deploy)
    return {message.id: message for message in messages if (message.id or "").startswith("livefeed.") and message.id}


def test_a_correct_configuration_has_no_messages():
    assert own_messages() == {}


@override_settings(DEBUG=False, SECRET_KEY=settings.DEVELOPMENT_KEY)
def test_the_development_key_without_debug_is_an_error():
    error = own_messages()["livefeed.E001"]

    assert error.level == checks.ERROR
    assert "SECRET_KEY" in (error.hint or "")


@override_settings(DEBUG=True, SECRET_KEY=settings.DEVELOPMENT_KEY)
def test_the_development_key_is_accepted_with_debug():
    assert "livefeed.E001" not in own_messages()


@override_settings(DEBUG=False, SECRET_KEY="long and random")
def test_another_secret_key_is_accepted():
    assert "livefeed.E001" not in own_messages()


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
def test_an_invalid_public_address_is_an_error_that_contains_it(address):
    with override_settings(LIVEFEED_URL=address):
        error = own_messages()["livefeed.E002"]

    assert error.level == checks.ERROR
    assert repr(address) in error.msg
    assert "https://feed.example.org" in (error.hint or "")


@pytest.mark.parametrize(
    "address", ["https://feed.example.org", "http://127.0.0.1:8000", "http://[::1]:8000", "https://localhost"]
)
def test_a_scheme_and_a_host_are_a_valid_public_address(address):
    with override_settings(LIVEFEED_URL=address):
        assert "livefeed.E002" not in own_messages()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, None),
        ({"LIVEFEED_OIDC_URL": ""}, None),
        ({"LIVEFEED_OIDC_URL": "http://127.0.0.1:9000"}, None),
        ({"LIVEFEED_OIDC_CLIENT_ID": ""}, "livefeed.E003"),
        ({"LIVEFEED_OIDC_CLIENT_SECRET": ""}, "livefeed.E003"),
        ({"LIVEFEED_OIDC_URL": "http://id.example.org"}, "livefeed.E004"),
        ({"LIVEFEED_OIDC_URL": "id.example.org"}, "livefeed.E004"),
    ],
)
def test_an_openid_provider_needs_its_settings(changes, error):
    complete = {
        "LIVEFEED_OIDC_URL": "https://id.example.org",
        "LIVEFEED_OIDC_CLIENT_ID": "livefeed",
        "LIVEFEED_OIDC_CLIENT_SECRET": "secret",
    }
    with override_settings(**complete | changes):
        assert {"livefeed.E003", "livefeed.E004"} & own_messages().keys() == ({error} if error else set())


def test_an_env_file_that_others_can_read_causes_a_warning_for_deployment(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    file = tmp_path / ".env"
    assert "livefeed.W003" not in own_messages(deploy=True)
    for mode, warns in ((0o600, False), (0o400, False), (0o640, True), (0o604, True)):
        file.touch()
        file.chmod(mode)

        assert ("livefeed.W003" in own_messages(deploy=True)) is warns


@pytest.fixture
def _on_sqlite():
    with patch.dict(settings.DATABASES["default"], ENGINE="django.db.backends.sqlite3"):
        yield


@pytest.mark.usefixtures("_on_sqlite")
def test_sqlite_before_3_51_3_causes_a_warning_for_deployment():
    with patch("livefeed.checks.sqlite3.sqlite_version_info", (3, 51, 2)):
        warning = own_messages(deploy=True)["livefeed.W001"]
        assert "livefeed.W001" not in own_messages()

    assert warning.level == checks.WARNING
    assert "PostgreSQL" in (warning.hint or "")


@pytest.mark.usefixtures("_on_sqlite")
def test_a_newer_sqlite_causes_no_warning():
    with patch("livefeed.checks.sqlite3.sqlite_version_info", (3, 51, 3)):
        assert "livefeed.W001" not in own_messages(deploy=True)


def test_an_old_sqlite_causes_no_warning_on_postgresql():
    engine = patch.dict(settings.DATABASES["default"], ENGINE="django.db.backends.postgresql")
    with engine, patch("livefeed.checks.sqlite3.sqlite_version_info", (3, 40, 1)):
        assert "livefeed.W001" not in own_messages(deploy=True)


def test_a_live_model_whose_bulk_writes_publish_nothing_causes_a_warning(monkeypatch):
    monkeypatch.setattr(LivePost, "model", Follow)

    assert "Follow" in own_messages()["livefeed.W004"].msg
