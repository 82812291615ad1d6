"""Fields for what people type, tidied before it is counted."""

from typing import Any

from django import forms

from livefeed.content.sanitize import clean_line, clean_text


class TidyLine(forms.CharField):
    """One line, tidied before it is counted."""

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value) or "")


class TidyAddress(forms.URLField):
    """A web address, tidied as a line is: no character in it is unseen or turns others round."""

    def to_python(self, value: Any) -> str:
        return super().to_python(clean_line(value or "")) or ""


class TidyText(forms.CharField):
    """Browsers send a line end as two characters and count it as one: it is counted as one here too."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "")
