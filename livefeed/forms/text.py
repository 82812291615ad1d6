"""Text fields that normalize their input before its length is checked."""

from typing import Any

from django import forms

from livefeed.content.sanitize import clean_line, clean_text


class LineField(forms.CharField):
    """Field for one line of text."""

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value) or "")


class WebAddressField(forms.URLField):
    """Field for a web address, without invisible characters or marks that change the direction of text."""

    def to_python(self, value: Any) -> str:
        return super().to_python(clean_line(value or "")) or ""


class MultilineField(forms.CharField):
    """Field for text of several lines. A line end counts as one character, as in browsers, though they send two."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")
