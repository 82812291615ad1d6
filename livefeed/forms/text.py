"""Text fields that normalize their input before its length is checked."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from livefeed.content import links
from livefeed.content.sanitize import clean_line, clean_text


class LineField(forms.CharField):
    """Field for one line of text."""

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value) or "")


class WebAddressField(forms.URLField):
    """Field for a web address: without invisible characters, marks that change the direction of text, or a user name,
    which looks like the host (`https://bank.example@evil.example/`)."""

    def to_python(self, value: Any) -> str:
        return super().to_python(clean_line(value or "")) or ""

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and links.has_user_info(value):
            raise ValidationError("Enter the address without a user name, such as https://example.org.")
        if value and not links.is_web_address(links.encode_host(value)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")


class MultilineField(forms.CharField):
    """Field for text of several lines. A line end counts as one character, as in browsers, though they send two."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")
