"""Pages of two-step sign-in and passkeys: those of allauth.mfa, where they need more."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import views as webauthn
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from livefeed.views.accounts import LimitedAttemptsMixin


@login_required
def security_page(request: HttpRequest) -> HttpResponse:
    """Redirects to the settings, which list the second steps."""
    return redirect("settings_security")


class SecondStepView(LimitedAttemptsMixin, base.AuthenticateView):
    """The second step of a sign-in. The user is signed in only after it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        has_passkey = is_mfa_enabled(self.stage.login.user, [Authenticator.Type.WEBAUTHN])
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"has_passkey": has_passkey}

    def form_valid(self, form: Any) -> HttpResponse:
        """Ends the sign-in of an account that was suspended after the first step."""
        if not self.stage.login.user.is_active:
            self.stage.abort()
            return redirect("account_inactive")
        response: HttpResponse = super().form_valid(form)
        return response


class ReauthenticateCodeView(LimitedAttemptsMixin, base.ReauthenticateView):
    """Asks for a code again before a sensitive change."""


class RetriedPasskeyView:
    """Shows the page again after a passkey that did not work."""

    def form_invalid(self: Any, form: Any) -> HttpResponse:
        messages.error(self.request, form.errors["credential"][0])
        next_url = get_next_redirect_url(self.request)
        query = f"?{urlencode({'next': next_url})}" if next_url else ""
        return redirect(f"{self.retry_path}{query}")


class ReauthenticatePasskeyView(RetriedPasskeyView, webauthn.ReauthenticateWebAuthnView):
    """Asks for a passkey again before a sensitive change."""

    @property
    def retry_path(self) -> str:
        path: str = self.request.path
        return path


class PasskeyLoginView(RetriedPasskeyView, webauthn.LoginWebAuthnView):
    """Signs in with a passkey alone."""

    retry_path = reverse_lazy("account_login")


class ConfirmedOnlyView:
    """Only for accounts with a confirmed address: a sign-up with the address of another person must not keep its owner
    out of the account."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.is_activated:
            get_adapter().add_message(request, messages.ERROR, message="Confirm your email first.")
            return redirect("settings_security")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # a mixin
        return response


@method_decorator(never_cache, name="dispatch")
class ActivateAppView(ConfirmedOnlyView, LimitedAttemptsMixin, totp.ActivateTOTPView):
    """Sets up an authenticator app."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)
        except IntegrityError:  # the form was sent twice at the same moment
            response = redirect("settings_security")
        return response


class AddPasskeyView(ConfirmedOnlyView, webauthn.AddWebAuthnView):
    """Adds a passkey."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Keeps the form that was validated: a passkey's response is valid only once."""
        context: dict[str, Any] = super().get_context_data()
        return context | kwargs


@method_decorator(never_cache, name="dispatch")
class RecoveryCodesView(recovery_codes.ViewRecoveryCodesView):
    """Shows the unused recovery codes."""
