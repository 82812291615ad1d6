"""What somebody chooses of the site's looks and of what they are told."""

from typing import Any
from zoneinfo import available_timezones

from django import forms

from livefeed.models import Notification, Preferences

Kind = Notification.Kind
TOLD = {
    Kind.FOLLOWED: "Somebody follows you",
    Kind.LIKED: "Somebody likes a post of yours",
    Kind.REPLIED: "Somebody answers you",
    Kind.MENTIONED: "Somebody names you",
}


def time_zones() -> list[tuple[str, str]]:
    """Every place's zone, by its name."""
    names = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    )
    return [("", "As the browser says"), ("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class DisplayForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Looks, dates, and what is read out."""

    time_zone = forms.ChoiceField(choices=time_zones, required=False, label="Time zone")

    class Meta:
        model = Preferences
        fields = ("theme", "language", "time_zone", "announcements", "has_keys")
        labels = {
            "theme": "Colours",
            "language": "Language of dates and numbers",
            "announcements": "Read out by screen readers when posts come",
            "has_keys": "Single keys do something (press ? to see which)",
        }


class NotificationsForm(forms.Form):
    """What somebody wants to be told of. New posts of an author are asked for by the bell on that author's page."""

    def __init__(self, *args: Any, preferences: Preferences, **options: Any) -> None:
        super().__init__(*args, **options)
        self._preferences = preferences
        for kind, label in TOLD.items():
            is_wanted = kind.value not in preferences.muted_kinds
            self.fields[kind.value] = forms.BooleanField(label=label, required=False, initial=is_wanted)

    def save(self) -> None:
        """Keeps it."""
        self._preferences.mute([kind.value for kind in TOLD if not self.cleaned_data[kind.value]])
        self._preferences.save()
