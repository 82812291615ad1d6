"""The fields of a poll, which are part of the composer."""

from datetime import timedelta
from typing import Any

from django import forms

from livefeed.forms.text import LineField
from livefeed.models import NewPoll
from livefeed.models.poll import MAX_OPTIONS, MIN_OPTIONS, OPTION_MAX

DURATIONS = {
    5: "5 minutes",
    30: "30 minutes",
    60: "1 hour",
    360: "6 hours",
    1_440: "1 day",
    4_320: "3 days",
    10_080: "7 days",
    20_160: "14 days",
    43_200: "30 days",
}
"""Labels of the times for which a poll can be open, by their minutes."""
DEFAULT_DURATION = 1_440  # minutes


class PollForm(forms.Form):
    """A poll: MAX_OPTIONS texts of which some are empty, one choice or several, and a duration. It describes no poll if
    all texts are empty."""

    is_multiple = forms.BooleanField(required=False, label="Several answers")
    minutes = forms.ChoiceField(
        choices=list(DURATIONS.items()),
        initial=DEFAULT_DURATION,
        required=False,
        label="Open for",
        error_messages={"invalid_choice": "Choose how long the poll is open."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MAX_OPTIONS + 1):
            self.fields[f"option_{number}"] = _option_field(number)

    @property
    def options(self) -> list[forms.BoundField]:
        """The fields of the options."""
        return [self[f"option_{number}"] for number in range(1, MAX_OPTIONS + 1)]

    @property
    def is_filled(self) -> bool:
        """True if any option was entered."""
        return self.is_bound and any((field.value() or "").strip() for field in self.options)

    @property
    def texts(self) -> list[str]:
        """The options that were entered, without those that are too long. Requires that the form was cleaned."""
        return [text for field in self.options if (text := self.cleaned_data.get(field.name))]

    @property
    def messages(self) -> list[str]:
        """All errors, without repetitions."""
        if not self.is_filled:
            return []
        return list(dict.fromkeys(str(message) for messages in self.errors.values() for message in messages))

    @property
    def value(self) -> NewPoll | None:
        """The poll as the model takes it; None if there is none or it has errors."""
        if not self.is_filled or not self.is_valid():
            return None
        minutes = int(self.cleaned_data["minutes"] or DEFAULT_DURATION)
        return NewPoll(tuple(self.texts), self.cleaned_data["is_multiple"], timedelta(minutes=minutes))

    def clean(self) -> dict[str, Any]:
        """Requires MIN_OPTIONS different options."""
        texts = self.texts
        if len(texts) < MIN_OPTIONS and not self.errors:
            raise forms.ValidationError(f"A poll needs at least {MIN_OPTIONS} options.")
        if len({text.casefold() for text in texts}) < len(texts):
            raise forms.ValidationError("Two options of the poll are the same.")
        return self.cleaned_data

    def check(self) -> None:
        """Raises `ValidationError` if the poll cannot be posted."""
        if self.messages:
            raise forms.ValidationError(self.messages)


def _option_field(number: int) -> LineField:
    attributes = {
        "class": "poll-field-text",
        "placeholder": f"Option {number}" if number <= MIN_OPTIONS else "Another option",
        "aria-label": f"Option {number}",
        "autocomplete": "off",
        "data-max-length": OPTION_MAX,
    }
    too_long = f"An option of the poll has %(show_value)d characters. The limit is {OPTION_MAX}."
    field = LineField(required=False, max_length=OPTION_MAX, error_messages={"max_length": too_long})
    field.widget = forms.TextInput(attrs=attributes)  # without `maxlength`, which would cut a text that is too long
    return field
