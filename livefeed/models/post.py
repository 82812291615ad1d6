"""Posts, and who may see which."""

import logging
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Length
from django.urls import reverse
from django.utils import timezone

from livefeed.content.sanitize import clean_title
from livefeed.models import locks, sort_keys
from livefeed.models.post_query import Audience, PostQuerySet
from livefeed.models.user import NotActivatedError, User

if TYPE_CHECKING:
    from livefeed.models.picture import Attachment

logger = logging.getLogger(__name__)

TITLE_MAX, BODY_MAX = 120, 5_000
ANCESTORS_MOST = 50
UNDO = timedelta(seconds=10)
"""How long a removed post can be brought back."""
UNDO_ON_ITS_WAY = timedelta(seconds=5)
"""How much later the request for it may arrive."""


class EditConflictError(Exception):
    """Somebody saved the post after the editor was opened; `current` is how it stands now."""

    def __init__(self, current: "Post") -> None:
        super().__init__(f"post {current.pk} is at version {current.version}")
        self.current = current


class PostManager(models.Manager["Post"].from_queryset(PostQuerySet)):  # type: ignore[misc]  # made at run time
    """Makes posts."""

    def publish(
        self,
        author: User,
        *,
        title: str,
        body: str,
        key: uuid.UUID | None = None,
        audience: str = "public",
        parent: "Post | None" = None,
        pictures: "Sequence[Attachment]" = (),
    ) -> "Post":
        """Makes a post, once: the same text sent again under the same `key` (a double click, a retried request)
        gives the post that is already there. A different text under a used key is a new post, so nothing is lost.
        What another app's hook raises once the post is committed is logged: the post is there, and that is success.
        A reply to what is for followers is for followers too. Raises `Post.DoesNotExist` if `parent` went meanwhile,
        `MissingPictureError` if one of the pictures is not there, `NotActivatedError` if the author may not post."""
        if not author.is_activated:
            raise NotActivatedError
        post = Post(author=author, title=title, body=body, key=key or uuid.uuid4(), audience=audience)
        post.pictures_count = len(pictures)
        if parent is not None:
            post.set_parent(parent)
        try:
            with transaction.atomic():
                locks.shared_lock()
                post.save()
                if pictures:
                    post.attach_pictures(pictures)
                if parent is not None:  # counting the reply has locked it
                    self.present().get(pk=parent.pk)
        except Exception as error:
            twin = self.filter(author=author, key=post.key).first()
            if twin is None:
                if parent is not None and not self.present().filter(pk=parent.pk).exists():
                    raise Post.DoesNotExist from None
                raise
            if not isinstance(error, IntegrityError):
                logger.exception("A hook failed after post %s was committed.", twin.pk)
            names = ("title", "body", "audience", "parent_id", "pictures_count")
            same = all(getattr(twin, name) == getattr(post, name) for name in names)
            again: dict[str, Any] = {
                "title": title,
                "body": body,
                "audience": audience,
                "parent": parent,
                "pictures": pictures,
            }
            return twin if same else self.publish(author, **again)
        return post

    def purge(self) -> int:
        """Deletes what was removed and can no longer be brought back. Returns how many posts went."""
        gone = self.filter(removed_at__lt=timezone.now() - UNDO - UNDO_ON_ITS_WAY)
        return sum(post.delete()[0] > 0 for post in gone.iterator())


