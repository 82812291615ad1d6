"""Profiles: what users write about themselves, and their counts."""

from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models, transaction

from livefeed.content import links
from livefeed.models.counters import USER_COUNTS, CounterQuerySet
from livefeed.models.picture import Picture
from livefeed.models.user import User

ABOUT_MAX = 500
"""Characters of the longest description."""
MAX_LINKS = 4
"""Maximum number of links."""
LINK_MAX = 200
"""Characters of the longest link."""


class ProfileManager(models.Manager["Profile"].from_queryset(CounterQuerySet)):  # type: ignore[misc]  # made at run time
    """Creates and looks up profiles."""

    def create_for(self, user: User) -> "Profile":
        """Creates the profile of a user created in this transaction, with all counts at 0."""
        profile: Profile = self.create(user=user)
        return profile

    def for_user(self, user: User) -> "Profile":
        """Returns the user's profile, by a query unless the user was loaded with it. Creates it for users without one
        (`bulk_create`, `loaddata`)."""
        profile: Profile = getattr(user, "profile", None) or self._create_counted(user)
        profile.user = user
        return profile

    def _create_counted(self, user: User) -> "Profile":
        """Creates a profile with counts of existing rows. The lock on the user blocks new follows and posts meanwhile:
        their foreign keys need it."""
        with transaction.atomic():
            User.objects.select_for_update().filter(pk=user.pk).first()
            profile: Profile
            profile, is_new = self.get_or_create(user=user)
            if is_new:
                for count in USER_COUNTS:
                    count.repair(profile.pk)
                profile.refresh_from_db()
        return profile


class Profile(models.Model):
    """Public page of a user: a description, links and counts."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="profile")
    about = models.TextField(max_length=ABOUT_MAX, blank=True)
    """Description in light Markdown, as in posts."""
    links = models.TextField(blank=True)
    """URLs, one a line, at most MAX_LINKS."""

    followers_count = models.PositiveIntegerField(default=0, editable=False)
    """Number of followers. Incremented by the database, as the next two counts are."""
    following_count = models.PositiveIntegerField(default=0, editable=False)
    """Number of followed users."""
    posts_count = models.PositiveIntegerField(default=0, editable=False)
    """Number of the user's posts, without replies."""

    objects: ClassVar[ProfileManager] = ProfileManager()

    def __str__(self) -> str:
        return f"profile of {self.user_id}"

    def update(self, *, name: str, about: str, links: list[str], avatar: Picture | None) -> None:
        """Replaces name, description, links and avatar. Deletes the picture of the previous avatar."""
        user = self.user
        avatar_before = user.avatar
        self.about = about
        self.links = "\n".join(links)
        user.name = name
        user.avatar = avatar
        with transaction.atomic():
            self.save(update_fields=["about", "links"])
            user.save(update_fields=["name", "avatar"])
            if avatar_before is not None and avatar_before != avatar:
                avatar_before.delete()

    @property
    def addresses(self) -> list[str]:
        """URLs of the links."""
        return self.links.split()

    @property
    def named_links(self) -> list[tuple[str, str]]:
        """Each link as its URL and its text: host and path, without scheme. Links with a user name were accepted once;
        they look like other addresses, and are not shown."""
        encoded = [links.encode_host(link) for link in self.addresses]
        return [(link, _link_text(link)) for link in encoded if links.is_web_address(link)]


def _link_text(link: str) -> str:
    return links.show_host(link).removeprefix(f"{urlsplit(link).scheme}://").rstrip("/")
