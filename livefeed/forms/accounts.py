"""The forms of accounts: django-allauth's own, in this site's words."""

from dataclasses import dataclass
from typing import Any, ClassVar

from allauth.account import forms as allauth
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.validators import MaxLengthValidator

from livefeed.models.user import USERNAME_MAX, USERNAME_MIN

EMAIL_MAX = 254
"""What the database keeps of an address; Django's own form field would let longer ones pass."""


@dataclass(frozen=True)
class Words:
    """What stands above a field, what stands beneath it, and what is said when it is empty."""

    label: str
    missing: str
    hint: str = ""


EMAIL = Words("Email", "Enter your email address.")
PASSWORD = Words("Password", "Enter your password.")
NEW_PASSWORD = Words("New password", "Choose a password.", "At least 8 characters.")
NAME_ATTRIBUTES = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


class PlainForm(forms.Form):
    """Labels above, hints beneath and nothing inside the fields. The server counts, so that a text that is too long
    comes back whole; the cursor goes to the first field that needs it."""

    words: ClassVar[dict[str, Words]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {name: self.fields[name] for name in self.words}
        for name, words in self.words.items():
            field = self.fields[name]
            field.label, field.help_text, field.error_messages["required"] = words.label, words.hint, words.missing
            for attribute in ("placeholder", "maxlength", "minlength"):
                field.widget.attrs.pop(attribute, None)
        if "email" in self.fields:
            self.fields["email"].validators.append(MaxLengthValidator(EMAIL_MAX, "That address is too long."))

    def full_clean(self) -> None:
        super().full_clean()
        wrong = [name for name in self.fields if name in self.errors]
        if self.errors:
            self.fields[wrong[0] if wrong else list(self.fields)[-1]].widget.attrs["autofocus"] = True


class LoginForm(PlainForm, allauth.LoginForm):
    """Signing in, by name or by mail."""

    words = {"login": Words("Name or email", "Enter your name or your email address."), "password": PASSWORD}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= NAME_ATTRIBUTES

    def clean_login(self) -> str:
        """Names are written with an @ everywhere else: it may stand here too."""
        login: str = super().clean_login()
        return login.removeprefix("@")


class SignupForm(PlainForm, allauth.SignupForm):
    """A new account."""

    words = {
        "username": Words(
            "User name", "Choose a name.", f"{USERNAME_MIN} to {USERNAME_MAX} letters, digits and underscores."
        ),
        "email": Words(
            "Email", EMAIL.missing, "We send a link there. Open it, and you can post. Nobody else sees your address."
        ),
        "password1": Words("Password", NEW_PASSWORD.missing, NEW_PASSWORD.hint),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["username"]
        name.widget.attrs |= NAME_ATTRIBUTES
        name.error_messages["min_length"] = f"Use at least {USERNAME_MIN} characters."
        name.error_messages["max_length"] = f"Use at most {USERNAME_MAX} characters."

    def hash_password(self) -> None:
        """Hashes the password, which is slow on purpose: before the transaction begins that makes the account."""
        self.hashed_password = make_password(self.cleaned_data.pop("password1"))


class AddEmailForm(PlainForm, allauth.AddEmailForm):
    """The address that is to replace the one there is."""

    words = {"email": Words("New email", EMAIL.missing, "We send a link there to confirm it.")}


class ChangePasswordForm(PlainForm, allauth.ChangePasswordForm):
    """The old password and the new one."""

    words = {
        "oldpassword": Words("Current password", "Enter your current password."),
        "password1": NEW_PASSWORD,
    }


class SetPasswordForm(PlainForm, allauth.SetPasswordForm):
    """A password for an account that has none."""

    words = {"password1": NEW_PASSWORD}


class ResetPasswordForm(PlainForm, allauth.ResetPasswordForm):
    """Where the link to a new password goes."""

    words = {"email": EMAIL}


class ResetPasswordKeyForm(PlainForm, allauth.ResetPasswordKeyForm):
    """The new password, by such a link."""

    words = {"password1": NEW_PASSWORD}


class ReauthenticateForm(PlainForm, allauth.ReauthenticateForm):
    """The password once more, before something weighty."""

    words = {"password": PASSWORD}
