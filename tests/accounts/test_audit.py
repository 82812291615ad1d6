"""Audit log: changes of accounts with author and address, without secrets; the same entries in the server's log."""

import json
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from livefeed.models import AuditEntry, Session, User
from livefeed.models.audit import MAX_REFUSED_PER_HOUR
from tests.audited import make_mara
from tests.factories import PASSWORD, make_user, signed_in
from tests.views.html import Page

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = "127.0.0.1", "203.0.113.7"
SECURITY = "/settings/security/"


@pytest.fixture
def user() -> User:
    return make_mara()


@pytest.fixture
def operator() -> Client:
    return signed_in(make_user("operator", is_staff=True, is_superuser=True))


def entries_of(user: User | None = None) -> list[tuple[str, dict[str, Any]]]:
    """Returns kind and changes of the entries about a user or about all, the oldest first."""
    entries = AuditEntry.objects.filter(user_id=user.pk) if user else AuditEntry.objects.all()
    return list(entries.order_by("pk").values_list("kind", "changes"))


def log_in(password: str = PASSWORD, login: str = "mara", **headers: str) -> Client:
    client = Client(headers=headers)
    client.post("/accounts/login/", {"login": login, "password": password})
    return client


# --- Recorded changes ---


def test_a_change_is_recorded_with_both_values_and_an_unchanged_save_is_not(user):
    user.save()
    user.name = "Maria"
    user.email = "maria@example.org"
    user.save(update_fields=["name"])
    user.save()
    user.save()
    assert entries_of(user) == [
        ("account.changed", {"name": ["Mara", "Maria"]}),
        ("account.changed", {"email": ["mara@example.org", "maria@example.org"]}),
    ]


def test_a_change_is_recorded_when_it_is_saved_again_after_a_rollback(user):
    user.name = "Maria"
    with suppress(RuntimeError), transaction.atomic():
        user.save()
        raise RuntimeError
    again = User.objects.get(pk=user.pk)
    again.username = "x" * 31
    with suppress(Exception), transaction.atomic():
        again.save()
    again.refresh_from_db()
    again.name = "Maria"
    again.save()
    assert entries_of(user) == [("account.changed", {"name": ["Mara", "Maria"]})]


def test_a_new_password_is_recorded_without_its_hash(user):
    before = user.password
    user.set_password("another horse battery")
    user.save()
    assert entries_of(user) == [("account.changed", {"password": []})]
    text = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert before not in text
    assert user.password not in text


def test_gained_and_lost_rights_are_recorded(user):
    group = Group.objects.create(name="Moderators")
    permission = Permission.objects.first()
    user.is_staff = True
    user.save()
    user.groups.set([group])
    user.groups.set([group])
    user.user_permissions.add(permission)
    user.user_permissions.clear()
    group.user_set.remove(user)
    group.user_set.add(user)
    group.user_set.clear()
    sentences = [strip_tags(sentence) for entry in AuditEntry.objects.order_by("pk") for sentence in entry.sentences]
    assert sentences == [
        "Made staff",
        "Given the group Moderators",
        f"Given the permission {permission}",
        f"No longer has the permission {permission}",
        "No longer has the group Moderators",
        "Given the group Moderators",
        "No longer has the group Moderators",
    ]


def test_sign_ins_sign_outs_and_failed_sign_ins_are_recorded(user):
    log_in("wrong")
    log_in("wrong", login="mara@example.org")
    log_in().post("/accounts/logout/")
    assert [kind for kind, _ in entries_of(user)] == ["sign_in.refused"] * 2 + ["signed_in", "signed_out"]
    assert set(AuditEntry.objects.values_list("address", flat=True)) == {HERE}


@pytest.mark.django_db(transaction=True)
def test_a_failed_sign_in_with_an_unknown_name_is_logged_without_the_name(user, caplog):
    caplog.set_level(logging.INFO, "livefeed.audit")
    log_in("wrong", login="hunter2-typed-in-the-wrong-field")
    assert entries_of() == []
    assert '"event": "sign_in.refused"' in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_failed_sign_ins_cannot_fill_the_table(user, settings, caplog):
    settings.ACCOUNT_RATE_LIMITS = False
    caplog.set_level(logging.INFO, "livefeed.audit")
    for _ in range(MAX_REFUSED_PER_HOUR + 3):
        log_in("wrong")
    assert AuditEntry.objects.count() == MAX_REFUSED_PER_HOUR
    assert caplog.text.count("sign_in.refused") == MAX_REFUSED_PER_HOUR + 3


def test_a_sign_up_is_recorded_with_its_address():
    form = {"username": "newcomer", "email": "new@example.org", "password1": PASSWORD}
    Client().post("/accounts/signup/", form)
    entry = AuditEntry.objects.get(kind="account.created")
    assert (entry.username, entry.address, entry.is_by_another) == ("newcomer", HERE, False)


def test_a_change_by_a_command_has_no_address_and_no_actor(user):
    call_command("createsuperuser", interactive=False, username="root", email="root@example.org")
    entry = AuditEntry.objects.get()
    assert (entry.kind, entry.address, entry.actor_id) == ("account.created", "", 0)


