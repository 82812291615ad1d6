"""Sign-up, sign-in and sign-out, and changes of password and address, through pages and mails only."""

import re

import pytest
from django.test import Client, override_settings

from livefeed.accounts.adapter import AccountAdapter
from livefeed.models import User
from tests.factories import PASSWORD, make_user, signed_in
from tests.views.accounts import ADDRESS, error_of, path_in, reauthenticated, sign_in, sign_up, text, who


@pytest.fixture(autouse=True)
def _public_address(db, settings) -> None:
    """Links in mails start with ADDRESS."""
    settings.LIVEFEED_URL = ADDRESS


# --- Signing up ---


def test_sign_up_asks_for_a_name_an_email_and_one_password(client):
    page = text(client.get("/accounts/signup/"))
    assert re.findall(r'<input type="(?:text|email|password)" name="(\w+)"', page) == ["username", "email", "password1"]
    assert "3 to 30 letters, digits and underscores." in page
    assert 'autocomplete="username"' in page
    assert 'autocomplete="email"' in page
    assert 'autocomplete="new-password"' in page


def test_signing_up_signs_in_at_once(client, mailoutbox):
    response = sign_up(client)
    assert response.redirect_chain == [("/", 302)]
    assert "Open the link that we sent to <b>mara@example.org</b>." in text(response)
    assert who(client) == "Mara"
    assert len(mailoutbox) == 1


def test_a_user_can_sign_in_again_before_the_activation(client):
    sign_up(client)
    for login in ("mara", "mara@example.org"):
        elsewhere = Client()
        assert sign_in(elsewhere, login).redirect_chain == [("/", 302)]
        assert who(elsewhere) == "Mara"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Choose a name."),
        ("ma", "Use at least 3 characters."),
        ("m" * 31, "Use at most 30 characters."),
        ("mara lind", "Use only letters a to z, digits and underscores."),
        ("mara@home", "Use only letters a to z, digits and underscores."),
        ("mära", "Use only letters a to z, digits and underscores."),
        ("mara\n", None),  # a stray line end is trimmed like any space
    ],
)
def test_invalid_names_are_refused(client, name, sentence):
    page = text(sign_up(client, username=name))
    assert User.objects.exists() is (sentence is None)
    if sentence:
        assert error_of(page, "username") == sentence
        assert f'value="{name}"' in page or not name
        assert 'value="mara@example.org"' in page
        assert PASSWORD not in page


@pytest.mark.parametrize("name", ["mara", "MARA", "Mara"])
def test_a_name_is_taken_in_any_case(client, mailoutbox, name):
    make_user("mara")
    page = text(sign_up(client, username=name, email="other@example.org"))
    assert error_of(page, "username") == "That name is taken."
    assert f'value="{name}"' in page
    assert 'value="other@example.org"' in page
    assert PASSWORD not in page
    assert User.objects.count() == 1
    assert mailoutbox == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["mara", "MARA"])
def test_two_concurrent_sign_ups_with_one_name(client, monkeypatch, name):
    make_user("mara")
    monkeypatch.setattr(AccountAdapter, "clean_username", lambda self, username, shallow=False: username)
    page = text(sign_up(client, username=name, email="other@example.org"))
    assert error_of(page, "username") == "That name is taken."
    assert 'value="other@example.org"' in page


def test_errors_are_linked_to_their_fields_and_the_first_has_the_focus(client):
    page = text(sign_up(client, username="mara", email="nonsense", password1="short"))
    email = re.search(r'<input [^>]*name="email"[^>]*>', page)
    assert email is not None
    assert 'aria-invalid="true"' in email[0]
    assert 'aria-describedby="id_email_helptext id_email_error"' in email[0]
    assert re.findall(r'name="(\w+)"[^>]* autofocus', page) == ["email"]
    assert error_of(page, "email") == "Enter a valid email address."
    assert error_of(page, "password1").startswith("This password is too short.")


