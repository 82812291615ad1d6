"""`User.saved_changes`: the same for every receiver, whatever happened to the object before."""

import pickle
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from django.db.models.signals import post_save
from django.utils import timezone

from livefeed.accounts.last_admin import LastAdministratorError
from livefeed.models import AuditEntry, Event, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
RENAMED = {"name": ("Mara", "Maria")}
Changes = list[dict[str, tuple[Any, Any]]]


@pytest.fixture
def user() -> User:
    return User.objects.get(pk=make_user("mara", name="Mara").pk)


@pytest.fixture
def seen() -> Iterator[Changes]:
    """Changes that two receivers read at each save."""
    found: Changes = []

    def read(instance: User, **kwargs: Any) -> None:
        found.append(instance.saved_changes)

    def read_too(instance: User, **kwargs: Any) -> None:
        assert instance.saved_changes == found[-1]

    for receiver in (read, read_too):
        post_save.connect(receiver, sender=User)
    yield found
    for receiver in (read, read_too):
        post_save.disconnect(receiver, sender=User)


def test_every_receiver_reads_the_same_changes_and_none_remain_after_the_save(user, seen):
    user.name = "Maria"
    user.save()
    user.save()
    assert seen == [RENAMED, {}]
    assert user.saved_changes == {}
    assert pickle.loads(pickle.dumps(user)) == user


def test_a_new_user_and_a_sign_in_have_no_changes(user, seen, django_assert_num_queries):
    make_user("tove")
    user.last_login = timezone.now()
    with django_assert_num_queries(3):  # a savepoint, its release and the update: no lookup
        user.save(update_fields=["last_login"])
    assert seen == [{}, {}]


def test_only_saved_fields_are_changes(user, seen):
    user.name = "Maria"
    user.email = "maria@example.org"
    user.save(update_fields=iter(["name"]))
    user.save()
    assert seen == [RENAMED, {"email": ("mara@example.org", "maria@example.org")}]


def test_a_change_that_was_rolled_back_is_a_change_again(user, seen):
    user.name = "Maria"
    with suppress(RuntimeError), transaction.atomic():
        user.save()
        raise RuntimeError
    user.save()
    assert seen == [RENAMED, RENAMED]
    assert AuditEntry.objects.filter(kind="account.changed").count() == 1


def test_a_change_that_failed_is_a_change_again(user, seen):
    user.username = "x" * 31
    user.name = "Maria"
    with suppress(Exception), transaction.atomic():
        user.save()
    user.username = "mara"
    user.save()
    assert seen == [RENAMED]


def test_deferred_fields_are_compared_with_the_database(user, seen):
    loaded = User.objects.only("pk").get()
    loaded.name = "Maria"
    loaded.save()
    assert seen == [RENAMED]


def test_loading_another_field_before_the_save_loses_no_change(user, seen):
    loaded = User.objects.defer("email").get()
    loaded.name = "Maria"
    assert loaded.email
    loaded.save()
    assert seen == [RENAMED]


def test_a_stale_object_that_reverts_a_change_reports_it(user, seen):
    other = User.objects.get()
    other.name = "Maria"
    other.save()
    user.save()
    assert seen == [RENAMED, {"name": ("Maria", "Mara")}]


def test_a_receiver_that_saves_again_does_not_affect_the_others(user):
    found: Changes = []

    def save_again(instance: User, **kwargs: Any) -> None:
        post_save.disconnect(save_again, sender=User)
        instance.save()

    def read(instance: User, **kwargs: Any) -> None:
        found.append(instance.saved_changes)

    post_save.connect(save_again, sender=User)
    post_save.connect(read, sender=User)
    user.name = "Maria"
    user.save()
    post_save.disconnect(read, sender=User)
    assert found == [{}, RENAMED]


def test_a_suspension_is_published_and_the_last_administrator_protected_with_deferred_fields(user):
    make_user("operator", is_superuser=True)
    for loaded in User.objects.only("is_superuser"):
        loaded.is_active = False
        with suppress(LastAdministratorError), transaction.atomic():
            loaded.save()
    assert list(Event.objects.filter(kind="user.suspended").values_list("actor_id", flat=True)) == [user.pk]
    assert User.objects.get(username="operator").is_active
