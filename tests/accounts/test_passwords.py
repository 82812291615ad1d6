"""Passwords from known breaches, and those that are easy to guess, are refused wherever one is chosen."""

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from livefeed.models import User
from tests.factories import PASSWORD, make_user, signed_in
from tests.views.accounts import ADDRESS, MARA, path_in

pytestmark = pytest.mark.django_db

REASONS = {
    "qwertyuiop": "This password is too common.",
    "Qwertyuiop": "This password is too common.",
    "19871224": "This password is entirely numeric.",
    "zq7x": "This password is too short.",
    "mara.lindqvist": "The password is too similar to the",
}


def operator() -> Client:
    return signed_in(make_user("operator", is_staff=True, is_superuser=True))


def sign_up(password: str) -> str:
    fields = MARA | {"username": "mara_lindqvist", "password1": password}
    return Client().post("/accounts/signup/", fields).text


def change(password: str) -> str:
    fields = {"oldpassword": PASSWORD, "password1": password}
    return signed_in(make_user("mara_lindqvist")).post("/accounts/password/change/", fields).text


def set_first(password: str) -> str:
    user = make_user("mara_lindqvist")
    user.set_unusable_password()
    user.save()
    return signed_in(user).post("/accounts/password/set/", {"password1": password}).text


def add_in_the_admin(password: str) -> str:
    fields = {"username": "mara_lindqvist", "usable_password": "true", "password1": password, "password2": password}
    return operator().post("/admin/livefeed/user/add/", fields).text


def change_in_the_admin(password: str) -> str:
    user = make_user("mara_lindqvist")
    fields = {"password1": password, "password2": password}
    return operator().post(f"/admin/livefeed/user/{user.pk}/password/", fields).text


@pytest.mark.parametrize("choose", [sign_up, change, set_first, add_in_the_admin, change_in_the_admin])
@pytest.mark.parametrize("password", REASONS)
def test_a_weak_password_is_refused_with_a_reason(choose: Callable[[str], str], password):
    assert REASONS[password] in choose(password)
    assert not any(user.check_password(password) for user in User.objects.all())


def test_a_weak_password_is_refused_when_it_is_reset_by_mail(settings, mailoutbox):
    settings.LIVEFEED_URL = ADDRESS
    user = make_user("mara_lindqvist")
    client = Client()
    client.post("/accounts/password/reset/", {"email": user.email})
    form = client.get(path_in(mailoutbox[0]))["Location"]
    for password, reason in REASONS.items():
        assert reason in client.post(form, {"password1": password}).text


@pytest.mark.parametrize("password", REASONS)
def test_a_weak_password_is_refused_for_a_superuser_from_the_environment(monkeypatch, password):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    account = {"username": "mara_lindqvist", "email": "mara@example.org", "interactive": False}
    with pytest.raises(CommandError, match=REASONS[password]):
        call_command("createsuperuser", **account)
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", **account, verbosity=0)
    assert User.objects.get().check_password(PASSWORD)
