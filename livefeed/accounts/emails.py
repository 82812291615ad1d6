"""Emails that tasks render outside of requests, and the hand-over of every email to the mail server."""

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
    """Raised when the mail server refuses an email."""


def send_welcome(user: User) -> None:
    """Sends a new user the link that activates the account.

    If the address already belongs to another account, its owner receives a notice instead: the response to a sign-up
    must not reveal which addresses are known.
    """
    address = EmailAddress.objects.get_new(user) or sync_user_email_address(user)
    if address is None:
        return
    if _belongs_to_another_account(address):
        _write("account_already_exists", address.email)
    else:
        _write("welcome", address.email, user=user, key=EmailConfirmationHMAC(address).key)


def _belongs_to_another_account(address: EmailAddress) -> bool:
    others = User.objects.filter(email=address.email).exclude(activated_at=None).exclude(pk=address.user_id)
    return not address.can_set_verified() or others.exists()


def send_confirmation(address: EmailAddress) -> None:
    """Asks the owner of an address to confirm it."""
    _write("email_confirmation", address.email, user=address.user, key=EmailConfirmationHMAC(address).key)


def send_password_reset(user: User, email: str) -> None:
    """Sends the link with which a user chooses a new password."""
    key = default_token_generator.make_token(user)
    _write("password_reset_key", email, user=user, uid=user_pk_to_url_str(user), key=key)


def compose(recipient: str, subject: str, text: str) -> EmailMessage:
    """Returns a plain text email from the site's own address."""
    return EmailMessage(subject, text, get_adapter().get_from_email(), [recipient])


def _write(name: str, recipient: str, **context: Any) -> None:
    context |= {"email": recipient, "address": settings.LIVEFEED_URL}
    send(get_adapter().render_mail(f"account/email/{name}", recipient, context))


def send(mail: EmailMessage) -> None:
    """Sends an email. Raises `MailRefusedError` without the server's answer, which contains the recipient's address."""
    try:
        mail.send()
    except SMTPException as refusal:
        code = getattr(refusal, "smtp_code", "")
        raise MailRefusedError(f"The mail server refused: {type(refusal).__name__} {code}".strip()) from None
