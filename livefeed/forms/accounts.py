"""Forms of accounts: those of django-allauth, with labels, hints and messages of this site."""

from dataclasses import dataclass
from typing import Any, ClassVar

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.socialaccount import forms as socialaccount
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.validators import MaxLengthValidator

from livefeed.accounts.social_adapter import provider_id
from livefeed.models.user import USERNAME_MAX, USERNAME_MIN

EMAIL_MAX = 254
"""Characters of an address that fit into its column; Django's form field allows longer ones."""


@dataclass(frozen=True)
class FieldTexts:
    """The label above a field, the message if it is empty, and the hint below it."""

    label: str
    required: str
    hint: str = ""


EMAIL = FieldTexts("Email", "Enter your email address.")
PASSWORD = FieldTexts("Password", "Enter your password.")
NEW_PASSWORD = FieldTexts("New password", "Choose a password.", "At least 8 characters.")
NAME_ATTRIBUTES = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


class AccountForm(forms.Form):
    """Form with labels above its fields, hints below and no placeholders.

    The server checks lengths, so a text that is too long comes back whole. The first field with an error gets the
    focus.
    """

    texts: ClassVar[dict[str, FieldTexts]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {name: self.fields[name] for name in self.texts}
        for name, texts in self.texts.items():
            field = self.fields[name]
            field.label = texts.label
            field.help_text = texts.hint
            field.error_messages["required"] = texts.required
            for attribute in ("placeholder", "maxlength", "minlength"):
                field.widget.attrs.pop(attribute, None)
        if "email" in self.fields:
            self.fields["email"].validators.append(MaxLengthValidator(EMAIL_MAX, "That address is too long."))

    def full_clean(self) -> None:
        super().full_clean()
        if not self.errors:
            return
        last_field = list(self.fields)[-1]
        first_invalid = next((name for name in self.fields if name in self.errors), last_field)
        self.fields[first_invalid].widget.attrs["autofocus"] = True


class LoginForm(AccountForm, allauth.LoginForm):
    """Sign-in by user name or email address."""

    texts = {"login": FieldTexts("Name or email", "Enter your name or your email address."), "password": PASSWORD}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= NAME_ATTRIBUTES

    def clean_login(self) -> str:
        """Removes a leading @: names are shown with it everywhere else."""
        login: str = super().clean_login()
        return login.removeprefix("@")


class SignupForm(AccountForm, allauth.SignupForm):
    """Sign-up."""

    texts = {
        "username": FieldTexts(
            "User name", "Choose a name.", f"{USERNAME_MIN} to {USERNAME_MAX} letters, digits and underscores."
        ),
        "email": FieldTexts(
            "Email", EMAIL.required, "We send you a link: open it to post, like and follow. Only you see your address."
        ),
        "password1": FieldTexts("Password", NEW_PASSWORD.required, NEW_PASSWORD.hint),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe_username(self.fields["username"])

    def hash_password(self) -> None:
        """Hashes the password before the transaction that creates the account: hashing is slow by design."""
        self.hashed_password = make_password(self.cleaned_data.pop("password1"))


class ProviderSignupForm(AccountForm, socialaccount.SignupForm):
    """Sign-up with an OpenID Connect provider that did not send an address."""

    texts = {"username": SignupForm.texts["username"], "email": SignupForm.texts["email"]}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe_username(self.fields["username"])


class DisconnectForm(socialaccount.DisconnectForm):
    """The account at the configured provider that is no longer used to sign in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = self.accounts.filter(provider=provider_id())


def describe_username(field: forms.Field) -> None:
    """Sets the attributes and messages of a field for a new user name."""
    field.widget.attrs |= NAME_ATTRIBUTES
    field.error_messages["min_length"] = f"Use at least {USERNAME_MIN} characters."
    field.error_messages["max_length"] = f"Use at most {USERNAME_MAX} characters."


class AddEmailForm(AccountForm, allauth.AddEmailForm):
    """The address that replaces the current one."""

    texts = {"email": FieldTexts("New email", EMAIL.required, "We send a link to confirm it.")}


class ChangePasswordForm(AccountForm, allauth.ChangePasswordForm):
    """The current password and the new one."""

    texts = {
        "oldpassword": FieldTexts("Current password", "Enter your current password."),
        "password1": NEW_PASSWORD,
    }

    def clean_oldpassword(self) -> str:
        """Verifies the current password; every wrong one is counted, as at the sign-in."""
        password: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class SetPasswordForm(AccountForm, allauth.SetPasswordForm):
    """A password for an account without one."""

    texts = {"password1": NEW_PASSWORD}


class ResetPasswordForm(AccountForm, allauth.ResetPasswordForm):
    """The address that the link to choose a new password is sent to."""

    texts = {"email": EMAIL}


class ResetPasswordKeyForm(AccountForm, allauth.ResetPasswordKeyForm):
    """The new password, chosen through that link."""

    texts = {"password1": NEW_PASSWORD}


class ReauthenticateForm(AccountForm, allauth.ReauthenticateForm):
    """The password again, before a sensitive change."""

    texts = {"password": PASSWORD}
