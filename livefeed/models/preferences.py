"""How somebody likes the site: its looks, its clock, what is read out, and what they want to be told of."""

from collections.abc import Collection
from typing import ClassVar

from django.db import models

from livefeed.models.user import User

LANGUAGES = {
    "": "As the browser says",
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
"""In which dates and numbers are written. The site's own words are English."""


class PreferencesManager(models.Manager["Preferences"]):
    """Finds them."""

    def for_user(self, user: User) -> "Preferences":
        """What somebody chose; what they did not is as for everybody."""
        return self.filter(user=user).first() or Preferences(user=user)

    def muted_by(self, people: Collection[int], kind: str) -> set[int]:
        """Who of these people, by id, do not want to be told of such a thing."""
        return set(self.filter(user__in=people, muted__contains=f" {kind} ").values_list("user", flat=True))


class Preferences(models.Model):
    """What somebody chose. There is no row for those who never chose anything."""

    class Theme(models.TextChoices):
        AUTO = "auto", "As the system says"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Announcements(models.TextChoices):
        OFF = "off", "Nothing"
        COUNT = "count", "How many new posts there are, and whose"
        EACH = "each", "New posts themselves, where they are few"

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="preferences")
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    language = models.CharField(max_length=5, choices=list(LANGUAGES.items()), blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")
    """By its name in the IANA database; empty: the browser's."""
    announcements = models.CharField(max_length=5, choices=Announcements, default=Announcements.COUNT)
    """What screen readers are told of what comes."""
    has_keys = models.BooleanField(default=True)
    """Whether single keys do something."""
    muted = models.CharField(max_length=200, blank=True, default="")
    """The kinds of notifications that are not wanted, with a blank before, between and after them."""

    objects: ClassVar[PreferencesManager] = PreferencesManager()

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"

    def mute(self, kinds: Collection[str]) -> None:
        """Chooses anew what is not wanted."""
        self.muted = f" {' '.join(sorted(kinds))} " if kinds else ""

    @property
    def muted_kinds(self) -> set[str]:
        return set(self.muted.split())
