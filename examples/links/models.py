"""A shared list of links."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from livefeed.live.queryset import LiveQuerySet


class LinkQuerySet(LiveQuerySet):
    """Queries links."""

    def shown(self):
        """Links of active users, newest first, with these users."""
        return self.filter(added_by__is_active=True).select_related("added_by").order_by("-pk")

    def visible_to(self, viewer):
        """Links that a user (None: a visitor) may see: those for everyone, the user's own, and followed users'."""
        allowed = models.Q(for_followers=False)
        if viewer is not None:
            allowed |= models.Q(added_by=viewer) | models.Q(added_by__in=viewer.following.values("followed"))
        return self.shown().filter(allowed)


class Link(models.Model):
    """A link that a user has added."""

    title = models.CharField(max_length=100)
    address = models.URLField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    for_followers = models.BooleanField("Only for my followers", default=False)

    objects = LinkQuerySet.as_manager()

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("link", args=[self.pk])
