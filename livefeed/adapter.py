"""What django-allauth asks this site."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest

from livefeed.models import User

NAME_TAKEN = "That name is taken."


class AccountAdapter(DefaultAccountAdapter):
    """Says in plain words what is wrong, and writes mails whose links lead to the public address."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is suspended.",
        "duplicate_email": "That is your address already.",
        "email_password_mismatch": "That email and password do not match.",
        "enter_current_password": "That is not your current password.",
        "incorrect_password": "That is not your password.",
        "too_many_login_attempts": "Too many tries. Wait five minutes, then try again.",
        "username_password_mismatch": "That name and password do not match.",
        "username_taken": NAME_TAKEN,
    }

    def set_password(self, user: User, password: str) -> None:
        """Changes a password, and in the same transaction lets the session in which that was done go on with it:
        whoever looks after open sockets must never see one without the other."""
        with transaction.atomic():
            super().set_password(user, password)
            if self.request is not None and self.request.user == user:
                update_session_auth_hash(self.request, user)
                self.request.session.save()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, context | {"address": public_address(self.request)})


def public_address(request: HttpRequest) -> str:
    """Where links in mails lead: LIVEFEED_URL, whatever host a request claims to be for. In development it is the
    host that the browser is at, so that `localhost` and `127.0.0.1` both keep their cookies."""
    return f"{request.scheme}://{request.get_host()}" if settings.DEBUG else settings.LIVEFEED_URL
