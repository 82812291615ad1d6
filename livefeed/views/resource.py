"""Base classes of the views that change data."""

from typing import Any, cast

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views import View
from django_htmx.middleware import HtmxDetails

from livefeed.models import User


class Request(HttpRequest):
    """A request after the middleware has run, for the type checker."""

    htmx: HtmxDetails


def viewer_of(request: HttpRequest) -> User | None:
    """Returns the signed-in user, or None for a visitor."""
    return request.user if request.user.is_authenticated else None


def require_staff(request: HttpRequest) -> None:
    """Raises `PermissionDenied` unless the viewer is staff."""
    viewer = viewer_of(request)
    if viewer is None or not viewer.is_staff:
        raise PermissionDenied("This page is for staff.")


def method_of(request: HttpRequest) -> str:
    """Returns the method of a request: that of its field `_method`, since HTML forms know only GET and POST."""
    is_delete = request.method == "POST" and request.POST.get("_method", "").upper() == "DELETE"
    return "DELETE" if is_delete else request.method or ""


class Resource(View):
    """A view whose HTML forms can also send `DELETE` (see `method_of`)."""

    request: Request

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.method = method_of(request)
        response = super().dispatch(request, *args, **kwargs)
        patch_vary_headers(response, ["HX-Request"])
        return response


class SignedInResource(LoginRequiredMixin, Resource):
    """A resource for signed-in users only."""

    @property
    def viewer(self) -> User:
        return cast(User, self.request.user)

    def handle_no_permission(self) -> HttpResponse:  # type: ignore[override]  # the mixin raises or redirects
        """Redirects to the sign-in page; an htmx request leaves the current page for it."""
        if self.request.htmx:
            return HttpResponse(status=401, headers={"HX-Redirect": reverse("account_login")})
        return redirect("account_login")
