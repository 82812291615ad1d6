"""Confirmation of the deletion of an account."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms

from livefeed.models import User


class DeleteAccountForm(forms.Form):
    """Asks for the user's password and an explicit confirmation."""

    password = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Type your password."},
    )
    understood = forms.BooleanField(
        label="I know that this cannot be undone", error_messages={"required": "Tick the box to confirm."}
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """Verifies the password, only once the rest is valid: every attempt is counted."""
        if not self.errors and not get_adapter().reauthenticate(self.user, self.cleaned_data["password"]):
            self.add_error("password", "That is not your password.")
        return self.cleaned_data
