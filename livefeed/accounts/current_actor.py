"""User and network address behind the request that the current thread or task is answering."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple

from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse

from livefeed.models import User
from livefeed.models.audit import UNKNOWN

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


class Actor(NamedTuple):
    """Author of a change. `user` is None for visitors; `address` is empty for changes by a command or task."""

    user: User | None
    address: str


class CurrentActorMiddleware:
    """Makes the current request available to `current_actor()`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


def current_actor() -> Actor:
    """Returns the user and address of the current request; without a request both are empty."""
    request = _request.get()
    if request is None:
        return Actor(None, "")
    user = getattr(request, "user", None)
    return Actor(user if user is not None and user.is_authenticated else None, client_address(request))


def client_address(request: HttpRequest | None) -> str:
    """Returns the client's network address, read from as many proxy headers as are trusted; empty without a request.

    A request that bypassed a trusted proxy gets the address of its connection: it must not fail for a missing header.
    At most 45 characters, the length of the longest IPv6 address.
    """
    if request is None:
        return ""
    try:
        address: str = get_adapter().get_client_ip(request)
    except ImproperlyConfigured:
        address = request.META.get("REMOTE_ADDR") or UNKNOWN
    except PermissionDenied:
        address = UNKNOWN
    return address[:45]
