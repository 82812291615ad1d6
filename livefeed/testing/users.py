"""Signed-in users without a sign-in page."""

from django.test import Client

from livefeed.models import User


def signed_in(user: User) -> Client:
    """Returns Django's test client, signed in as `user`."""
    client = Client()
    client.force_login(user)
    return client


def cookie_of(user: User) -> str:
    """Returns the value of a Cookie header with a new session of `user`."""
    return cookies_of(signed_in(user))


def cookies_of(client: Client) -> str:
    """Returns the value of a Cookie header with all cookies of a client."""
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
