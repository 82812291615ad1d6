"""Uploaded pictures: of posts, and avatars of users."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import ClassVar, Literal, Self

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from livefeed.content import images, upload_limits
from livefeed.content.sanitize import clean_text
from livefeed.models import locks
from livefeed.models.attachment import Attachment as Attachment
from livefeed.models.post import Post
from livefeed.models.user import NOT_ACTIVATED, User

MAX_PICTURES = 4
"""Maximum number of pictures of one post."""
DESCRIPTION_MAX = 1_000
"""Characters of the longest description."""
MAX_UNUSED = 40
"""Pictures that one user may have uploaded without using them yet."""
MAX_DISPLAY_HEIGHT = 512
"""CSS pixels of the only picture of a post."""
TOO_MANY_UNUSED = "Too many of your pictures wait to be posted. Remove some of them, or post them."
UNUSED_RETENTION = timedelta(days=7)
"""Time until a picture that was uploaded for an unfinished post is deleted."""

Size = Literal["large", "small"]
SIZES: tuple[Size, Size] = ("large", "small")


class MissingPictureError(Exception):
    """Raised when a picture to be attached to a post does not exist, is in use, or belongs to another user."""


class PictureQuerySet(models.QuerySet["Picture"]):
    """Queries for pictures."""

    def visible_to(self, viewer: User | None) -> Self:
        """Pictures that `viewer` (None: a visitor) may see: pictures of visible posts, avatars of active users, and
        the viewer's own unused uploads."""
        public = Q(post__in=Post.objects.visible_to(viewer)) | Q(avatar_of__is_active=True)
        if viewer is None:
            return self.filter(public)
        return self.filter(public | Q(owner=viewer, post=None))

    def unused(self) -> Self:
        """Pictures of no post and of no user."""
        return self.filter(post=None, avatar_of=None)


class PictureManager(models.Manager["Picture"].from_queryset(PictureQuerySet)):  # type: ignore[misc]  # made at run time
    """Stores uploads and attaches them to posts."""

    def store(self, owner: User, file: File[bytes], sizes: images.Sizes = images.POST) -> "Picture":
        """Stores an uploaded picture, not used anywhere yet. Raises `PictureError` with a message for the user, and
        `RetryLaterError` if the upload may be tried again later."""
        if not owner.is_activated:
            raise images.PictureError(NOT_ACTIVATED)
        if file.size > images.MAX_BYTES:
            raise images.PictureError(images.TOO_LARGE)
        self._check_unused(owner)
        processed = upload_limits.convert_upload(owner.pk, file.read(), sizes)
        picture = Picture(owner=owner, width=processed.width, height=processed.height, color=processed.color)
        with transaction.atomic():
            self._lock_uploads(owner)
            self._check_unused(owner)
            picture.save(force_insert=True)
            for path, content in zip(picture.paths, (processed.large, processed.small), strict=True):
                default_storage.save(path, ContentFile(content))
        return picture

    def _check_unused(self, owner: User) -> None:
        """Raises `PictureError` if the user has MAX_UNUSED unused pictures."""
        if self.unused().filter(owner=owner).count() >= MAX_UNUSED:
            raise images.PictureError(TOO_MANY_UNUSED)

    def _lock_uploads(self, owner: User) -> None:
        """Lets concurrent uploads of a user be counted one after the other. SQLite has a single writer."""
        locks.shared_lock()
        User.objects.select_for_update(no_key=True).filter(pk=owner.pk).first()

    def attach(self, post: Post, attachments: Sequence[Attachment]) -> None:
        """Makes `post` show exactly these pictures, in this order, and deletes the pictures that it no longer shows.
        Raises `MissingPictureError` if one is not the author's or is used elsewhere."""
        # Not `self`: called through `post.pictures`, it would know only the pictures that the post already has.
        available = Picture.objects.filter(Q(post=None) | Q(post=post), owner=post.author_id, avatar_of=None)
        pictures = available.in_bulk([attachment.picture_id for attachment in attachments])
        if len(pictures) < len(attachments):
            raise MissingPictureError
        for removed in post.pictures.exclude(pk__in=pictures):
            removed.delete()
        for place, attachment in enumerate(attachments):
            picture = pictures[attachment.picture_id]
            picture.post = post
            picture.place = place
            picture.description = clean_text(attachment.description)
        Picture.objects.bulk_update(pictures.values(), ["post", "place", "description"])

    def purge(self) -> int:
        """Deletes unused pictures older than UNUSED_RETENTION. Returns the number of deleted pictures."""
        expired = self.unused().filter(created_at__lt=timezone.now() - UNUSED_RETENTION)
        return sum(picture.delete()[0] > 0 for picture in expired.iterator())


class Picture(models.Model):
    """An uploaded picture, stored as two WebP files. It belongs to a post, is an avatar, or is not used yet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="pictures")
    post = models.ForeignKey(Post, null=True, on_delete=models.CASCADE, related_name="pictures")
    place = models.PositiveSmallIntegerField(default=0)
    """Position among the pictures of the post, from 0."""
    description = models.CharField(max_length=DESCRIPTION_MAX, blank=True)
    """Alternative text for readers who do not see the picture."""
    width = models.PositiveIntegerField()
    """Width of the larger file, in pixels."""
    height = models.PositiveIntegerField()
    """Height of the larger file, in pixels."""
    color = models.CharField(max_length=7)
    """Mean colour as #rrggbb; fills the picture's place until it is loaded."""
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[PictureManager] = PictureManager()

    class Meta:
        ordering = ["place"]
        indexes = [models.Index(fields=["post", "place"], name="picture_of_post")]

    def __str__(self) -> str:
        return self.description or str(self.pk)

    def path(self, size: Size) -> str:
        """Returns the path of one size in the storage."""
        return f"pictures/{self.pk.hex[:2]}/{self.pk.hex}-{size}.webp"

    @property
    def paths(self) -> list[str]:
        """Paths of both sizes in the storage, the larger one first."""
        return [self.path(size) for size in SIZES]

    def address(self, size: Size) -> str:
        """Returns the URL of one size."""
        return picture_url(self.pk, size)

    @property
    def large(self) -> str:
        return self.address("large")

    @property
    def small(self) -> str:
        return self.address("small")

    @property
    def shown_width(self) -> int:
        """Width in a feed, in CSS pixels, with the height limited to MAX_DISPLAY_HEIGHT. Browsers reserve the space."""
        return max(1, round(self.width * min(1, MAX_DISPLAY_HEIGHT / self.height)))

    @property
    def shown_height(self) -> int:
        """Height in a feed, in CSS pixels."""
        return min(self.height, MAX_DISPLAY_HEIGHT)

    @property
    def is_public(self) -> bool:
        """True if visitors may see the picture."""
        visible: bool = Picture.objects.visible_to(None).filter(pk=self.pk).exists()
        return visible

    def delete_files(self) -> None:
        """Deletes both files after the commit of the current transaction."""
        for path in self.paths:
            transaction.on_commit(partial(default_storage.delete, path), robust=True)


def picture_url(picture_id: uuid.UUID, size: Size) -> str:
    """Returns the URL of one size of a picture."""
    return reverse("picture", args=[picture_id, size])
