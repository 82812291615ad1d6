"""Activation of accounts, new and existing."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection

from livefeed.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_the_migration_activates_accounts_without_an_unconfirmed_address():
    confirmed = make_user("confirmed")
    waiting = make_user("waiting")
    without = make_user("without")
    EmailAddress.objects.filter(user=waiting).update(verified=False)
    EmailAddress.objects.filter(user=without).delete()
    EmailAddress.objects.create(user=confirmed, email="new@example.org")  # being changed to
    migration = import_module("livefeed.migrations.0014_activation")
    migration.activate_confirmed(apps, SimpleNamespace(connection=connection))
    found = dict(User.objects.values_list("username", "activated_at"))
    assert found == {"confirmed": confirmed.date_joined, "waiting": None, "without": without.date_joined}


def test_activation_is_new_only_once():
    mara = make_user("mara", activated_at=None)
    again = User.objects.get()
    assert mara.activate()
    assert mara.is_activated
    assert not mara.activate()
    assert not again.activate()
    assert User.objects.get().activated_at == mara.activated_at
