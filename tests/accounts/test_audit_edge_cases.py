"""Audit log: cases in which it could record too much, too little or something wrong."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.models import Group, Permission
from django.core import serializers
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils.html import strip_tags

from livefeed.accounts import audit
from livefeed.models import AuditEntry, Token, User
from tests.audited import make_mara
from tests.factories import PASSWORD, make_user, signed_in

pytestmark = pytest.mark.django_db
NEWER = "django.contrib.auth.hashers.PBKDF2PasswordHasher"


@pytest.fixture
def user() -> User:
    return make_mara()


@pytest.fixture
def broken_log() -> Iterator[None]:
    """Lets every write to the log fail."""

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("no space left")

    handler = Broken()
    audit.logger.addHandler(handler)
    yield
    audit.logger.removeHandler(handler)


def sentences() -> list[str]:
    """Returns the sentences of all entries, the oldest first."""
    return [strip_tags(sentence) for entry in AuditEntry.objects.order_by("pk") for sentence in entry.sentences]


def try_to_sign_in(login: str, password: str = "wrong") -> Any:
    return Client().post("/accounts/login/", {"login": login, "password": password})


# --- Passwords ---


def use_newer_hasher(settings, monkeypatch) -> None:
    """Hashes passwords with PBKDF2, with few iterations."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1_000)
    settings.PASSWORD_HASHERS = [NEWER, *settings.PASSWORD_HASHERS]


def test_hashing_the_same_password_with_a_newer_method_is_not_recorded(user, settings, monkeypatch):
    use_newer_hasher(settings, monkeypatch)
    try_to_sign_in("mara", PASSWORD)
    before = user.password
    user = User.objects.get()
    assert user.password != before
    assert sentences() == ["Signed in"]


@pytest.mark.parametrize("encoded", [None, "!", ""])
def test_a_hash_set_directly_is_recorded_as_a_change(user, encoded):
    if encoded is not None:
        User.objects.update(password=encoded)
    user.password = make_password("another horse battery")
    user.save()
    assert sentences() == ["Password changed"]


def test_another_password_with_a_newer_method_is_recorded(user, settings, monkeypatch):
    use_newer_hasher(settings, monkeypatch)
    user.set_password("another horse battery")
    user.save()
    assert sentences() == ["Password changed"]


# --- Failed sign-ins ---


@pytest.mark.parametrize("login", ["MARA", "mara@example.org", "Second@Example.org"])
def test_a_failed_sign_in_is_recorded_for_every_accepted_login(user, login):
    user.emailaddress_set.create(email="second@example.org", verified=True)
    try_to_sign_in(login)
    assert list(AuditEntry.objects.values_list("kind", "user_id")) == [("sign_in.refused", user.pk)]


def test_a_failed_sign_in_is_recorded_for_an_address_without_confirmation(user):
    user.emailaddress_set.all().delete()
    try_to_sign_in("Mara@example.org")
    assert list(AuditEntry.objects.values_list("kind", "user_id")) == [("sign_in.refused", user.pk)]


@pytest.mark.parametrize("login", ["nobody", "nobody@example.org", "ma\0ra", "\0@example.org", "x" * 500])
@pytest.mark.django_db(transaction=True)
def test_an_unwritable_log_affects_no_request(broken_log, login):
    user = make_user("mara")
    assert try_to_sign_in(login).status_code == 200
    assert not AuditEntry.objects.filter(kind="sign_in.refused").exists()
    try_to_sign_in("mara", PASSWORD)
    user.name = "Maria"
    user.save()
    assert User.objects.get().name == "Maria"
    assert sentences() == ["Account created", "Signed in", "Display name changed from “Mara” to “Maria”"]


# --- Groups, permissions ---


def test_rights_from_a_fixture_are_not_recorded(user):
    user.groups.add(Group.objects.create(name="Moderators"))
    user.user_permissions.add(Permission.objects.earliest("pk"))
    row = serializers.serialize("json", [user])
    user.groups.clear()
    user.user_permissions.clear()
    AuditEntry.objects.all().delete()
    for loaded in serializers.deserialize("json", row):
        loaded.save()
    assert User.objects.get().groups.exists()
    assert sentences() == []


def test_deleting_a_group_is_recorded_for_each_member(user):
    tove = make_user("tove")
    stranger = make_user("stranger")
    group = Group.objects.create(name="Moderators")
    group.user_set.set([user, tove])
    AuditEntry.objects.all().delete()
    with suppress(RuntimeError), transaction.atomic():
        group.delete()
        raise RuntimeError
    assert sentences() == []
    Group.objects.all().delete()
    assert sentences() == ["No longer has the group Moderators"] * 2
    assert not AuditEntry.objects.about(stranger).exists()


# --- Tokens ---


def test_a_token_is_recorded_when_issued_and_revoked_and_never_shown(user, caplog, capsys):
    caplog.set_level(logging.INFO, "livefeed.audit")
    operator = make_user("operator", is_staff=True, is_superuser=True)
    AuditEntry.objects.all().delete()
    call_command("token", "mara", "--label", "bot")
    text = capsys.readouterr().out.strip()
    token = Token.objects.get()
    token.label = "bot two"
    token.save()
    call_command("token", "mara", "--revoke", str(token.pk))
    assert sentences() == [f"Token {token.pk} bot made", f"Token {token.pk} bot two revoked"]
    assert text.startswith("lf_")
    shown = signed_in(user).get("/settings/security/").text + caplog.text
    shown += signed_in(operator).get("/admin/livefeed/auditentry/").text
    assert not any(secret in shown for secret in (text, token.digest, user.password))


def test_a_token_deleted_with_its_user_or_loaded_from_a_fixture_is_not_recorded(user):
    for delete_user in (lambda: user.delete(), lambda: User.objects.filter(username="tove").delete()):
        token, _ = Token.objects.issue(user if user.pk else make_user("tove"))
        rows = serializers.serialize("json", [token])
        Token.objects.all().delete()
        AuditEntry.objects.all().delete()
        for loaded in serializers.deserialize("json", rows):
            loaded.save()
        delete_user()
        assert sentences() == ["Account deleted"]
