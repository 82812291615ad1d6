"""Preferences of users: display, announcements, keyboard shortcuts, signals of writing, muted notifications, and
whether the first steps are shown."""

from collections.abc import Collection
from typing import ClassVar

from django.db import models

from livefeed.models.user import User

LANGUAGES = {
    "": "Same as the browser",
    "ar": "العربية",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "en-GB": "English (United Kingdom)",
    "en-US": "English (United States)",
    "es": "Español",
    "fi": "Suomi",
    "fr": "Français",
    "hi": "हिन्दी",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt-BR": "Português (Brasil)",
    "pt-PT": "Português (Portugal)",
    "ru": "Русский",
    "sv": "Svenska",
    "tr": "Türkçe",
    "uk": "Українська",
    "zh-CN": "中文",
}
"""Languages for the format of dates and numbers. The site's own texts are English."""


class PreferencesManager(models.Manager["Preferences"]):
    """Looks up preferences."""

    def for_user(self, user: User) -> "Preferences":
        """Returns the user's preferences, or unsaved defaults. Makes no query if the user was loaded with them."""
        return getattr(user, "preferences", None) or Preferences(user=user)

    def muted_by(self, user_ids: Collection[int], kind: str) -> set[int]:
        """Returns those of these users, by id, who have muted notifications of this kind."""
        return set(self.filter(user__in=user_ids, muted__contains=f" {kind} ").values_list("user", flat=True))

    def show_first_steps(self, user: User, is_shown: bool) -> None:
        """Shows a user the first steps on the home page, or shows them no more."""
        self.update_or_create(user=user, defaults={"first_steps": is_shown})


class Preferences(models.Model):
    """Preferences of one user. Users who did not sign up themselves and never changed any have no row."""

    class Theme(models.TextChoices):
        AUTO = "auto", "Same as the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Announcements(models.TextChoices):
        OFF = "off", "Off"
        COUNT = "count", "The number of new posts, and their authors"
        EACH = "each", "The text of new posts, if there are only a few"

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="preferences")
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    language = models.CharField(max_length=5, choices=list(LANGUAGES.items()), blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")
    """Name in the IANA time zone database; empty for the browser's."""
    announcements = models.CharField(max_length=5, choices=Announcements, default=Announcements.COUNT)
    """New posts as announced by screen readers."""
    has_keys = models.BooleanField(default=True)
    """True if single keys are shortcuts."""
    shows_writing = models.BooleanField(default=True)
    """True if others see that the user is writing a reply, and the user sees that of others."""
    muted = models.CharField(max_length=200, blank=True, default="")
    """Muted kinds of notifications, with a blank before, between and after them, so that SQL finds whole names."""
    first_steps = models.BooleanField(null=True, default=None)
    """True from sign-up until all first steps are done, False once they are done or hidden. None for accounts made in
    another way, which see them while they follow no one."""

    objects: ClassVar[PreferencesManager] = PreferencesManager()

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"

    def mute(self, kinds: Collection[str]) -> None:
        """Replaces the muted kinds. Does not save."""
        self.muted = f" {' '.join(sorted(kinds))} " if kinds else ""

    @property
    def muted_kinds(self) -> set[str]:
        return set(self.muted.split())
