"""Steps shared by the tests of account pages, performed through pages and mails only."""

import re
from typing import TYPE_CHECKING

from django.core.mail import EmailMessage
from django.test import Client, TestCase

from livefeed.models import User
from tests.factories import PASSWORD, signed_in

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

ADDRESS = "https://feed.example.org"
MARA = {"username": "Mara", "email": "mara@example.org", "password1": PASSWORD}


def sign_up(client: Client, **changes: str) -> "Page":
    """Signs up, and runs the on-commit hooks although the test's transaction stays open."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post("/accounts/signup/", MARA | changes, follow=True)


def sign_in(client: Client, login: str, password: str = PASSWORD, **more: str) -> "Page":
    return client.post("/accounts/login/", {"login": login, "password": password} | more, follow=True)


def reauthenticated(user: User) -> Client:
    client = signed_in(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def who(client: Client) -> str | None:
    """Returns the name of the signed-in user as a page shows it; None for a visitor."""
    found = re.search(r'class="rail-user" href="/@(\w+)/"', text(client.get("/explore/")))
    return found[1] if found else None


def text(response: "Page") -> str:
    return response.content.decode()


def error_of(page: str, field: str) -> str:
    found = re.search(rf'<p class="field-error" id="id_{field}_error" role="alert">(.*?)</p>', page)
    return found[1] if found else ""


def path_in(mail: EmailMessage) -> str:
    """Returns the path of the link in a mail."""
    found = re.search(rf"^{ADDRESS}(/\S+)$", str(mail.body), re.MULTILINE)
    assert found is not None
    return found[1]
