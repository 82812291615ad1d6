"""Rate limits: the page says when to try again, and keeps the input except passwords."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory

from livefeed.accounts import rate_limits
from livefeed.models import User
from tests.factories import PASSWORD, make_user, signed_in
from tests.views.accounts import reauthenticated, sign_in, sign_up, text, who

pytestmark = pytest.mark.django_db

FIVE = "Too many attempts. Try again in 5 minutes."
TEN = "Too many attempts. Try again in 10 minutes."


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (0, "a moment"),
        (1, "a minute"),
        (60, "a minute"),
        (61, "2 minutes"),
        (240, "4 minutes"),
        (3_540, "59 minutes"),
        (3_541, "an hour"),
        (3_600, "an hour"),
        (3_601, "2 hours"),
    ],
)
def test_the_message_names_the_wait_in_words(seconds, message):
    assert rate_limits.message(seconds) == f"Too many attempts. Try again in {message}."


def test_the_wait_is_that_of_allauth(settings):
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "2/10m/key,3/h/key"}
    request = RequestFactory().post("/")
    waits = []
    for _ in range(4):
        waits.append(rate_limits.retry_after(request, "confirm_email", "one"))
        rate_limits.consume(request, "confirm_email", "one")
    assert waits == [0, 0, 600, 600]
    assert rate_limits.retry_after(request, "confirm_email", "another") == 0


@pytest.mark.parametrize("login", ["mara", "@Mara ", "mara@example.org"])
def test_wrong_passwords_are_limited(client, login):
    make_user("mara")
    for _ in range(5):
        sign_in(client, login, "wrong horse")
    answer = sign_in(client, login)
    assert answer.status_code == 429
    assert f'<p class="form-error" role="alert">{FIVE}</p>' in text(answer)
    assert f'value="{login}"' in text(answer)
    assert PASSWORD not in text(answer)
    assert 0 < int(answer["Retry-After"]) <= 300
    assert who(client) is None


def test_sign_ins_from_one_network_address_are_limited(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    make_user("mara")
    sign_in(client, "mara", "wrong horse")
    answer = sign_in(client, "mara")
    assert answer.status_code == 429
    assert "Too many attempts. Try again in a minute." in text(answer)
    assert 'value="mara"' in text(answer)
    assert client.get("/accounts/login/").status_code == 200


def test_sign_ups_are_limited(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/4m/ip"}
    client.post("/accounts/signup/", {})
    answer = sign_up(client)
    assert answer.status_code == 429
    assert "Too many attempts. Try again in 4 minutes." in text(answer)
    assert 'value="Mara"' in text(answer)
    assert 'value="mara@example.org"' in text(answer)
    assert PASSWORD not in text(answer)
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["mara@example.org", "nobody@example.org"])
def test_password_resets_are_limited(client, mailoutbox, email):
    make_user("mara")
    answers = [client.post("/accounts/password/reset/", {"email": email}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert TEN in text(answers[-1])
    assert f'value="{email}"' in text(answers[-1])
    assert len(mailoutbox) == 5


@pytest.mark.parametrize("action", ["action_add", "action_send"])
def test_mails_to_a_new_address_are_limited(mailoutbox, action):
    mara = reauthenticated(make_user("mara"))
    new = {"email": "new@example.org"}
    for first in ("action_add", "action_send", "action_send"):
        mara.post("/accounts/email/", new | {first: ""})
    answer = mara.post("/accounts/email/", new | {action: ""})
    assert answer.status_code == 429
    assert TEN in text(answer)
    assert 'value="new@example.org"' in text(answer)
    assert "To confirm <b>new@example.org</b>" in text(answer)
    assert len(mailoutbox) == 3


def test_changes_of_the_address_are_limited(settings):
    settings.ACCOUNT_RATE_LIMITS = {"manage_email": "1/5m/user"}
    mara = reauthenticated(make_user("mara"))
    mara.post("/accounts/email/", {"email": "one@example.org", "action_add": ""})
    answer = mara.post("/accounts/email/", {"email": "two@example.org", "action_add": ""})
    assert answer.status_code == 429
    assert FIVE in text(answer)
    assert 'value="two@example.org"' in text(answer)
    assert "To confirm <b>one@example.org</b>" in text(answer)


def test_reauthentications_are_limited():
    mara = signed_in(make_user("mara"))
    for _ in range(5):
        mara.post("/accounts/reauthenticate/", {"password": "wrong horse"})
    answer = mara.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 429
    assert FIVE in text(answer)


def test_forms_of_passwords_only_get_an_error_page(settings):
    settings.ACCOUNT_RATE_LIMITS = {"change_password": "1/3m/user"}
    mara = signed_in(make_user("mara"))
    mara.post("/accounts/password/change/", {})
    answer = mara.post("/accounts/password/change/", {})
    assert answer.status_code == 429
    assert "Nothing was changed. Too many attempts. Try again in 3 minutes." in text(answer)
    assert int(answer["Retry-After"]) == 180


def test_a_limit_applies_to_one_user_only():
    make_user("mara")
    make_user("tove")
    for _ in range(6):
        sign_in(Client(), "mara", "wrong horse")
    tove = Client()
    sign_in(tove, "tove")
    assert who(tove) == "tove"


def test_attempts_are_counted_in_the_database_for_all_processes(client, settings):
    settings.CACHES = {**settings.CACHES, "default": settings.CACHES["in the database"]}
    make_user("mara")
    sign_in(client, "mara", "wrong horse")
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM livefeed_cache WHERE cache_key LIKE '%login_failed%'")
        assert cursor.fetchone() == (3,)  # for the address in a minute, for name and address in 5 and 30 minutes


def test_expired_attempts_are_deleted(settings):
    settings.CACHES = {**settings.CACHES, "default": settings.CACHES["in the database"]}
    cache.set("old", 1, timeout=0.001)
    cache.set("new", 2, timeout=60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE livefeed_cache SET expires = '2020-01-01 00:00:00' WHERE cache_key LIKE '%old'")
        rate_limits.prune()
        cursor.execute("SELECT COUNT(*) FROM livefeed_cache")
        assert cursor.fetchone() == (1,)
    assert cache.get("new") == 2
