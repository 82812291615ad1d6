"""Who is activated: somebody new, and whoever was there before."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection

from livefeed.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_accounts_that_were_there_are_activated_unless_an_address_of_theirs_still_waits():
    confirmed, waiting, without = make_user("confirmed"), make_user("waiting"), make_user("without")
    EmailAddress.objects.filter(user=waiting).update(verified=False)
    EmailAddress.objects.filter(user=without).delete()
    EmailAddress.objects.create(user=confirmed, email="new@example.org")  # being changed to
    migration = import_module("livefeed.migrations.0014_activation")
    migration.activate_confirmed(apps, SimpleNamespace(connection=connection))
    found = dict(User.objects.values_list("username", "activated_at"))
    assert found == {"confirmed": confirmed.date_joined, "waiting": None, "without": without.date_joined}


def test_activating_is_new_once():
    mara = make_user("mara", activated_at=None)
    again = User.objects.get()
    assert mara.activate()
    assert mara.is_activated
    assert not mara.activate()
    assert not again.activate()
    assert User.objects.get().activated_at == mara.activated_at
