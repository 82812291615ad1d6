"""Who does what is being done, and from where: the request that this thread answers, if it answers one."""

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
    """Somebody who does something: None if nobody is signed in; the address is empty for what the server does."""

    user: User | None
    address: str


class CurrentActorMiddleware:
    """Lets what is done while a request is answered know whose request it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


def current_actor() -> Actor:
    """Who does what is being done now."""
    request = _request.get()
    if request is None:
        return Actor(None, "")
    user = getattr(request, "user", None)
    return Actor(user if user is not None and user.is_authenticated else None, client_address(request))


def client_address(request: HttpRequest | None) -> str:
    """The network address a request came from, as far as the proxies before us are trusted; empty without a request.
    One that came past some of them is from where its connection is from: it must not fail for that."""
    if request is None:
        return ""
    try:
        address: str = get_adapter().get_client_ip(request)
    except ImproperlyConfigured:
        address = request.META.get("REMOTE_ADDR") or UNKNOWN
    except PermissionDenied:
        address = UNKNOWN
    return address[:45]
