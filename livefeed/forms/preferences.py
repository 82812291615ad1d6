"""Forms of the display and notification settings."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms

from livefeed.models import Notification, Preferences

Kind = Notification.Kind
KIND_LABELS = {
    Kind.FOLLOWED: "Someone follows you",
    Kind.LIKED: "Someone likes your post",
    Kind.REPLIED: "Someone replies to you",
    Kind.MENTIONED: "Someone mentions you",
}


@cache
def time_zones() -> list[tuple[str, str]]:
    """Returns the choices of time zones: that of the browser, UTC, and every zone named after a place."""
    names = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    )
    return [("", "Same as the browser"), ("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class DisplayForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Theme, language, time zone, screen reader announcements, keyboard shortcuts and signals of writing."""

    time_zone = forms.ChoiceField(choices=time_zones, required=False, label="Time zone")

    class Meta:
        model = Preferences
        fields = ("theme", "language", "time_zone", "announcements", "has_keys", "shows_writing")
        labels = {
            "theme": "Colours",
            "language": "Language of dates and numbers",
            "announcements": "Screen readers announce new posts",
            "has_keys": "Keyboard shortcuts (press ? to list them)",
            "shows_writing": "Show others when I am writing a reply",
        }
        help_texts = {"shows_writing": "If this is off, you do not see when others are writing either."}


class NotificationsForm(forms.Form):
    """Kinds of notifications that the user receives. New posts of an author are turned on by the bell on their page."""

    def __init__(self, *args: Any, preferences: Preferences, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._preferences = preferences
        for kind, label in KIND_LABELS.items():
            is_wanted = kind.value not in preferences.muted_kinds
            self.fields[kind.value] = forms.BooleanField(label=label, required=False, initial=is_wanted)

    def save(self) -> None:
        """Saves the muted kinds."""
        self._preferences.mute([kind.value for kind in KIND_LABELS if not self.cleaned_data[kind.value]])
        self._preferences.save()
