"""What people say about themselves."""

from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models, transaction

from livefeed.models.picture import Picture
from livefeed.models.user import User

ABOUT_MAX = 500
LINKS_MOST, LINK_MAX = 4, 200


class ProfileManager(models.Manager["Profile"]):
    """Makes profiles."""

    def of(self, user: User) -> "Profile":
        """A person's profile; one is made for whoever came without (`bulk_create`, `loaddata`)."""
        profile, _ = self.get_or_create(user=user)
        profile.user = user
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

    def change(self, *, name: str, about: str, links: list[str], avatar: Picture | None) -> None:
        """Changes all that a person says of themselves. A picture that is their avatar no more is deleted."""
        user, before = self.user, self.user.avatar
        self.about, self.links = about, "\n".join(links)
        user.name, user.avatar = name, avatar
        with transaction.atomic():
            self.save()
            user.save(update_fields=["name", "avatar"])
            if before is not None and before != avatar:
                before.delete()

    @property
    def addresses(self) -> list[str]:
        """Its links."""
        return self.links.split()

    @property
    def named_links(self) -> list[tuple[str, str]]:
        """Each link, and what is read of it: the host and the path."""
        return [(link, link.removeprefix(f"{urlsplit(link).scheme}://").rstrip("/")) for link in self.addresses]
