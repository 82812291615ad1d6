"""Middleware of the site."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from livefeed.views.errors import forbidden, not_found


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