def test_an_entry_names_the_administrator_and_survives_the_deletion_of_the_account(user, operator):
    form = {"username": "mara", "name": "Maria", "email": user.email, "is_active": "on"}
    form |= {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    assert operator.post(f"/admin/livefeed/user/{user.pk}/change/", form).status_code == 302
    assert operator.post(f"/admin/livefeed/user/{user.pk}/delete/", {"post": "yes"}).status_code == 302
    entries = AuditEntry.objects.filter(user_id=user.pk).order_by("pk")
    assert [(entry.kind, entry.actor, entry.username) for entry in entries] == [
        ("account.changed", "operator", "mara"),
        ("account.deleted", "operator", "mara"),
    ]
    page = operator.get("/admin/livefeed/auditentry/?q=mara").text
    assert "Display name changed from “<bdi>Mara</bdi>” to “<bdi>Maria</bdi>”" in page
    assert operator.get(f"/admin/livefeed/auditentry/{entries[0].pk}/change/").status_code == 200
    assert operator.post(f"/admin/livefeed/auditentry/{entries[0].pk}/delete/", {"post": "yes"}).status_code == 403


def test_behind_a_trusted_proxy_the_address_comes_from_its_header(user, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    log_in(**{"X-Forwarded-For": f"198.51.100.1, {ELSEWHERE}"})
    assert AuditEntry.objects.get(kind="signed_in").address == ELSEWHERE
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    log_in(**{"X-Forwarded-For": ELSEWHERE})
    assert AuditEntry.objects.filter(address=ELSEWHERE).count() == 1


# --- Transactions and the server's log ---


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_is_neither_recorded_nor_logged(caplog):
    user = make_user("mara")
    AuditEntry.objects.all().delete()
    caplog.set_level(logging.INFO, "livefeed.audit")
    caplog.clear()
    with suppress(RuntimeError), transaction.atomic():
        user.name = "Maria"
        user.save()
        raise RuntimeError
    assert entries_of() == []
    assert "livefeed.audit" not in {record.name for record in caplog.records}


@pytest.mark.django_db(transaction=True)
def test_each_entry_is_logged_as_one_line_of_json(caplog):
    caplog.set_level(logging.INFO, "livefeed.audit")
    user = make_user("mara", name="Mara")
    user.name = "Ma\u202eria\n{}"
    user.save()
    log_in()
    lines = [json.loads(record.message) for record in caplog.records if record.name == "livefeed.audit"]
    assert lines == [
        {"event": "account.created", "user": user.pk, "username": "mara"},
        {
            "event": "account.changed",
            "user": user.pk,
            "username": "mara",
            "changes": {"name": ["Mara", "Ma\u202eria\n{}"]},
        },
        {"event": "signed_in", "user": user.pk, "username": "mara", "actor": user.pk, "address": HERE},
    ]
    keys = list(Session.objects.values_list("session_key", flat=True))
    assert keys
    assert not any(key in caplog.text for key in keys)
    assert all("\n" not in record.message for record in caplog.records if record.name == "livefeed.audit")


def test_entries_are_deleted_after_the_retention(user, settings):
    for days in (179, 181):
        user.name = f"{days}"
        user.save()
        newest = AuditEntry.objects.latest("pk")
        AuditEntry.objects.filter(pk=newest.pk).update(created_at=timezone.now() - timedelta(days=days))
    assert AuditEntry.objects.prune() == 1
    assert [changes["name"][1] for _, changes in entries_of()] == ["179"]
    settings.LIVEFEED_AUDIT_DAYS = 30
    assert AuditEntry.objects.prune() == 1


# --- The user's own page ---


def test_a_user_sees_only_their_own_entries(user, operator):
    client = log_in()
    make_user("other")
    user.name = "<b>Maria</b> \u202e"
    user.save()
    page = Page(client.get(SECURITY))
    assert [each.text for each in page.all("p", "entry-text")] == [
        "Display name changed from “Mara” to “<b>Maria</b> \u202e”",
        "Signed in",
    ]
    assert [" ".join(each.text.split()) for each in page.all("p", "entry-origin")] == ["on the server", f"from {HERE}"]
    assert "other" not in page.html
    operator.post(
        f"/admin/livefeed/user/{user.pk}/password/", {"password1": "a new one here", "password2": "a new one here"}
    )
    page = Page(log_in("a new one here").get(SECURITY))
    assert " ".join(page.all("p", "entry-origin")[1].text.split()) == "by @operator"


def test_the_settings_link_to_the_page_and_older_entries_are_on_further_pages(user):
    client = signed_in(user)
    AuditEntry.objects.all().delete()
    for number in range(25):
        user.name = f"Number {number}"
        user.save()
    assert Page(client.get("/settings/profile/")).one("a", href=SECURITY).text == "Security"
    page = Page(client.get(SECURITY))
    older = client.get(SECURITY + page.one("a", "older")["href"], headers={"HX-Request": "true", "HX-Source": "a"})
    texts = [each.text for each in page.all("p", "entry-text") + Page(older).all("p", "entry-text")]
    assert [text.partition(" to ")[2] for text in texts] == [f"“Number {number}”" for number in reversed(range(25))]
    assert client.get(f"{SECURITY}?before=nonsense").status_code == 404


def test_a_visitor_is_redirected_to_the_sign_in():
    assert Client().get(SECURITY)["Location"].startswith("/accounts/login/")
