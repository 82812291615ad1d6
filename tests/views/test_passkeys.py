"""Forged responses of passkeys. tests/browser/test_passkeys.py uses real ones."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.factories import make_user
from tests.views.accounts import reauthenticated, sign_in, text, who
from tests.views.second_steps import SECOND_STEP, make_protected_user

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/2fa/webauthn/login/"
ADD = "/accounts/2fa/webauthn/add/"

ANSWER = {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "MQ"}
CREATION = {"clientDataJSON": "e30", "attestationObject": "oA"}


def credential(response: object = ANSWER, key: str = "AAAA") -> str:
    return json.dumps({"id": key, "rawId": key, "type": "public-key", "response": response})


FORGED = [
    "",
    "null",
    "[]",
    "1",
    '"text"',
    "{}",
    "{not json",
    "[" * 5_000,
    credential(),
    credential(CREATION),
    credential({}),
    credential(None),
    credential(ANSWER | {"clientDataJSON": "AAAA"}),
    credential(ANSWER, key="é"),
    credential(ANSWER, key="A"),
    *(
        credential(ANSWER | {"userHandle": handle})
        for handle in (None, "////", "AA", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5")
    ),
    *(credential(CREATION | {"attestationObject": made}) for made in ("AAAA", "////", "")),
]


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_passkey_signs_in_as_no_one(forged):
    make_user("mara")
    client = Client()
    client.get(LOGIN, headers={"Accept": "application/json"})

    page = client.post(LOGIN, {"credential": forged, "next": "/explore/"}, follow=True)

    assert page.redirect_chain == [("/accounts/login/?next=%2Fexplore%2F", 302)]
    assert "That passkey did not work." in text(page)
    assert who(client) is None


@pytest.mark.parametrize("forged", FORGED[::4])
def test_a_forged_passkey_is_no_second_step(forged):
    make_protected_user("mara")
    client = Client()
    sign_in(client, "mara")
    page = client.post(SECOND_STEP, {"credential": forged})
    assert page.status_code == 200
    assert who(client) is None


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_passkey_is_not_added_and_its_name_stays(forged):
    client = reauthenticated(make_user("mara"))
    client.get(ADD)
    page = client.post(ADD, {"credential": forged, "name": "My laptop", "passwordless": "on"})
    assert "That passkey did not work." in text(page)
    assert "My laptop" in text(page)
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("forged", FORGED[::4])
def test_a_forged_passkey_does_not_confirm_a_user(forged):
    user = make_user("mara")
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "x", "credential": {}})
    client = Client()
    client.force_login(user)
    assert client.post("/accounts/2fa/webauthn/reauthenticate/", {"credential": forged}).status_code == 302
    assert "/reauthenticate/" in client.get("/accounts/2fa/recovery-codes/generate/")["Location"]


def make_passkey(username: str) -> Authenticator:
    return Authenticator.objects.create(
        user=make_user(username), type="webauthn", data={"name": "My key", "credential": {}}
    )


def test_a_passkey_can_be_renamed_and_removed():
    passkey = make_passkey("mara")
    client = reauthenticated(passkey.user)
    address = f"/accounts/2fa/webauthn/keys/{passkey.pk}"
    assert "Use at most 40 characters." in text(client.post(f"{address}/edit/", {"name": "x" * 41}))
    client.post(f"{address}/edit/", {"name": "Blue <key>"})
    assert "Blue &lt;key&gt;" in text(client.get("/settings/security/"))
    client.post(f"{address}/remove/")
    assert not Authenticator.objects.exists()


def test_another_user_can_neither_rename_nor_remove_it():
    passkey = make_passkey("mara")
    stranger = reauthenticated(make_user("stranger"))
    for action in ("edit", "remove"):
        assert stranger.post(f"/accounts/2fa/webauthn/keys/{passkey.pk}/{action}/", {"name": "mine"}).status_code == 404
