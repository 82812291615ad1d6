"""What people say about themselves."""

from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models, transaction

from livefeed.models.counters import OF_PEOPLE, CounterQuerySet
from livefeed.models.picture import Picture
from livefeed.models.user import User

ABOUT_MAX = 500
LINKS_MOST, LINK_MAX = 4, 200


class ProfileManager(models.Manager["Profile"].from_queryset(CounterQuerySet)):  # type: ignore[misc]  # made at run time
    """Makes profiles."""

    def create_for(self, user: User) -> "Profile":
        """Makes the profile of somebody who was made in this transaction: nobody follows them yet."""
        profile: Profile = self.create(user=user)
        return profile

    def for_user(self, user: User) -> "Profile":
        """A person's profile; one is made for whoever came without (`bulk_create`, `loaddata`)."""
        profile: Profile = self.filter(user=user).first() or self._make(user)
        profile.user = user
        return profile

    def _make(self, user: User) -> "Profile":
        """Makes one that says how many there are already. Nobody can follow or post meanwhile: a row that points to the
        person's own waits until that is unlocked."""
        with transaction.atomic():
            User.objects.select_for_update().filter(pk=user.pk).first()
            profile: Profile
            profile, is_new = self.get_or_create(user=user)
            if is_new:
                for count in OF_PEOPLE:
                    count.repair(profile.pk)
                profile.refresh_from_db()
        return profile


class Profile(models.Model):
    """A person's page: what they say of themselves, and where else they are found."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="profile")
    about = models.TextField(max_length=ABOUT_MAX, blank=True)
    """Light Markdown, as in posts."""
    links = models.TextField(blank=True)
    """Web addresses, one a line, LINKS_MOST at most."""

    followers_count = models.PositiveIntegerField(default=0, editable=False)
    """How many follow the person; kept by the database, as the next two are."""
    following_count = models.PositiveIntegerField(default=0, editable=False)
    """How many the person follows."""
    posts_count = models.PositiveIntegerField(default=0, editable=False)
    """How many posts there are by the person that reply to nothing."""

    objects: ClassVar[ProfileManager] = ProfileManager()

    def __str__(self) -> str:
        return f"profile of {self.user_id}"

    def update(self, *, name: str, about: str, links: list[str], avatar: Picture | None) -> None:
        """Changes all that a person says of themselves. A picture that is their avatar no more is deleted."""
        user, before = self.user, self.user.avatar
        self.about, self.links = about, "\n".join(links)
        user.name, user.avatar = name, avatar
        with transaction.atomic():
            self.save(update_fields=["about", "links"])
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
