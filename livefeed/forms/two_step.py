"""Forms of two-step sign-in: those of allauth.mfa, with labels and messages of this site."""

from typing import Any

from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError

from livefeed.forms.accounts import AccountForm, FieldTexts
from livefeed.forms.text import LineField

NAME_MAX = 40
"""Characters of a passkey's name."""
PASSKEY_FAILED = "That passkey did not work. Try again, or use another way to sign in."
CODE_ATTRIBUTES = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none"}


class CodeFieldMixin(AccountForm):
    """Lets phones offer the code that they received."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= CODE_ATTRIBUTES


class CodeForm(CodeFieldMixin, base.AuthenticateForm):
    """The second step: a code from the app, or a recovery code."""

    texts = {"code": FieldTexts("Code", "Enter a code.", "From your authenticator app, or one of your recovery codes.")}


class ReauthenticateCodeForm(CodeFieldMixin, base.ReauthenticateForm):
    """A code again, before a sensitive change."""

    texts = CodeForm.texts


class ActivateAppForm(CodeFieldMixin, totp.ActivateTOTPForm):
    """The first code of a new app, which proves that it was set up."""

    texts = {"code": FieldTexts("Code", "Enter the code that the app shows.", "The six digits that the app shows now.")}


class CredentialForm(forms.Form):
    """A response of a passkey, with messages of this site."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].error_messages |= {"required": PASSKEY_FAILED, "invalid": PASSKEY_FAILED}


class PasskeyMixin(CredentialForm):
    """Refuses every response that is not from a passkey of the user."""

    def clean_credential(self) -> Authenticator:
        try:
            authenticator: Authenticator = super().clean_credential()  # type: ignore[misc]  # a mixin
        except Exception:
            raise refusal() from None
        return authenticator


def refusal() -> ValidationError:
    """Returns the message for a response that could not be verified. Parsers and cryptography raise a dozen different
    errors for a forged one, and none of them may become a server error."""
    return ValidationError(PASSKEY_FAILED, code="passkey")


class PasskeyForm(PasskeyMixin, webauthn.AuthenticateWebAuthnForm):
    """The second step with a passkey."""


class PasskeyLoginForm(PasskeyMixin, webauthn.LoginWebAuthnForm):
    """Sign-in with a passkey alone."""


class ReauthenticatePasskeyForm(PasskeyMixin, webauthn.ReauthenticateWebAuthnForm):
    """A passkey again, before a sensitive change."""


class AddPasskeyForm(CredentialForm, webauthn.AddWebAuthnForm):
    """A new passkey. Without a name it gets a number, and no name is refused: the device has created the passkey
    already."""

    name = LineField(
        required=False,
        label="Name",
        help_text="To tell your passkeys apart: “My phone”, “Blue key”.",
        widget=forms.TextInput(attrs={"maxlength": NAME_MAX}),
    )
    passwordless = forms.BooleanField(
        required=False,
        initial=True,
        label="Sign in without a password too",
        help_text="Your device asks for your fingerprint, face or PIN. Turn this off for a simple security key.",
    )

    def clean_name(self) -> str:
        name: str = super().clean_name()
        return name[:NAME_MAX]

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean() or {}
        except Exception:
            raise refusal() from None
        return cleaned


class RenamePasskeyForm(webauthn.EditWebAuthnForm):
    """The name of a passkey."""

    name = LineField(
        max_length=NAME_MAX,
        label="Name",
        error_messages={"required": "Enter a name.", "max_length": f"Use at most {NAME_MAX} characters."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs.pop("maxlength")  # the server checks the length and cuts nothing off
