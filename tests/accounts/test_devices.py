"""Known devices: a stranger's wrong passwords do not lock the owner out, and a new device is reported by mail."""

import time

import pytest
from allauth.core.internal import ratelimit
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from livefeed.models import Session, User
from tests.factories import PASSWORD, make_user, signed_in
from tests.views.accounts import ADDRESS, MARA, path_in, sign_in, sign_up, text, who

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
OWN_ADDRESS = "203.0.113.1"
MAX_GUESSES = 6


@pytest.fixture
def few_guesses(settings) -> None:
    """Limits an account to MAX_GUESSES from unknown devices, to keep the tests short."""
    limit = {"login_account": f"{MAX_GUESSES}/30m/key"}
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | limit


def client_at(address: str) -> Client:
    return Client(REMOTE_ADDR=address)


def guess(times: int, login: str = "mara") -> None:
    """Tries wrong passwords, each from another network address."""
    for number in range(times):
        sign_in(client_at(f"198.51.{number // 250}.{number % 250}"), login, "wrong horse")


def known_device(user: User, address: str = OWN_ADDRESS) -> Client:
    """Returns a client that has signed in as `user` and signed out again."""
    client = client_at(address)
    sign_in(client, user.username)
    client.post("/accounts/logout/")
    assert who(client) is None
    return client


# --- Wrong passwords ---


@pytest.mark.parametrize("login", ["mara", "mara@example.org"])
def test_wrong_passwords_from_other_addresses_do_not_lock_the_owner_out(login):
    make_user("mara")
    guess(10, login)
    owner = client_at(OWN_ADDRESS)
    sign_in(owner, login)
    assert who(owner) == "mara"


def test_one_address_does_not_use_up_the_attempts_of_all_unknown_devices(monkeypatch):
    make_user("mara")
    stranger = client_at("198.51.100.1")
    now = time.time()
    for _ in range(6):
        monkeypatch.setattr(ratelimit.time, "time", lambda moment=now: moment)
        for _ in range(5):
            sign_in(stranger, "mara", "wrong horse")
        now += 301
    owner = client_at(OWN_ADDRESS)
    sign_in(owner, "mara")
    assert who(owner) == "mara"


def test_attempts_with_an_address_do_not_reveal_whose_it_is():
    make_user("mara")
    client = client_at(OWN_ADDRESS)
    for _ in range(6):
        answer = sign_in(client, "mara@example.org", "wrong horse")
    assert answer.status_code == 429
    assert sign_in(client, "mara", "wrong horse").status_code == 200


@pytest.mark.usefixtures("few_guesses")
def test_a_guess_from_many_addresses_is_slowed_but_not_for_a_known_device():
    owner = known_device(make_user("mara"))
    guess(MAX_GUESSES)
    answer = sign_in(client_at("192.0.2.1"), "@MARA")
    assert answer.status_code == 429
    assert "Too many attempts. Try again in 30 minutes." in text(answer)
    sign_in(owner, "mara")
    assert who(owner) == "mara"


def test_a_known_device_signs_in_although_its_address_is_blocked():
    owner = known_device(make_user("mara"))
    for _ in range(6):
        answer = sign_in(client_at(OWN_ADDRESS), "mara", "wrong horse")
    assert answer.status_code == 429
    sign_in(owner, "mara")
    assert who(owner) == "mara"


def test_a_known_device_has_a_limit_of_its_own():
    owner = known_device(make_user("mara"))
    for _ in range(5):
        sign_in(owner, "mara", "wrong horse")
    assert sign_in(owner, "mara").status_code == 429


@pytest.mark.parametrize("entry", ["", "nonsense", "x" * 5_000, "1-0123456789abcdef:" + "A" * 43, "\x00", "é"])
def test_a_forged_cookie_makes_no_known_device(entry):
    mara = make_user("mara")
    client = client_at(OWN_ADDRESS)
    client.cookies["livefeed_device"] = entry.replace("1-", f"{mara.pk}-")
    for _ in range(5):
        sign_in(client, "mara", "wrong horse")
    assert sign_in(client, "mara").status_code == 429
    assert sign_in(Client(REMOTE_ADDR=OWN_ADDRESS), "mara").status_code == 429


@pytest.mark.usefixtures("few_guesses")
def test_the_device_of_one_account_is_not_a_device_of_another():
    make_user("mara")
    tove = known_device(make_user("tove"))
    guess(MAX_GUESSES)
    assert sign_in(tove, "mara").status_code == 429


@pytest.mark.usefixtures("few_guesses")
def test_a_browser_is_remembered_for_several_accounts():
    make_user("tove")
    client = known_device(make_user("mara"))
    sign_in(client, "tove")
    client.post("/accounts/logout/")
    for login in ("mara", "tove"):
        guess(MAX_GUESSES, login)
        sign_in(client, login)
        assert who(client) == login
        client.post("/accounts/logout/")


