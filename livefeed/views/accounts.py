"""The few account pages where django-allauth's own views do not say enough."""

from collections.abc import Iterator
from typing import Any, ClassVar

from allauth.account import views
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from livefeed.accounts import rate_limits
from livefeed.accounts.adapter import NAME_TAKEN, TOO_MANY
from livefeed.models import User

TOO_MANY_REQUESTS = 429


class Limited:
    """A form whose page comes back after too many tries, with what was typed, but for passwords, and says when to try
    again. `kept` are the fields that come back."""

    kept: ClassVar[tuple[str, ...]] = ()

    def limits(self) -> Iterator[tuple[str, str | None]]:
        """What is counted here, and by which key."""
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # a mixin
        return self.come_back() if response.status_code == TOO_MANY_REQUESTS else response

    def come_back(self: Any) -> HttpResponse:
        seconds = max(rate_limits.retry_after(self.request, action, key) for action, key in self.limits())
        options = self.get_form_kwargs() | {"data": None, "files": None, "initial": self.typed()}
        context = self.get_context_data(form=self.get_form_class()(**options), said=rate_limits.message(seconds))
        response: HttpResponse = self.render_to_response(context, status=TOO_MANY_REQUESTS)
        response["Retry-After"] = seconds
        return response

    def form_invalid(self: Any, form: Any) -> HttpResponse:
        """Tries to guess a password are counted while the form is looked at."""
        if any(error.code == TOO_MANY for errors in form.errors.as_data().values() for error in errors):
            return HttpResponse(status=TOO_MANY_REQUESTS)
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]  # a mixin
        return response

    def typed(self: Any) -> dict[str, str]:
        return {name: self.request.POST.get(name, "") for name in self.kept}


class LoginView(Limited, views.LoginView):
    """Signs in."""

    kept = ("login",)

    def limits(self) -> Iterator[tuple[str, str | None]]:
        login = self.typed()["login"].strip().removeprefix("@")
        yield from (("login", None), ("login_failed", get_adapter().login_key(self.request, username=login)))


class ReauthenticateView(Limited, views.ReauthenticateView):
    """Asks for the password once more."""

    def limits(self) -> Iterator[tuple[str, str | None]]:
        user = self.request.user
        login = EmailAddress.objects.get_primary_email(user) or user.username
        yield from (("reauthenticate", None), ("login_failed", get_adapter().login_key(self.request, username=login)))


class PasswordResetView(Limited, views.PasswordResetView):
    """Sends the link to a new password."""

    kept = ("email",)

    def limits(self) -> Iterator[tuple[str, str | None]]:
        yield "reset_password", self.typed()["email"].strip().lower()


class SignupView(Limited, views.SignupView):
    """Makes an account, signed in at once, that may post when it is activated."""

    kept = ("username", "email")

    def limits(self) -> Iterator[tuple[str, str | None]]:
        yield from (("signup", None), ("signup_address", self.typed()["email"].strip().lower()))

    def form_valid(self, form: Any) -> HttpResponse:
        """The account and the task of its mail are written together, or neither. Two people may want the same name at
        the same moment: the database lets one have it."""
        if not rate_limits.consume(self.request, "signup_address", form.cleaned_data["email"]):
            return HttpResponse(status=TOO_MANY_REQUESTS)
        form.hash_password()
        response: HttpResponse
        try:
            with transaction.atomic():
                response = super().form_valid(form)
        except IntegrityError:
            if not User.objects.with_username(form.cleaned_data["username"]).exists():
                raise
            form.add_error("username", NAME_TAKEN)
            response = self.form_invalid(form)
        return response


class EmailView(Limited, views.EmailView):
    """Shows and changes one's address."""

    kept = ("email",)

    def limits(self) -> Iterator[tuple[str, str | None]]:
        yield from (("manage_email", None), ("confirm_email", self.typed()["email"].strip().lower()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Nothing is changed when the mail for it would not be sent."""
        sends = "action_add" in request.POST or "action_send" in request.POST
        if sends and rate_limits.retry_after(request, "confirm_email", self.typed()["email"].strip().lower()):
            return HttpResponse(status=TOO_MANY_REQUESTS)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """Somebody who is not activated yet has no other address to keep meanwhile."""
        response: HttpResponse = super().form_valid(form)
        if not self.request.user.is_activated:
            EmailAddress.objects.get_new(self.request.user).set_as_primary()
        return response
