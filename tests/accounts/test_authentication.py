"""The user of a request is loaded with the session, and checked as Django does."""

import pytest
from django.conf import settings
from django.test import Client, override_settings

from livefeed.models import Session, User
from tests.factories import signed_in


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/display/").status_code == 200


@pytest.fixture
def client(cast) -> Client:
    return signed_in(cast.author)


def test_session_user_and_preferences_take_one_query(client, django_assert_num_queries):
    with django_assert_num_queries(2):  # and the state of the page
        assert is_signed_in(client)


@pytest.mark.parametrize(
    "change",
    [
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: User.objects.filter(pk=user.pk).update(password="other"),
        lambda user: User.objects.filter(pk=user.pk).delete(),
        lambda user: Session.objects.all().delete(),
        lambda user: Session.objects.update(expire_date="2020-01-01T00:00:00Z"),
    ],
    ids=["suspended", "another password", "deleted", "signed out", "expired"],
)
def test_a_sign_in_ends(cast, client, change):
    assert is_signed_in(client)
    change(cast.author)
    assert not is_signed_in(client)


def test_a_sign_in_by_a_method_that_was_removed_ends(client):
    with override_settings(AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"]):
        assert not is_signed_in(client)


def test_a_sign_in_with_an_earlier_secret_key_stays(client, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one"
    assert is_signed_in(client)


def test_the_row_of_another_user_does_not_sign_in(cast, client):
    Session.objects.update(user=cast.follower)  # only the signed data of the session decides
    assert '"/@author/"' in client.get("/").text


def test_the_cookie_of_an_ended_session_is_deleted_by_the_sign_out_alone(cast):
    """A late response to a request of an old page must not delete the cookie of a newer sign-in."""
    other_tab, client = Client(), signed_in(cast.author)
    other_tab.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    signed_out = client.post("/accounts/logout/")
    late = other_tab.get("/")
    assert signed_out.cookies[settings.SESSION_COOKIE_NAME].value == ""
    assert settings.SESSION_COOKIE_NAME not in late.cookies
    assert "Cookie" in late["Vary"]
    assert not late.context["user"].is_authenticated
