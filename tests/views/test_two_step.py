"""Two-step sign-in with an authenticator app and recovery codes. A password alone opens nothing once it is on."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import call_command
from django.test import Client, TestCase

from livefeed.models import AuditEntry, Session, User
from tests.factories import PASSWORD, make_user, signed_in
from tests.views.accounts import ADDRESS, path_in, reauthenticated, sign_in, text, who
from tests.views.second_steps import (
    SECOND_STEP,
    SET_UP,
    code_now,
    enter,
    make_protected_user,
    recovery_codes_of,
    secret_on,
    wrong_code,
)

pytestmark = pytest.mark.django_db
SECURITY = "/settings/security/"


@pytest.fixture
def user() -> User:
    return make_protected_user()


def kinds(user: User) -> list[str]:
    return list(AuditEntry.objects.about(user).order_by("pk").values_list("kind", flat=True))


def sentences(user: User) -> list[str]:
    return [str(sentence) for entry in AuditEntry.objects.about(user).order_by("pk") for sentence in entry.sentences]


def test_a_user_sets_up_an_app_and_gets_recovery_codes():
    user = make_user("mara")
    client = reauthenticated(user)
    secret = secret_on(client.get(SET_UP))

    with TestCase.captureOnCommitCallbacks(execute=True):
        page = client.post(SET_UP, {"code": code_now(secret)}, follow=True)

    assert page.redirect_chain[-1][0] == "/accounts/2fa/recovery-codes/"
    assert recovery_codes_of(user)[9] in text(page)
    assert "Two-step sign-in: <bdi>authenticator app</bdi> added" in sentences(user)
    assert mail.outbox[-1].subject == "[Livefeed] An authenticator app was added"
    assert "no-store" in client.get("/accounts/2fa/recovery-codes/")["Cache-Control"]


def test_a_wrong_code_does_not_set_up_an_app_and_keeps_its_key():
    client = reauthenticated(make_user("mara"))
    secret = secret_on(client.get(SET_UP))

    page = client.post(SET_UP, {"code": "000000"})

    assert "That code is not right." in text(page)
    assert secret_on(page) == secret
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("path", [SET_UP, "/accounts/2fa/webauthn/add/", "/accounts/2fa/recovery-codes/"])
def test_changes_ask_for_the_password_first(user, path):
    Authenticator.objects.filter(type="totp").delete()
    assert "/reauthenticate/?next=" in signed_in(user).get(path)["Location"]


@pytest.mark.parametrize("path", [SET_UP, "/accounts/2fa/webauthn/add/"])
def test_only_confirmed_accounts_can_turn_it_on(path):
    client = reauthenticated(make_user("squatter", activated_at=None))
    assert "Confirm your email first." in text(client.get(path, follow=True))


def test_a_password_alone_signs_in_nowhere(user):
    client = Client()

    page = sign_in(client, "mara")

    assert page.redirect_chain[-1][0] == SECOND_STEP
    assert who(client) is None
    assert not Session.objects.signed_in().exists()
    assert "signed_in" not in kinds(user)


def test_the_code_completes_the_sign_in_and_leads_where_it_began(user):
    client = Client()
    sign_in(client, "mara", next="/bookmarks/")

    page = enter(client, code_now())

    assert page.redirect_chain[-1][0] == "/bookmarks/"
    assert who(client) == "mara"
    assert kinds(user).count("signed_in") == 1
    assert Session.objects.signed_in().get().user == user


def test_a_code_signs_in_once(user):
    first, second = Client(), Client()
    code = code_now()
    for client in (first, second):
        sign_in(client, "mara")
        enter(client, code)
    assert (who(first), who(second)) == ("mara", None)


def test_a_recovery_code_works_once_and_is_recorded(user):
    code = recovery_codes_of(user)[0]
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, "mara")
        enter(client, code)
    assert (who(first), who(second)) == ("mara", None)
    assert "Recovery code used" in sentences(user)
    assert "9 of 10 left" in text(first.get(SECURITY))


def test_wrong_codes_are_limited_and_recorded(user):
    client = Client()
    sign_in(client, "mara")
    wrong = wrong_code()
    pages = [client.post(SECOND_STEP, {"code": wrong}) for _ in range(6)]
    assert [page.status_code for page in pages] == [200] * 5 + [429]
    assert "Too many attempts. Try again in 5 minutes." in text(pages[-1])
    assert 0 < int(pages[-1]["Retry-After"]) <= 300
    assert kinds(user).count("sign_in.refused") == 5


def test_the_limit_holds_across_addresses_and_sign_ins(user):
    wrong = wrong_code()
    statuses = []
    for number in range(6):
        client = Client(REMOTE_ADDR=f"203.0.113.{number}")
        sign_in(client, "mara")
        statuses.append(client.post(SECOND_STEP, {"code": wrong}).status_code)
    assert statuses[-1] == 429


def test_wrong_codes_from_elsewhere_do_not_keep_a_known_device_out(user):
    owner = Client()
    sign_in(owner, "mara")
    enter(owner, code_now())
    owner.post("/accounts/logout/")
    stranger = Client(REMOTE_ADDR="203.0.113.7")
    sign_in(stranger, "mara")
    wrong = wrong_code()
    assert [stranger.post(SECOND_STEP, {"code": wrong}).status_code for _ in range(6)][-1] == 429

    sign_in(owner, "mara")
    enter(owner, recovery_codes_of(user)[0])

    assert who(owner) == "mara"


def test_a_wrong_code_is_no_wrong_password(user):
    client = Client()
    sign_in(client, "mara")
    wrong = wrong_code()
    for _ in range(5):
        client.post(SECOND_STEP, {"code": wrong})
    for _ in range(4):
        sign_in(Client(), "mara", "wrong")
    assert sign_in(Client(), "mara", "wrong").status_code == 200


def test_a_suspension_between_the_steps_ends_the_sign_in(user):
    client = Client()
    sign_in(client, "mara")
    User.objects.filter(pk=user.pk).update(is_active=False)

    page = enter(client, code_now())

    assert "This account is suspended" in text(page)
    assert "signed_in" not in kinds(user)


def test_the_sign_in_can_be_cancelled(user):
    client = Client()
    sign_in(client, "mara")
    client.post("/accounts/logout/", {"next": "/accounts/login/"})
    assert client.get(SECOND_STEP)["Location"] == "/accounts/login/"


def test_a_new_password_does_not_turn_it_off(user, settings):
    settings.LIVEFEED_URL = ADDRESS
    client = Client()
    client.post("/accounts/password/reset/", {"email": user.email})
    page = client.get(path_in(mail.outbox[-1]), follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "another long password"})

    page = sign_in(client, "mara", "another long password")

    assert page.redirect_chain[-1][0] == SECOND_STEP


def test_the_admin_has_no_other_way_in():
    make_protected_user("operator", is_staff=True, is_superuser=True)
    client = Client()
    client.post("/admin/login/", {"username": "operator", "password": PASSWORD, "next": "/admin/"})
    assert client.get("/admin/").status_code == 302
    sign_in(client, "operator", next="/admin/")
    assert client.get("/admin/").status_code == 302
    enter(client, code_now())
    assert client.get("/admin/").status_code == 200


def test_removing_the_last_step_removes_the_recovery_codes_too(user):
    client = reauthenticated(user)
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=user).exists()
    assert "Two-step sign-in: <bdi>authenticator app</bdi> removed" in sentences(user)
    assert mail.outbox[-1].subject == "[Livefeed] Your authenticator app was removed"


def test_new_recovery_codes_replace_the_old_ones(user):
    old = recovery_codes_of(user)
    page = reauthenticated(user).post("/accounts/2fa/recovery-codes/generate/", follow=True)
    assert recovery_codes_of(user)[0] in text(page)
    assert not set(old) & set(recovery_codes_of(user))


def test_an_address_can_still_be_changed(user):
    client = reauthenticated(user)
    page = client.post("/accounts/email/", {"action_add": "", "email": "new@example.org"}, follow=True)
    assert "We sent a link to new@example.org." in text(page)


def test_the_command_shows_and_resets_it(user):
    output = StringIO()
    call_command("twostep", "@mara", stdout=output)
    assert "Authenticator app: yes" in output.getvalue()
    call_command("twostep", "mara", reset=True, stdout=output)
    client = Client()
    sign_in(client, "mara")
    assert who(client) == "mara"


def test_superusers_can_remove_a_step_but_see_no_secret(user):
    client = signed_in(make_user("operator", is_staff=True, is_superuser=True))
    step = Authenticator.objects.get(user=user, type="totp")
    page = text(client.get(f"/admin/mfa/authenticator/{step.pk}/change/"))
    assert step.data["secret"] not in page
    client.post(f"/admin/mfa/authenticator/{step.pk}/delete/", {"post": "yes"})
    assert sentences(user)[-1] == "Two-step sign-in: <bdi>authenticator app</bdi> removed"
    assert client.get("/admin/mfa/authenticator/add/").status_code == 403
    assert client.get("/admin/socialaccount/socialaccount/add/").status_code == 403
    assert client.get("/admin/socialaccount/socialapp/").status_code == 404


def test_deleting_an_account_deletes_its_steps(user):
    user.delete()
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(username="mara").latest("pk").kind == "account.deleted"