class Post(models.Model):
    """Something somebody wrote. `version` counts its changes; feeds are ordered by `(created_at, id)`."""

    Audience = Audience

    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="posts")
    title = models.CharField(max_length=TITLE_MAX, blank=True)
    body = models.TextField(blank=True, validators=[MaxLengthValidator(BODY_MAX)])
    """Light Markdown. Empty only where there are pictures."""
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.PUBLIC, editable=False)
    """Who may see it. Chosen when it is written and never changed: nobody is shown what was not meant for them, and
    nobody loses what they have read."""
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replies", editable=False)
    """The post that it replies to, while that is there."""
    parent_author_id = models.BigIntegerField(default=0, editable=False)
    """Whose that is or was; 0 if it replies to nothing."""
    ancestors = models.TextField(blank=True, default="", editable=False)
    """The ids of the posts above it in its thread, the first one first, ANCESTORS_MOST at most, with blanks between."""
    replies_count = models.PositiveIntegerField(default=0, editable=False)
    """How many reply to it directly."""
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When its author removed it. Then nobody sees it any more; for UNDO it can be brought back, then it is deleted."""
    likes_count = models.PositiveIntegerField(default=0, editable=False)
    """How many like it; kept by the database, whoever likes at the same moment."""
    pictures_count = models.PositiveSmallIntegerField(default=0, editable=False)
    """How many pictures it has: without any, none are asked for."""
    tags = models.TextField(blank=True, default="", editable=False)
    """The tags in its body, as `markup.normal` makes them, with blanks between. `Tagging` is their index."""

    objects: ClassVar[PostManager] = PostManager()

    class Meta:
        indexes = [
            models.Index(fields=["created_at", "id"], name="post_newest"),
            models.Index(fields=["author", "created_at", "id"], name="post_newest_of_author"),
            models.Index(fields=["author"], condition=Q(removed_at=None, parent_author_id=0), name="post_counted"),
            models.Index(fields=["parent", "created_at", "id"], name="post_replies"),
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="post_removed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["author", "key"], name="post_key_unique"),
            models.CheckConstraint(
                condition=(Q(models.lookups.GreaterThanOrEqual(Length("body"), 1)) | Q(pictures_count__gte=1))
                & Q(models.lookups.LessThanOrEqual(Length("body"), BODY_MAX)),
                name="post_body_length",
                violation_error_message="Write something first.",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.body[:60]

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Saves the post and, in the same transaction, all that its signals write. A change counts as a version; one of
        anything but `removed_at` as an edit too."""
        before = self.version, self.edited_at
        if not self._state.adding:
            self.version = F("version") + 1  # counted by the database, read back by save()
            if update_fields is None or set(update_fields) != {"removed_at"}:
                self.edited_at = timezone.now()
            fields = self._own_fields() if update_fields is None else update_fields
            update_fields = {*fields, "version", "edited_at", "tags"}
        try:
            with transaction.atomic():
                super().save(*args, update_fields=update_fields, **kwargs)
        except BaseException:
            self.version, self.edited_at = before
            raise
        self._saved_tags = self.tags

    def get_absolute_url(self) -> str:
        return reverse("post", args=[self.pk])

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any) -> Self:
        post = super().from_db(db, field_names, values, **options)
        post._saved_tags = post.__dict__.get("tags", "")
        return post

    def set_parent(self, parent: "Post") -> None:
        """Puts a post that is not saved yet below `parent`."""
        self.parent, self.parent_author_id = parent, parent.author_id
        self.ancestors = " ".join([*parent.ancestors.split(), str(parent.pk)][-ANCESTORS_MOST:])
        if parent.audience == Post.Audience.FOLLOWERS:
            self.audience = Post.Audience.FOLLOWERS

    def attach_pictures(self, pictures: "Sequence[Attachment]") -> None:
        """Lets the post, as saved with their count, show these. Raises `MissingPictureError` if one is not there."""
        from livefeed.models.picture import Picture

        Picture.objects.attach(self, pictures)

    def edit(self, *, title: str, body: str, seen_version: int, pictures: "Sequence[Attachment] | None" = None) -> None:
        """Changes the text, and the pictures unless they are None; the same change sent twice is one. Raises
        `EditConflictError` if the post is no longer at `seen_version`, the version that the editor was opened with,
        `Post.DoesNotExist` if it is gone, `MissingPictureError` if a picture is, and `NotActivatedError`."""
        with transaction.atomic():
            locks.shared_lock()
            current = Post.objects.present().select_for_update(of=("self",)).select_related("author").get(pk=self.pk)
            if not current.author.is_activated:
                raise NotActivatedError
            if current.version == seen_version:
                current.title, current.body = title, body
                if pictures is not None:
                    current.pictures_count = len(pictures)
                    current.attach_pictures(pictures)
                current.save(update_fields=["title", "body", "pictures_count"])
            elif (current.title, current.body) != (clean_title(title), body):
                raise EditConflictError(current)
        for name in ("title", "body", "version", "edited_at", "tags", "pictures_count", "_saved_tags"):
            setattr(self, name, getattr(current, name))

    def remove(self) -> None:
        """Takes the post away from everybody, until it is deleted or restored. Raises `Post.DoesNotExist` if it is gone
        already."""
        self._set_removed_at(timezone.now(), Post.objects.present())

    def restore(self) -> None:
        """Brings a removed post back. Raises `Post.DoesNotExist` if it is too late for that."""
        still_there = timezone.now() - UNDO - UNDO_ON_ITS_WAY
        self._set_removed_at(None, Post.objects.filter(removed_at__gte=still_there))

    def _set_removed_at(self, moment: datetime | None, among: PostQuerySet) -> None:
        with transaction.atomic():
            locks.shared_lock()
            current = among.select_for_update(of=("self",)).get(pk=self.pk)
            current.removed_at = moment
            current.save(update_fields=["removed_at"])
        self.removed_at, self.version = current.removed_at, current.version

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Deletes the post and, in the same transaction, does what its signals ask for."""
        with transaction.atomic():
            locks.shared_lock()
            return super().delete(*args, **kwargs)

    def _own_fields(self) -> set[str]:
        """What a change may change: not what others count, nor whether it is there."""
        names = {field.name for field in self._meta.concrete_fields if not field.primary_key}
        deferred = {name.removesuffix("_id") for name in self.get_deferred_fields()} | self.get_deferred_fields()
        return names - deferred - {"likes_count", "replies_count", "removed_at"}

    @property
    def visible_parent(self) -> "Post | None":
        """The post that it replies to, unless that was removed."""
        return self.parent if self.parent and self.parent.removed_at is None else None

    @property
    def saved_tags(self) -> frozenset[str]:
        """Its tags as they were last read or saved."""
        kept: str = self.__dict__.get("_saved_tags", "")
        return frozenset(kept.split())

    @property
    def current_tags(self) -> frozenset[str]:
        """Its tags, as they will be saved."""
        return frozenset(self.tags.split())

    @property
    def is_reply(self) -> bool:
        return self.parent_author_id != 0

    @property
    def ancestor_ids(self) -> list[int]:
        return [int(pk) for pk in self.ancestors.split()]

    @property
    def is_edited(self) -> bool:
        return self.edited_at is not None

    @property
    def sort_key(self) -> str:
        """Where the post stands in a feed: greater is newer, compared as text."""
        return sort_keys.encode(self.created_at, self.pk)