def test_an_address_longer_than_its_column_is_refused(client):
    long = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example.org"
    page = text(sign_up(client, email=long))
    assert error_of(page, "email") == "That address is too long."
    assert f'value="{long}"' in page


# --- Signing in and out ---


@pytest.mark.parametrize("login", ["Mara", "mara", "MARA", "@mara", " mara ", "mara@example.org", "Mara@Example.org"])
def test_sign_in_by_name_in_any_case_or_by_email(client, login):
    make_user("Mara")
    response = sign_in(client, login)
    assert response.redirect_chain == [("/", 302)]
    assert who(client) == "Mara"


def test_sign_in_redirects_to_the_requested_page(client):
    make_user("mara")
    page = text(client.get("/accounts/login/?next=/explore/"))
    assert '<input type="hidden" name="next" value="/explore/">' in page
    assert sign_in(client, "mara", next="/explore/").redirect_chain == [("/explore/", 302)]


def test_sign_in_never_redirects_to_another_site(client):
    make_user("mara")
    assert sign_in(client, "mara", next="https://elsewhere.example/").redirect_chain == [("/", 302)]


@pytest.mark.parametrize(
    ("login", "sentence"),
    [
        ("mara", "That name and password do not match."),
        ("nobody", "That name and password do not match."),
        ("mara@example.org", "That email and password do not match."),
        ("nobody@example.org", "That email and password do not match."),
    ],
)
def test_a_wrong_password_is_refused(client, login, sentence):
    make_user("mara")
    page = text(sign_in(client, login, "wrong horse"))
    assert f'<p class="form-error" role="alert">{sentence}</p>' in page
    assert f'value="{login}"' in page
    assert "wrong horse" not in page
    assert who(client) is None


def test_a_suspended_user_cannot_sign_in_and_learns_why(client):
    make_user("mara", is_active=False)
    assert "This account is suspended" in text(sign_in(client, "mara"))
    assert who(client) is None


