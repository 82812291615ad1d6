"""The admin: its sign-in, and what is read-only."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from tests.factories import make_user, signed_in

pytestmark = pytest.mark.django_db


def test_the_admin_uses_the_rate_limited_sign_in():
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    assert Client().get("/admin/livefeed/user/").status_code == 302


def test_other_users_get_403():
    assert signed_in(make_user()).get("/admin/login/").status_code == 403
    assert signed_in(make_user(is_staff=True)).get("/admin/").status_code == 200


def test_email_addresses_are_read_only():
    operator = signed_in(make_user("operator", is_staff=True, is_superuser=True))
    address = EmailAddress.objects.get(user__username="operator")
    assert "operator@example.org" in operator.get("/admin/account/emailaddress/").text
    assert operator.get("/admin/account/emailaddress/add/").status_code == 403
    assert (
        operator.post(f"/admin/account/emailaddress/{address.pk}/change/", {"email": "x@example.org"}).status_code
        == 403
    )
    assert operator.post(f"/admin/account/emailaddress/{address.pk}/delete/", {"post": "yes"}).status_code == 403
