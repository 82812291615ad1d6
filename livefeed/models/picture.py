"""Pictures: of posts, and of people."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import ClassVar, Literal, NamedTuple, Self

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q, prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from livefeed.content import images
from livefeed.content.sanitize import clean_text
from livefeed.models.post import Post
from livefeed.models.user import NOT_ACTIVATED, User

MOST = 4
"""Pictures of one post."""
DESCRIPTION_MAX = 1_000
WAITING_MOST = 40
"""Pictures that one person may have handed in without posting them yet."""
TALLEST = 512
"""CSS pixels of a picture that stands alone in a post."""
TOO_MANY_WAIT = "Too many of your pictures wait to be posted. Remove some of them, or post them."
KEPT_UNUSED = timedelta(days=7)
"""As long waits what was handed in for a post that is still being written."""

Size = Literal["large", "small"]
SIZES: tuple[Size, Size] = ("large", "small")


class Attachment(NamedTuple):
    """A picture that was handed in, as it is to stand in a post."""

    picture_id: uuid.UUID
    description: str = ""


class MissingPictureError(Exception):
    """A picture that was to stand in a post is not there, or somebody else's."""


class PictureQuerySet(models.QuerySet["Picture"]):
    """Which pictures."""

    def visible_to(self, viewer: User | None) -> Self:
        """Those that `viewer` (None: a visitor) may see: of posts that they may see, of active people, and what they
        have handed in themselves."""
        seen = Q(post__in=Post.objects.visible_to(viewer)) | Q(avatar_of__is_active=True)
        return self.filter(seen | Q(owner=viewer, post=None) if viewer else seen)

    def unused(self) -> Self:
        """Those that stand nowhere."""
        return self.filter(post=None, avatar_of=None)


class PictureManager(models.Manager["Picture"].from_queryset(PictureQuerySet)):  # type: ignore[misc]  # made at run time
    """Takes pictures in, and puts them into posts."""

    def store(self, owner: User, file: File[bytes], sizes: images.Sizes = images.POST) -> "Picture":
        """Keeps a picture that stands nowhere yet. Raises `PictureError` with a sentence for people."""
        if not owner.is_activated:
            raise images.PictureError(NOT_ACTIVATED)
        if self.unused().filter(owner=owner).count() >= WAITING_MOST:
            raise images.PictureError(TOO_MANY_WAIT)
        if file.size > images.MAX_BYTES:
            raise images.PictureError(images.TOO_LARGE)
        made = images.process_image(file.read(), sizes)
        picture = Picture(owner=owner, width=made.width, height=made.height, color=made.color)
        with transaction.atomic():
            picture.save(force_insert=True)
            for path, content in zip(picture.paths, (made.large, made.small), strict=True):
                default_storage.save(path, ContentFile(content))
        return picture

    def attach(self, post: Post, attachments: Sequence[Attachment]) -> None:
        """Lets `post` show exactly these pictures, in this order; what it no longer shows is deleted. Raises
        `MissingPictureError` if one is not the author's, or stands elsewhere."""
        found = self.filter(Q(post=None) | Q(post=post), owner=post.author_id, avatar_of=None)
        pictures = found.in_bulk([each.picture_id for each in attachments])
        if len(pictures) < len(attachments):
            raise MissingPictureError
        for picture in post.pictures.exclude(pk__in=pictures):
            picture.delete()
        for place, (picture_id, description) in enumerate(attachments):
            picture = pictures[picture_id]
            picture.post, picture.place, picture.description = post, place, clean_text(description)
        self.bulk_update(pictures.values(), ["post", "place", "description"])

    def purge(self) -> int:
        """Deletes what was handed in long ago and stands nowhere. Returns how many went."""
        old = self.unused().filter(created_at__lt=timezone.now() - KEPT_UNUSED)
        return sum(picture.delete()[0] > 0 for picture in old.iterator())


class Picture(models.Model):
    """A picture that somebody handed in, as two WebP files. It stands in a post, or is somebody's avatar, or waits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="pictures")
    post = models.ForeignKey(Post, null=True, on_delete=models.CASCADE, related_name="pictures")
    place = models.PositiveSmallIntegerField(default=0)
    """Where it stands among its post's pictures."""
    description = models.CharField(max_length=DESCRIPTION_MAX, blank=True)
    """What it shows, for those who do not see it."""
    width = models.PositiveIntegerField()
    """Of the larger file, in pixels, like `height`."""
    height = models.PositiveIntegerField()
    color = models.CharField(max_length=7)
    """Its mean colour, as #rrggbb: it holds the place until the picture is there."""
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[PictureManager] = PictureManager()

    class Meta:
        ordering = ["place"]
        indexes = [models.Index(fields=["post", "place"], name="picture_of_post")]

    def __str__(self) -> str:
        return self.description or str(self.pk)

    def path(self, size: Size) -> str:
        """Where the storage keeps a size of it."""
        return f"pictures/{self.pk.hex[:2]}/{self.pk.hex}-{size}.webp"

    @property
    def paths(self) -> list[str]:
        """Of both, the larger one first."""
        return [self.path(size) for size in SIZES]

    def address(self, size: Size) -> str:
        """Where browsers find it."""
        return picture_url(self.pk, size)

    @property
    def large(self) -> str:
        return self.address("large")

    @property
    def small(self) -> str:
        return self.address("small")

    @property
    def shown_width(self) -> int:
        """In a feed, where one is TALLEST at most, in CSS pixels. Browsers keep the place by it."""
        return max(1, round(self.width * min(1, TALLEST / self.height)))

    @property
    def shown_height(self) -> int:
        return min(self.height, TALLEST)

    @property
    def is_public(self) -> bool:
        """Whether visitors see it, too."""
        visible: bool = Picture.objects.visible_to(None).filter(pk=self.pk).exists()
        return visible

    def delete_files(self) -> None:
        """Deletes both files once this transaction is committed."""
        for path in self.paths:
            transaction.on_commit(partial(default_storage.delete, path), robust=True)


def picture_url(picture_id: uuid.UUID, size: Size) -> str:
    """Where browsers find a size of a picture."""
    return reverse("picture", args=[picture_id, size])


def prefetch_pictures(posts: list[Post]) -> list[Post]:
    """The same posts, with the pictures of those that have any, by one query at most."""
    prefetch_related_objects([post for post in posts if post.pictures_count], "pictures")
    return posts
