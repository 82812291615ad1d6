"""Clients whose requests need a CSRF token, as a browser's do."""

from django.test import Client

from livefeed.models import User
from tests.views.html import Page


def strict(user: User | None = None) -> Client:
    """Returns a client that is refused without a CSRF token, signed in as `user`."""
    client = Client(enforce_csrf_checks=True)
    if user:
        client.force_login(user)
    return client


def token_on(client: Client, address: str = "/") -> str:
    """Returns the CSRF token of a page."""
    return Page(client.get(address)).all("input", name="csrfmiddlewaretoken")[0]["value"]
