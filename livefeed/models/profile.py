"""What people say about themselves."""

from typing import ClassVar

from django.db import models

from livefeed.models.user import User

ABOUT_MAX = 500
LINKS_MOST = 4


class ProfileManager(models.Manager["Profile"]):
    """Makes profiles."""

    def of(self, user: User) -> "Profile":
        """A person's profile; one is made for whoever came without (`bulk_create`, `loaddata`)."""
        profile, _ = self.get_or_create(user=user)
        return profile


class Profile(models.Model):
    """A person's page: what they say of themselves, and where else they are found."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="profile")
    about = models.TextField(max_length=ABOUT_MAX, blank=True)
    """Light Markdown, as in posts."""
    links = models.TextField(blank=True)
    """Web addresses, one a line, LINKS_MOST at most."""

    objects: ClassVar[ProfileManager] = ProfileManager()

    def __str__(self) -> str:
        return f"profile of {self.user_id}"