def test_signing_out_needs_a_confirmation(client):
    reader = signed_in(make_user("mara"))
    assert '<button class="button" type="submit">Sign out</button>' in text(reader.get("/accounts/logout/"))
    assert who(reader) == "mara"
    response = reader.post("/accounts/logout/", follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "You are signed out." in text(response)
    assert who(reader) is None


@pytest.mark.parametrize(("debug", "demo", "shown"), [(True, True, True), (True, False, False), (False, True, False)])
def test_the_demo_password_is_shown_in_development_only(client, settings, debug, demo, shown):
    settings.DEBUG = debug
    if demo:
        make_user("demo")
    assert ("livefeed-demo" in text(client.get("/accounts/login/"))) is shown


# --- Passwords ---


def test_a_forgotten_password_is_reset_by_a_mail(client, mailoutbox):
    make_user("mara")
    other_browser = signed_in(User.objects.get())
    response = client.post("/accounts/password/reset/", {"email": "Mara@example.org"}, follow=True)
    assert response.redirect_chain == [("/accounts/password/reset/done/", 302)]
    assert "@mara" in mailoutbox[0].body

    response = client.get(path_in(mailoutbox[0]), follow=True)
    form = response.request["PATH_INFO"]
    assert '<input name="username" value="mara" autocomplete="username" hidden>' in text(response)
    assert error_of(text(client.post(form, {"password1": "password"})), "password1") == "This password is too common."
    response = client.post(form, {"password1": "another horse battery"}, follow=True)
    assert "Your password was changed." in text(response)

    assert who(other_browser) is None
    assert "do not match" in text(sign_in(client, "mara"))
    sign_in(client, "mara", "another horse battery")
    assert who(client) == "mara"


def test_a_reset_link_works_once(client, mailoutbox):
    make_user("mara")
    client.post("/accounts/password/reset/", {"email": "mara@example.org"})
    link = path_in(mailoutbox[0])
    client.post(client.get(link)["Location"], {"password1": "another horse battery"})
    assert "This link no longer works" in text(Client().get(link))


def test_a_reset_for_an_unknown_address_gets_the_same_answer(client, mailoutbox):
    response = client.post("/accounts/password/reset/", {"email": "nobody@example.org"}, follow=True)
    assert response.redirect_chain == [("/accounts/password/reset/done/", 302)]
    assert mailoutbox[0].subject == "[Livefeed] No account with this address"
    assert f"{ADDRESS}/accounts/signup/" in mailoutbox[0].body


def test_changing_the_password(mailoutbox):
    mara = make_user("mara")
    here = signed_in(mara)
    elsewhere = signed_in(mara)
    page = here.post("/accounts/password/change/", {"oldpassword": "wrong", "password1": "another horse battery"})
    assert error_of(text(page), "oldpassword") == "That is not your current password."

    change = {"oldpassword": PASSWORD, "password1": "another horse battery"}
    assert "Your password was changed." in text(here.post("/accounts/password/change/", change, follow=True))
    assert who(here) == "mara"
    assert who(elsewhere) is None
    assert mailoutbox[0].to == ["mara@example.org"]
    assert "choose a new password immediately" in mailoutbox[0].body


# --- Email address ---


def test_changing_the_address_needs_the_password_and_a_confirmation(mailoutbox):
    mara = signed_in(make_user("mara"))
    response = mara.post("/accounts/email/", {"email": "new@example.org", "action_add": ""}, follow=True)
    assert "Confirm your password" in text(response)
    assert mailoutbox == []

    where = {"next": "/accounts/email/"}
    assert "That is not your password." in text(mara.post("/accounts/reauthenticate/", {"password": "no"} | where))
    page = text(mara.post("/accounts/reauthenticate/", {"password": PASSWORD} | where, follow=True))
    assert "Your address is <b>mara@example.org</b>" in page
    assert "To confirm <b>new@example.org</b>" in page
    assert mailoutbox[0].to == ["new@example.org"]

    mara.post(path_in(mailoutbox[0]))
    assert "Your address is <b>new@example.org</b>" in text(mara.get("/accounts/email/"))
    assert "do not match" in text(sign_in(Client(), "mara@example.org"))
    assert sign_in(Client(), "new@example.org").redirect_chain == [("/", 302)]
    assert mailoutbox[1].to == ["mara@example.org"]
    assert "New address: new@example.org" in mailoutbox[1].body


def test_keeping_the_old_address(mailoutbox):
    mara = reauthenticated(make_user("mara"))
    mara.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    page = text(mara.post("/accounts/email/", {"email": "new@example.org", "action_remove": ""}, follow=True))
    assert "To confirm" not in page
    assert "This link does not work" in text(mara.get(path_in(mailoutbox[0])))


# --- All pages ---


@pytest.mark.parametrize(
    "path", ["login", "signup", "password/reset", "password/reset/done", "confirm-email", "inactive"]
)
def test_sign_in_pages_use_the_layout_of_the_site(client, path):
    page = text(client.get(f"/accounts/{path}/"))
    assert '<main id="main" class="entrance" tabindex="-1">' in page
    assert_plain(page)


@pytest.mark.parametrize("path", ["email", "password/change", "logout"])
def test_account_pages_have_the_navigation(path):
    mara = signed_in(make_user("mara"))
    page = text(mara.get(f"/accounts/{path}/"))
    assert 'class="rail"' in page
    assert f'<a href="/accounts/{path}/" aria-current="page">' in page
    assert_plain(page)
    assert Client().get(f"/accounts/{path}/").status_code == 302


@override_settings(DEBUG=True)
def test_the_development_mailbox_is_linked_in_development_only(client):
    assert "/dev/mail/" in text(client.get("/accounts/confirm-email/"))
    assert "/dev/mail/" in text(client.get("/accounts/password/reset/done/"))


# --- Assertions ---


def assert_plain(page: str) -> None:
    """Asserts that a page has no styles of allauth, nothing that the content security policy forbids, and no mention of
    development."""
    assert page.count("<h1") == 1
    assert re.search(r'<script(?! src)|\son\w+="|\sstyle="|placeholder=|[Pp]lease|/dev/mail/', page) is None
