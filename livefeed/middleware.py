"""Middleware of the site."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions import middleware as sessions
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from livefeed.accounts.active_sessions import SIGNED_OUT
from livefeed.views.errors import forbidden, not_found

UNUSED_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
"""Features of browsers that no page of the site uses, by their names in the Permissions-Policy header."""
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)
PRIVATE = "private, no-store"
LEFT_BY_SIGN_OUT = '"cache", "storage"'
"""Data that a browser deletes after a sign-out: cached pages and pictures, stored lists of posts, drafts and the
outbox. The cookie of the session is deleted anyway."""


class SessionMiddleware(sessions.SessionMiddleware):
    """Django's middleware, except that it deletes the cookie of a session only if the request has ended the session.

    Django also deletes the cookie if it finds no session. But by the time of the response the browser may have a newer
    cookie: if the user has signed in again while a request of an old page was under way, that would sign the user out.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = request.session
        if settings.SESSION_COOKIE_NAME in request.COOKIES and session.is_empty() and not session.modified:
            patch_vary_headers(response, ["Cookie"])
            return response
        return super().process_response(request, response)


class PermissionsPolicyMiddleware:
    """Turns off the features of browsers that the site does not use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        return response


class PrivateResponseMiddleware:
    """Keeps a user's data out of the caches of browsers, and instructs a browser to delete stored data at the sign-out.

    A response is private if the browser sent a cookie or gets one. A view's own Cache-Control header stays.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.COOKIES or response.cookies:
            response.setdefault("Cache-Control", PRIVATE)
        if SIGNED_OUT in request.META:
            response["Clear-Site-Data"] = LEFT_BY_SIGN_OUT
        return response


class ErrorPageMiddleware:
    """Answers `Http404`, `PermissionDenied` and unknown URLs with the site's own pages, with DEBUG too: there htmx
    would swap Django's technical page into the current page. Other exceptions keep that page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_unknown_url = response.status_code == 404 and request.resolver_match is None
        return not_found(request, Http404()) if settings.DEBUG and is_unknown_url else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Http404):
            return not_found(request, exception)
        if isinstance(exception, PermissionDenied):
            return forbidden(request, exception)
        return None
