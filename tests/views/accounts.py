"""What the tests of account pages do, through the pages and the mails alone."""

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
    """Signs up; what waits for the commit is done, although the test's own transaction goes on."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post("/accounts/signup/", MARA | changes, follow=True)


def sign_in(client: Client, login: str, password: str = PASSWORD, **more: str) -> "Page":
    return client.post("/accounts/login/", {"login": login, "password": password} | more, follow=True)


def reauthenticated(user: User) -> Client:
    client = signed_in(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def who(client: Client) -> str | None:
    """The name on the page of whom a browser is signed in as."""
    found = re.search(r'class="rail-person" href="/@(\w+)/"', text(client.get("/explore/")))
    return found[1] if found else None


def text(response: "Page") -> str:
    return response.content.decode()


def error_of(page: str, field: str) -> str:
    found = re.search(rf'<p class="field-error" id="id_{field}_error" role="alert">(.*?)</p>', page)
    return found[1] if found else ""


def path_in(mail: EmailMessage) -> str:
    """The path of the link in a mail, as if it was clicked."""
    found = re.search(rf"^{ADDRESS}(/\S+)$", str(mail.body), re.MULTILINE)
    assert found is not None
    return found[1]
