"""Two-step sign-in: an authenticator app, passkeys and recovery codes, kept by allauth.mfa."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django.db import transaction

from livefeed.accounts import password_attempts
from livefeed.models import User

Type = Authenticator.Type


class TwoStepAdapter(DefaultMFAAdapter):
    """Names and messages in plain words."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_generate_recovery_codes": "Set up an authenticator app or a passkey first.",
        "incorrect_code": "That code is not right. Enter the newest one.",
    }

    def _get_site_name(self) -> str:
        return "Livefeed"

    def _get_user_identifier(self, user: User) -> str:
        """Returns the name under which apps and devices list the account: an address would be out of date after its
        change."""
        return user.username

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Returns the name of a new passkey without one: "Passkey 2"."""
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"


@dataclass(frozen=True)
class TwoStep:
    """A user's second steps. Recovery codes exist only together with an app or a passkey."""

    app: Authenticator | None
    passkeys: list[Authenticator]
    recovery_codes: Authenticator | None

    @classmethod
    def of(cls, user: User) -> Self:
        found = list(Authenticator.objects.filter(user=user).order_by("pk"))
        app = next((each for each in found if each.type == Type.TOTP), None)
        codes = next((each for each in found if each.type == Type.RECOVERY_CODES), None)
        return cls(app, [each for each in found if each.type == Type.WEBAUTHN], codes)

    @property
    def is_on(self) -> bool:
        return bool(self.app or self.passkeys)

    @property
    def unused_codes(self) -> int:
        return len(self.recovery_codes.wrap().get_unused_codes()) if self.recovery_codes else 0


def limit_codes() -> None:
    """Makes allauth's forms count codes by `count_code`, and no passkeys: there is no secret to guess. They have no
    setting for it."""
    base_forms.check_rate_limit = totp_forms.check_rate_limit = count_code
    webauthn_forms.check_rate_limit = count_nothing


def count_code(user: User, error_key: str | None = None) -> Callable[[], None]:
    """Counts an attempt to give a code. Returns the function that forgets the attempts, for a right one; raises
    `ValidationError` after too many.

    Takes the place of a function of allauth, which counts all clients together: everyone who knows the password could
    keep the owner out.
    """
    limits = password_attempts.limits_of_code(context.request, user)
    password_attempts.consume(context.request, limits)
    return partial(password_attempts.clear, context.request, limits)


def count_nothing(user: User) -> Callable[[], None]:
    """Takes the place of `count_code` for passkeys: wrong codes must not refuse the right passkey."""
    return lambda: None


def reset(user: User) -> int:
    """Turns two-step sign-in off for a user who has lost every second step. Returns the number of steps removed."""
    with transaction.atomic():
        steps = Authenticator.objects.filter(user=user)
        number: int = steps.exclude(type=Type.RECOVERY_CODES).count()
        steps.delete()
    return number
