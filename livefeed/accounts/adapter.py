"""Livefeed's adapter for django-allauth."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from livefeed import tasks
from livefeed.accounts import active_sessions, devices, password_attempts, rate_limits
from livefeed.accounts.current_actor import client_address
from livefeed.accounts.logins import user_for_login
from livefeed.limits.networks import unmapped
from livefeed.models import Preferences, User

NAME_TAKEN = "That name is taken."


class AccountAdapter(DefaultAccountAdapter):
    """Error messages in plain words, and emails handed to tasks.

    No request waits for a mail server or fails with it. Links are made when their email is sent, so that a task's row
    never contains a key.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is suspended.",
        "duplicate_email": "That is your address already.",
        "email_password_mismatch": "That email and password do not match.",
        "enter_current_password": "That is not your current password.",
        "incorrect_password": "That is not your password.",
        "username_password_mismatch": "That name and password do not match.",
        "username_taken": NAME_TAKEN,
    }

    def new_user(self, request: HttpRequest) -> User:
        """Returns an account that cannot post until it is activated."""
        return User(activated_at=None)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Saves a new user. The form has already hashed the password (see `SignupForm.hash_password`)."""
        super().save_user(request, user, form, commit=False)
        user.password = form.hashed_password
        if commit:
            user.save()
            Preferences.objects.show_first_steps(user, True)
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """Returns the client's network address, an IPv4 address also where a proxy writes it as an IPv6 one."""
        return unmapped(super().get_client_ip(request))

    def is_safe_url(self, url: str) -> bool:
        """True if a user may be sent on to `url`: it leads to the host of the request.

        allauth also accepts the other ALLOWED_HOSTS. Those include localhost, where other programs of the user listen.
        """
        hosts = {self.request.get_host()}
        is_safe: bool = url_has_allowed_host_and_scheme(url, hosts, require_https=self.request.is_secure())
        return is_safe

    def set_password(self, user: User, password: str) -> None:
        """Changes a password, and renews the current session's hash in the same transaction.

        The check of open sockets compares both: seeing one without the other, it would close this session's sockets.
        """
        with transaction.atomic():
            super().set_password(user, password)
            if self.request is not None:
                devices.remember(self.request, user)
            if self.request is not None and self.request.user == user:
                update_session_auth_hash(self.request, user)
                self.request.session.save()

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts an attempt until one succeeds. Raises `ValidationError` with the time of the next attempt."""
        limits = password_attempts.limits_of(request, credentials)
        self._login_failed_rl_usage = password_attempts.consume(request, limits)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Called after the password was reset by mail, for each address of the account."""
        password_attempts.clear_login(request, credentials["email"])
        if user := user_for_login(credentials):
            password_attempts.clear_login(request, user.username)
            password_attempts.clear(request, password_attempts.limits_of_code(request, user))

    def post_login(self, request: HttpRequest, user: User, *, signup: bool, **kwargs: Any) -> HttpResponse:
        """Makes the browser a known device, and reports one that was unknown by mail, except at the sign-up."""
        is_new = not signup and not devices.device_of(request, user)
        devices.remember(request, user)
        if is_new:
            self.report_new_device(request, user)
        response: HttpResponse = super().post_login(request, user, signup=signup, **kwargs)
        return response

    def report_new_device(self, request: HttpRequest, user: User) -> None:
        """Emails the owner of an account, at a confirmed address only, about a sign-in from a new device."""
        email = EmailAddress.objects.get_primary_email(user)
        if email and user.is_activated and rate_limits.consume(request, "new_device", str(user.pk)):
            context = {
                "user": user,
                "timestamp": timezone.now(),
                "browser": active_sessions.browser_name(request.headers.get("User-Agent", "")),
                "ip": client_address(request),
            }
            self.send_mail("account/email/new_device", email, context)

    def should_send_confirmation_mail(self, request: HttpRequest, email_address: EmailAddress, signup: bool) -> bool:
        """False at the sign-up: the welcome email contains the link."""
        return not signup

    def send_confirmation_mail(
        self, request: HttpRequest, emailconfirmation: EmailConfirmationHMAC, signup: bool
    ) -> None:
        self.send_link(emailconfirmation.email_address)

    def send_link(self, address: EmailAddress) -> None:
        """Enqueues the email with the link that confirms an address and activates an account that is not yet active."""
        if address.user.is_activated:
            tasks.send_confirmation.enqueue(address.pk)
        else:
            tasks.send_welcome.enqueue(address.user_id)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        address = EmailAddress.objects.filter(user=user, email=email.lower()).first()
        tasks.send_new_password.enqueue(user.pk, address.pk if address else None)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Renders an email that contains no secret and enqueues it."""
        mail = self.render_mail(template_prefix, email, context | {"email": email, "address": settings.LIVEFEED_URL})
        tasks.send_written.enqueue(email, mail.subject, mail.body)