@pytest.mark.usefixtures("few_guesses")
def test_a_new_password_makes_other_devices_unknown(mailoutbox):
    mara = make_user("mara")
    other = known_device(mara)
    owner = known_device(mara)
    sign_in(owner, "mara")
    new = "another horse battery"
    owner.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new})
    owner.post("/accounts/logout/")
    guess(MAX_GUESSES)
    assert sign_in(other, "mara", new).status_code == 429
    sign_in(owner, "mara", new)
    assert who(owner) == "mara"


@pytest.mark.usefixtures("few_guesses")
def test_the_owner_gets_in_by_a_mail_while_others_guess(settings, mailoutbox):
    settings.LIVEFEED_URL = ADDRESS
    make_user("mara")
    guess(MAX_GUESSES)
    owner = client_at(OWN_ADDRESS)
    owner.post("/accounts/password/reset/", {"email": "mara@example.org"})
    form = owner.get(path_in(mailoutbox[0]))["Location"]
    owner.post(form, {"password1": "another horse battery"})
    for login in ("mara", "mara@example.org"):
        assert sign_in(client_at("192.0.2.1"), login, "another horse battery").status_code == 200
    guess(MAX_GUESSES)
    sign_in(owner, "mara", "another horse battery")
    assert who(owner) == "mara"
    assert len([mail for mail in mailoutbox if "New sign-in" in mail.subject]) == 2  # those at another address


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/settings/delete/", {"password": PASSWORD, "understood": "on"}),
        ("/accounts/reauthenticate/", {"password": PASSWORD}),
        ("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "another horse battery"}),
    ],
)
def test_every_form_that_asks_for_the_password_counts_wrong_ones_and_says_when_to_try_again(address, fields):
    mara = make_user("mara")
    client = signed_in(mara)
    field = next(iter(fields))
    for _ in range(5):
        assert client.post(address, fields | {field: "wrong horse"}).status_code in (200, 422)
    answer = client.post(address, fields)
    assert answer.status_code == 429
    assert "Too many attempts. Try again in 5 minutes." in text(answer)
    assert 0 < int(answer["Retry-After"]) <= 300
    assert PASSWORD not in text(answer)
    assert User.objects.get().is_active
    assert User.objects.get().password == mara.password


@pytest.mark.usefixtures("few_guesses")
def test_other_sessions_can_give_the_password_although_one_is_blocked():
    mara = make_user("mara")
    guess(MAX_GUESSES)
    for _ in range(6):
        signed_in(mara).post("/accounts/reauthenticate/", {"password": "wrong horse"})
    assert signed_in(mara).post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


# --- The cookie ---


@pytest.mark.parametrize(("is_https", "name"), [(False, "livefeed_device"), (True, "__Host-livefeed_device")])
def test_the_cookie_is_hidden_from_scripts_and_bound_to_the_host(settings, is_https, name):
    settings.SESSION_COOKIE_SECURE = is_https
    settings.COOKIE_PREFIX = "__Host-" if is_https else ""
    make_user("mara")
    client = Client()
    client.post("/accounts/login/", {"login": "mara", "password": PASSWORD})
    cookie = client.cookies[name]
    assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax")
    assert cookie["httponly"]
    assert bool(cookie["secure"]) is is_https
    assert cookie["max-age"] > 300 * 24 * 3_600


# --- Mail ---


def test_a_sign_in_from_a_new_device_is_reported_by_mail(settings, mailoutbox):
    settings.LIVEFEED_URL = ADDRESS
    make_user("mara")
    client = Client(REMOTE_ADDR=OWN_ADDRESS, headers={"User-Agent": FIREFOX})
    sign_in(client, "mara")
    (mail,) = mailoutbox
    assert mail.to == ["mara@example.org"]
    assert mail.subject == "[Livefeed] New sign-in to your account"
    for line in ("Firefox on Linux", OWN_ADDRESS, " UTC", "/settings/sessions/", "/accounts/password/change/"):
        assert line in mail.body
    client.post("/accounts/logout/")
    sign_in(client, "mara")
    assert len(mailoutbox) == 1


def test_the_sign_up_and_the_same_browser_later_are_not_reported(mailoutbox):
    client = Client()
    sign_up(client)
    User.objects.get().activate()
    client.post("/accounts/logout/")
    sign_in(client, "mara")
    assert [mail.subject for mail in mailoutbox] == ["[Livefeed] Welcome: activate your account"]
    sign_in(Client(), "mara")
    assert mailoutbox[1].to == [MARA["email"]]


def test_an_address_that_is_not_confirmed_gets_no_report(mailoutbox):
    sign_up(Client())
    sign_in(Client(), "mara")
    assert len(mailoutbox) == 1


def test_reports_to_one_account_are_limited(mailoutbox):
    make_user("mara")
    for _ in range(7):
        sign_in(Client(), "mara")
    assert Session.objects.count() == 7
    assert len(mailoutbox) == 5


def test_a_password_that_is_hashed_again_at_the_sign_in_makes_no_new_device(settings, mailoutbox, monkeypatch):
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1_000)
    client = known_device(make_user("mara"))
    mailoutbox.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    sign_in(client, "mara")
    client.post("/accounts/logout/")
    sign_in(client, "mara")
    assert User.objects.get().password.startswith("pbkdf2")
    assert mailoutbox == []
