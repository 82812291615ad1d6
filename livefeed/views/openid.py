"""Sign-in with an OpenID Connect provider. allauth implements the protocol; these views handle a provider that is down
or sends invalid data, and redirect to the provider in a way that the content security policy allows."""

import logging
from collections.abc import Callable
from typing import Any

from allauth.core.internal import ratelimit
from allauth.socialaccount import views
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from requests import RequestException

from livefeed.accounts import rate_limits
from livefeed.accounts.social_adapter import provider_id as configured_provider

logger = logging.getLogger(__name__)

PROVIDER_ERRORS = (RequestException, OAuth2Error, ImproperlyConfigured, KeyError, TypeError, ValueError, AttributeError)
"""Raised by allauth for answers of a provider that is down, or that are not those of a provider."""


@ratelimit.decorator(app=rate_limits.APP, action="openid_connect_login")  # type: ignore[untyped-decorator]
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sends the user to the provider: `GET` asks for confirmation, `POST` leaves the site.

    A page leads there, not a redirect. Chromium applies `form-action` to every redirect that follows a form, and the
    provider may send the user on to hosts that are not known here.
    """
    response = _guarded(openid_connect.login, request, provider_id)
    if response.status_code == 302:
        context = {"name": get_adapter().get_provider(request, provider_id).name, "address": response["Location"]}
        response = render(request, "socialaccount/leave.html", context)
    return response


@ratelimit.decorator(app=rate_limits.APP, action="openid_connect_callback", limit_get=True)  # type: ignore[untyped-decorator]
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Signs in the user whom the provider sends back, or says why that is not possible."""
    return _guarded(openid_connect.callback, request, provider_id)


def _guarded(view: Callable[..., HttpResponse], request: HttpRequest, provider_id: str) -> HttpResponse:
    if not provider_id or provider_id != configured_provider():
        raise Http404("This site has no such provider.")
    try:
        return view(request, provider_id)
    except PROVIDER_ERRORS:
        logger.exception("Sign-in with the OpenID Connect provider failed.")
        provider = get_adapter().get_provider(request, provider_id)
        return render_authentication_error(request, provider)  # type: ignore[no-any-return]  # allauth has no types


class ConnectionsView(views.ConnectionsView):
    """Disconnects the account at the provider. The settings show it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("settings_security")

    def form_invalid(self, form: Any) -> HttpResponse:
        for errors in form.errors.values():
            messages.error(self.request, errors[0])
        return redirect("settings_security")
