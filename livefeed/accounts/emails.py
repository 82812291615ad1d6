"""Mails that are written outside of requests, and how any mail is handed over."""

from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage

from livefeed.models import User


class MailRefusedError(Exception):
    """A mail server did not take a mail."""


def send_welcome(user: User) -> None:
    """Greets a new person with the link that activates the account. Whoever owns the address already, with another
    account, is told so instead: to the browser both look the same."""
    address = EmailAddress.objects.get_new(user) or sync_user_email_address(user)
    if address is None:
        return
    if _is_anothers(address):
        _write("account_already_exists", address.email)
    else:
        _write("welcome", address.email, user=user, key=EmailConfirmationHMAC(address).key)


def _is_anothers(address: EmailAddress) -> bool:
    others = User.objects.filter(email=address.email).exclude(activated_at=None).exclude(pk=address.user_id)
    return not address.can_set_verified() or others.exists()


def send_confirmation(address: EmailAddress) -> None:
    """Asks whether this is the address of its account."""
    _write("email_confirmation", address.email, user=address.user, key=EmailConfirmationHMAC(address).key)


def send_password_reset(user: User, email: str) -> None:
    """Sends the link to a new password."""
    key = default_token_generator.make_token(user)
    _write("password_reset_key", email, user=user, uid=user_pk_to_url_str(user), key=key)


def compose(recipient: str, subject: str, text: str) -> EmailMessage:
    return EmailMessage(subject, text, get_adapter().get_from_email(), [recipient])


def _write(name: str, recipient: str, **about: Any) -> None:
    context = about | {"email": recipient, "address": settings.LIVEFEED_URL}
    send(get_adapter().render_mail(f"account/email/{name}", recipient, context))


def send(mail: EmailMessage) -> None:
    """Hands a mail over. A mail server that refuses names the recipient, and that must not stand in the log."""
    try:
        mail.send()
    except SMTPException as refusal:
        code = getattr(refusal, "smtp_code", "")
        raise MailRefusedError(f"The mail server refused: {type(refusal).__name__} {code}".strip()) from None
