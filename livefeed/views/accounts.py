"""Account pages where django-allauth's own views are not enough: rate limits explain themselves, and forms keep their
input."""

from collections.abc import Iterator
from typing import Any, ClassVar

from allauth.account import views
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from livefeed.accounts import password_attempts, rate_limits
from livefeed.accounts.adapter import NAME_TAKEN
from livefeed.accounts.password_attempts import TOO_MANY
from livefeed.models import User
from livefeed.views.errors import TOO_MANY_REQUESTS


class RateLimitedFormMixin:
    """Shows the form again when a rate limit is exceeded, and says when to try again."""

    preserved_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that keep their values; never passwords."""

    def limits(self) -> Iterator[tuple[str, str | None]]:
        """Yields the limits that apply to this request: the action that is counted, and its key."""
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # a mixin
        return self.too_many_requests() if response.status_code == TOO_MANY_REQUESTS else response

    def too_many_requests(self: Any) -> HttpResponse:
        seconds = max(rate_limits.retry_after(self.request, action, key) for action, key in self.limits())
        form_kwargs = self.get_form_kwargs() | {"data": None, "files": None, "initial": self.preserved_values()}
        form = self.get_form_class()(**form_kwargs)
        context = self.get_context_data(form=form, message=rate_limits.message(seconds))
        response: HttpResponse = self.render_to_response(context, status=TOO_MANY_REQUESTS)
        response["Retry-After"] = seconds
        return response

    def form_invalid(self: Any, form: Any) -> HttpResponse:
        """Returns 429 if the form's validation exceeded a limit: sign-in attempts are counted there."""
        if seconds_to_wait(form) is not None:
            return HttpResponse(status=TOO_MANY_REQUESTS)
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]  # a mixin
        return response

    def preserved_values(self: Any) -> dict[str, str]:
        return {name: self.request.POST.get(name, "") for name in self.preserved_fields}

    @property
    def submitted_email(self: Any) -> str:
        """The submitted email address, in lower case."""
        return str(self.preserved_values()["email"].strip().lower())


class LimitedAttemptsMixin:
    """Answers 429 after too many wrong passwords or codes; the form's error says when to try again."""

    def form_invalid(self: Any, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]  # a mixin
        seconds = seconds_to_wait(form)
        if seconds is not None:
            response.status_code = TOO_MANY_REQUESTS
            response["Retry-After"] = seconds
        return response


def seconds_to_wait(form: Any) -> int | None:
    """Returns the seconds until the next attempt if the form's validation exceeded a limit, else None."""
    errors = [error for field_errors in form.errors.as_data().values() for error in field_errors]
    return next((error.params["seconds"] for error in errors if error.code == TOO_MANY), None)


class LoginView(RateLimitedFormMixin, views.LoginView):
    """Signs in."""

    preserved_fields = ("login",)

    def limits(self) -> Iterator[tuple[str, str | None]]:
        login = self.preserved_values()["login"].strip().removeprefix("@")
        yield "login", None
        yield from password_attempts.limits_of(self.request, {"username": login})


class ReauthenticateView(RateLimitedFormMixin, views.ReauthenticateView):
    """Asks for the password again before a sensitive change."""

    def limits(self) -> Iterator[tuple[str, str | None]]:
        yield "reauthenticate", None
        yield from password_attempts.limits_of(self.request, {"username": self.request.user.username})


class PasswordChangeView(LimitedAttemptsMixin, views.PasswordChangeView):
    """Changes the password, with the current one."""


class PasswordResetView(RateLimitedFormMixin, views.PasswordResetView):
    """Sends a link to choose a new password."""

    preserved_fields = ("email",)

    def limits(self) -> Iterator[tuple[str, str | None]]:
        yield "reset_password", self.submitted_email


class SignupView(RateLimitedFormMixin, views.SignupView):
    """Creates an account and signs in. The user may post once the account is activated."""

    preserved_fields = ("username", "email")

    def limits(self) -> Iterator[tuple[str, str | None]]:
        yield "signup", None
        yield "signup_address", self.submitted_email

    def get_initial(self) -> dict[str, Any]:
        """Returns an empty form. allauth fills in `?email=`, but a link must not choose the address of an account."""
        return {}

    def form_valid(self, form: Any) -> HttpResponse:
        """Creates the account and the task of its mail in one transaction. If two requests sign up with the same name
        at the same moment, the database accepts one of them."""
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


class EmailView(RateLimitedFormMixin, views.EmailView):
    """Shows and changes the user's email address."""

    preserved_fields = ("email",)

    def limits(self) -> Iterator[tuple[str, str | None]]:
        yield "manage_email", None
        yield "confirm_email", self.submitted_email

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Changes nothing if the rate limit would prevent the confirmation mail."""
        sends_mail = "action_add" in request.POST or "action_send" in request.POST
        if sends_mail and rate_limits.retry_after(request, "confirm_email", self.submitted_email):
            return HttpResponse(status=TOO_MANY_REQUESTS)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """Makes the new address primary at once for a user who is not activated: there is no confirmed one to keep."""
        response: HttpResponse = super().form_valid(form)
        if not self.request.user.is_activated:
            EmailAddress.objects.get_new(self.request.user).set_as_primary()
        return response
