"""Sign-in with an OpenID Connect provider, against a small one that the test starts."""

import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.core import mail
from django.test import Client, TestCase
from requests import get as fetch

from livefeed.models import AuditEntry, User
from livefeed.signals import user_activated, user_registered
from tests.factories import make_user, signed_in
from tests.stack.openid import Provider, openid_provider
from tests.views.accounts import reauthenticated, text, who
from tests.views.second_steps import SECOND_STEP, code_now, enter, make_protected_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/oidc/127.0.0.1/login/"
SECURITY = "/settings/security/"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    with openid_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider, settings) -> Provider:
    for name, value in running_provider.environment.items():
        setattr(settings, name, value)
    running_provider.claims = {
        "sub": "7",
        "email": "ada@corp.example",
        "email_verified": True,
        "preferred_username": "ada.l",
        "name": "Ada Lovelace",
    }
    running_provider.is_broken = running_provider.is_refusing = False
    return running_provider


def sign_in(client: Client, process: str = "login", **fields: str):
    """Signs in like a browser: the form, the page that leaves for the provider, the provider, and back."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.get(way_back(client.post(f"{LOGIN}?process={process}", fields)), follow=True)


def way_back(page: "Page") -> str:
    """Follows the page that leaves for the provider; returns the address to which the provider sends the browser."""
    found = re.search(r'http-equiv="refresh" content="0; url=(.*?)"', text(page))
    assert found is not None
    answer = fetch(unescape(found[1]), allow_redirects=False, timeout=5)
    return answer.headers["Location"].partition("testserver")[2]


def test_it_is_off_without_a_provider():
    client = Client()
    assert "oidc" not in text(client.get("/accounts/login/"))
    assert client.get(LOGIN).status_code == 404
    assert client.get(f"{LOGIN}callback/?state=x&code=y").status_code == 404


def test_the_sign_in_and_sign_up_pages_offer_it(provider):
    assert "Sign in with Example ID" in text(Client().get("/accounts/login/"))
    assert "Sign up with Example ID" in text(Client().get("/accounts/signup/"))


def test_a_new_person_gets_an_account_that_can_post(provider):
    sent = []
    receivers = [(user_registered, lambda **kwargs: sent.append("registered"))]
    receivers += [(user_activated, lambda **kwargs: sent.append("activated"))]
    for signal, receiver in receivers:
        signal.connect(receiver)
    client = Client()

    page = sign_in(client, next="/explore/")

    user = User.objects.get()
    for signal, receiver in receivers:
        signal.disconnect(receiver)
    assert page.redirect_chain[-1][0] == "/explore/"
    assert who(client) == user.username == "ada_l"
    assert (user.name, user.email, user.is_activated) == ("Ada Lovelace", "ada@corp.example", True)
    assert EmailAddress.objects.get(user=user).verified
    assert sent == ["registered", "activated"]
    assert mail.outbox == []


def test_the_person_is_recognized_by_id_and_not_by_name_or_address(provider):
    sign_in(Client())
    provider.claims |= {"email": "married@corp.example", "preferred_username": "someone_else"}
    client = Client()
    sign_in(client)
    assert who(client) == "ada_l"
    assert User.objects.count() == 1


def test_an_unconfirmed_address_must_be_confirmed_here(provider):
    provider.claims["email_verified"] = False
    sign_in(Client())
    assert not User.objects.get().is_activated
    assert mail.outbox[-1].to == ["ada@corp.example"]


@pytest.mark.parametrize("value", ["false", "true", 1, None, {}])
def test_only_true_confirms_an_address(provider, value):
    provider.claims["email_verified"] = value
    sign_in(Client())
    assert not User.objects.get().is_activated


@pytest.mark.parametrize(
    ("claim", "username"),
    [
        ("ada.l", "ada_l"),
        ("Ada Lovelace", "ada_lovelace"),
        ("ada@corp.example", "ada"),
        ("Zoë-Ångström", "zoe_angstrom"),
        ("愛", "user"),
        ("a", "user"),
        ("x" * 200, "x" * 30),
        ("<script>", "script"),
        (["list"], "list"),
        (None, "ada"),
        ("", "ada"),
    ],
)
def test_any_name_becomes_a_valid_user_name(provider, claim, username):
    provider.claims["preferred_username"] = claim
    client = Client()
    sign_in(client)
    assert who(client) == username


def test_a_name_taken_at_the_same_moment_can_be_tried_again(provider):
    make_user("ada_l")
    client = Client()
    with patch("livefeed.accounts.social_adapter.generate_unique_username", return_value="ada_l"):
        page = sign_in(client)
    assert page.redirect_chain == [(LOGIN, 302)]
    assert "Continue to try again." in text(page)
    assert (who(client), SocialAccount.objects.count()) == (None, 0)

    sign_in(client)
    assert who(client) not in (None, "ada_l")


def test_answers_of_the_provider_are_limited(provider):
    statuses = [Client().get(f"{LOGIN}callback/?state=x&code=y").status_code for _ in range(31)]
    assert 429 not in statuses[:30]
    assert statuses[30] == 429


def test_a_taken_name_gets_a_number(provider):
    make_user("ADA_L")
    client = Client()
    sign_in(client)
    assert who(client) not in (None, "ADA_L")
    assert User.objects.count() == 2


def test_a_person_without_address_enters_one(provider):
    del provider.claims["email"]
    client = Client()
    page = sign_in(client)
    assert page.redirect_chain[-1][0] == "/accounts/social/signup/"
    answer = {"username": "ada", "email": "ada@home.example"}
    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post("/accounts/social/signup/", answer)
    assert who(client) == "ada"
    assert not User.objects.get().is_activated
    assert mail.outbox[-1].to == ["ada@home.example"]


def test_the_address_of_an_account_does_not_open_it(provider):
    owner = make_user("ada")
    provider.claims["email"] = owner.email.upper()
    client = Client()

    page = sign_in(client)

    assert page.status_code == 409
    assert "You have an account already" in text(page)
    assert who(client) is None
    assert User.objects.count() == 1


def test_an_unconfirmed_address_reveals_no_account(provider):
    owner = make_user("ada")
    provider.claims |= {"email": owner.email, "email_verified": False}
    client = Client()
    sign_in(client)
    assert who(client) == "ada_l"
    assert not User.objects.get(username="ada_l").is_activated
    assert "already" in mail.outbox[-1].body


@pytest.fixture
def trusting(provider, settings) -> Provider:
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
    return provider


def test_the_operator_may_trust_confirmed_addresses(trusting):
    owner = make_user("ada")
    trusting.claims["email"] = owner.email
    client = Client()
    sign_in(client)
    assert who(client) == "ada"
    assert SocialAccount.objects.get().user == owner


def test_trust_does_not_extend_to_unconfirmed_addresses(trusting):
    owner = make_user("ada")
    trusting.claims |= {"email": owner.email, "email_verified": False}
    client = Client()
    sign_in(client)
    assert who(client) != "ada"


def test_trust_does_not_open_an_account_that_never_confirmed_the_address(trusting):
    squatter = make_user("squatter", activated_at=None)
    EmailAddress.objects.update(verified=False)
    trusting.claims["email"] = squatter.email
    client = Client()
    sign_in(client)
    assert who(client) == "ada_l"


def test_a_suspended_account_stays_closed(provider):
    sign_in(Client())
    User.objects.update(is_active=False)
    client = Client()
    assert "This account is suspended" in text(sign_in(client))
    assert who(client) is None


def test_two_step_sign_in_applies(provider):
    user = make_protected_user("mara")
    SocialAccount.objects.create(user=user, provider="127.0.0.1", uid="7")
    client = Client()
    assert sign_in(client).redirect_chain[-1][0] == SECOND_STEP
    assert who(client) is None
    enter(client, code_now())
    assert who(client) == "mara"


def test_a_user_connects_and_disconnects(provider):
    user = make_user("mara")
    client = reauthenticated(user)
    assert "Connect Example ID" in text(client.get(SECURITY))
    assert "Connected as ada" in text(sign_in(client, "connect"))
    entry = AuditEntry.objects.about(user).latest("pk")
    assert [str(sentence) for sentence in entry.sentences] == ["Sign-in with <bdi>127.0.0.1</bdi> turned on"]
    account = SocialAccount.objects.get()
    client.post("/accounts/social/", {"account": account.pk})
    assert not SocialAccount.objects.exists()


def test_connecting_asks_for_the_password_first(provider):
    client = signed_in(make_user("mara"))
    assert sign_in(client, "connect").redirect_chain[-1][0] == "/accounts/reauthenticate/"
    assert not SocialAccount.objects.exists()


def test_an_account_is_connected_to_one_user(provider):
    sign_in(Client())
    page = sign_in(reauthenticated(make_user("mara")), "connect")
    assert "belongs to another user" in text(page)


def test_the_last_way_in_cannot_be_disconnected(provider):
    client = Client()
    sign_in(client)
    page = client.post("/accounts/social/", {"account": SocialAccount.objects.get().pk}, follow=True)
    assert "Choose a password first" in text(page)
    assert SocialAccount.objects.exists()


def test_a_user_without_password_chooses_one_before_deleting_the_account(provider):
    client = Client()
    sign_in(client)
    assert 'href="/accounts/password/set/"' in text(client.get("/settings/delete/"))
    assert client.get("/accounts/password/set/").status_code == 200


def test_another_provider_does_not_inherit_accounts(provider):
    SocialAccount.objects.create(user=make_user("mara"), provider="old.example", uid="7")
    client = Client()
    sign_in(client)
    assert who(client) == "ada_l"


def test_a_provider_in_the_database_is_ignored(provider):
    SocialApp.objects.create(provider="openid_connect", provider_id="evil", client_id="x", settings={"server_url": "x"})
    assert Client().get("/accounts/oidc/evil/login/").status_code == 404


def test_only_needed_claims_are_stored(provider):
    provider.claims["groups"] = ["board"]
    sign_in(Client())
    assert "board" not in str(SocialAccount.objects.get().extra_data)


@pytest.mark.parametrize("claims", [{}, {"sub": ""}, {"sub": "7" * 300}, {"sub": "7", "email": 5}])
def test_nonsense_from_the_provider_is_explained(provider, claims):
    provider.claims = claims
    page = sign_in(Client())
    assert "did not sign you in" in text(page)
    assert page.status_code == 401


def test_a_provider_that_is_down_is_explained(provider):
    provider.is_broken = True
    page = Client().post(f"{LOGIN}?process=login")
    assert "Example ID did not sign you in" in text(page)
    assert page.status_code == 401


def test_a_refusal_at_the_provider_is_explained(provider):
    provider.is_refusing = True
    assert "You were not signed in." in text(sign_in(Client()))


def test_the_answer_for_another_browser_signs_in_as_no_one(provider):
    address = way_back(Client().post(f"{LOGIN}?process=login"))
    victim = Client()
    assert victim.get(address).status_code == 401
    assert who(victim) is None


def test_a_link_alone_does_not_leave_for_the_provider(provider):
    assert "Continue with Example ID" in text(Client().get(f"{LOGIN}?process=login"))
