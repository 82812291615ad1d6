"""Posts: publishing, editing, removing and restoring."""

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
from livefeed.models.attachment import Attachment
from livefeed.models.loading import QuicklyLoaded
from livefeed.models.post_query import Audience, PostQuerySet
from livefeed.models.user import NotActivatedError, User

if TYPE_CHECKING:
    from livefeed.models.poll import NewPoll

logger = logging.getLogger(__name__)

TITLE_MAX = 120
"""Characters of the longest title."""
BODY_MAX = 5_000
"""Characters of the longest body."""
MAX_ANCESTORS = 50
"""Posts above a reply whose ids it stores."""
RESTORE_PERIOD = timedelta(seconds=10)
"""Time for which the page offers to restore a removed post."""
RESTORE_GRACE = timedelta(seconds=5)
"""Additional time for the request to arrive."""


class MissingQuestionError(Exception):
    """Raised when an edit would leave a poll without its question, the text of the post."""


class EditConflictError(Exception):
    """Raised when the post was saved after the editor was opened; `current` is the post as stored now."""

    def __init__(self, current: "Post") -> None:
        super().__init__(f"post {current.pk} is at version {current.version}")
        self.current = current


class PostManager(models.Manager["Post"].from_queryset(PostQuerySet)):  # type: ignore[misc]  # made at run time
    """Publishes posts and deletes removed ones."""

    def publish(
        self,
        author: User,
        *,
        title: str,
        body: str,
        key: uuid.UUID | None = None,
        audience: str = "public",
        parent: "Post | None" = None,
        pictures: Sequence[Attachment] = (),
        poll: "NewPoll | None" = None,
    ) -> "Post":
        """Creates a post, idempotently: the same content sent again under the same `key` (a double click, a retried
        request) returns the post that exists already. Different content under a used key becomes a new post, so that
        nothing is lost. A reply to a post for followers is for followers too. An exception of another app's on-commit
        hook is logged: the post is committed, which is success.

        Raises `Post.DoesNotExist` if `parent` was removed meanwhile, `MissingPictureError` if a picture is missing,
        `NotActivatedError` if the author may not post."""
        if not author.is_activated:
            raise NotActivatedError

        def build(key: uuid.UUID) -> Post:
            post = Post(author=author, title=title, body=body, audience=audience, key=key, pictures_count=len(pictures))
            post.has_poll = poll is not None or None
            if parent is not None:
                post.set_parent(parent)
            return post

        post = build(key or uuid.uuid4())
        stored = self._insert_or_find(post, pictures, poll)
        if stored.has_content_of(post) and (poll is None or poll.is_poll_of(stored)):
            return stored
        return self._insert_or_find(build(uuid.uuid4()), pictures, poll)

    def _insert_or_find(self, post: "Post", pictures: Sequence[Attachment], poll: "NewPoll | None") -> "Post":
        """Inserts `post`; returns it, or the author's post that is stored under its key already."""
        try:
            self._insert(post, pictures, poll)
        except Exception as error:
            stored: Post | None = self.filter(author=post.author, key=post.key).first()
            if stored is None:
                if post.parent and not self.present().filter(pk=post.parent.pk).exists():
                    raise Post.DoesNotExist from None
                raise
            if not isinstance(error, IntegrityError):  # not the unique constraint: raised after the commit
                logger.exception("A hook failed after post %s was committed.", stored.pk)
            return stored
        return post

    def _insert(self, post: "Post", pictures: Sequence[Attachment], poll: "NewPoll | None") -> None:
        """Inserts `post` with its pictures and poll. Raises `Post.DoesNotExist` if its parent was removed meanwhile."""
        with transaction.atomic():
            locks.shared_lock()
            post.save()
            if pictures:
                post.attach_pictures(pictures)
            if poll:
                poll.attach_to(post)
            if post.parent:  # saving the reply has counted it, which locks the parent: it can no longer be removed
                self.present().get(pk=post.parent.pk)

    def purge(self) -> int:
        """Deletes removed posts that can no longer be restored. Returns the number of deleted posts."""
        expired = self.filter(removed_at__lt=timezone.now() - RESTORE_PERIOD - RESTORE_GRACE)
        return sum(post.delete()[0] > 0 for post in expired.iterator())


class Post(QuicklyLoaded):
    """A post or a reply. `version` counts its changes; feeds are ordered by `(created_at, id)`."""

    Audience = Audience
    COUNTS = frozenset(("likes_count", "replies_count"))
    """Names of the stored counts. Others increment and publish them; they are no edit."""

    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="posts")
    title = models.CharField(max_length=TITLE_MAX, blank=True)
    body = models.TextField(blank=True, validators=[MaxLengthValidator(BODY_MAX)])
    """Light Markdown. May be empty only if the post has pictures."""
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.PUBLIC, editable=False)
    """Readers who may see the post. Never changes after publishing: no reader gains a post that was not meant for them,
    or loses one that they have read."""
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replies", editable=False)
    """The post that this post replies to; null once that is deleted."""
    parent_author_id = models.BigIntegerField(default=0, editable=False)
    """Id of the parent's author, kept when the parent is deleted; 0 if the post is no reply."""
    ancestors = models.TextField(blank=True, default="", editable=False)
    """Ids of the posts above this one in its thread, separated by blanks: the nearest MAX_ANCESTORS, oldest first."""
    replies_count = models.PositiveIntegerField(default=0, editable=False)
    """Number of direct replies."""
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Time when the author removed the post. It is hidden at once, can be restored for RESTORE_PERIOD, and is then
    deleted."""
    likes_count = models.PositiveIntegerField(default=0, editable=False)
    """Number of likes. Incremented by the database, so that concurrent likes all count."""
    pictures_count = models.PositiveSmallIntegerField(default=0, editable=False)
    """Number of pictures; 0 saves the query for them."""
    has_poll = models.BooleanField(null=True, editable=False)
    """True if the post has a poll, which saves all others the query for it; else null: SQLite adds a column to a table
    at once only if it may be null."""
    tags = models.TextField(blank=True, default="", editable=False)
    """Tags in the body, as `markup.normalize_tag` returns them, separated by blanks. `Tagging` is their index."""

    was_removed = False
    """True if the post was removed when it was last loaded or saved."""

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
        """Returns the beginning of the text, but not of a post for followers: the admin shows this value in lists and
        keeps it in its history."""
        if self.audience == Post.Audience.FOLLOWERS:
            return f"Post {self.pk} for followers"
        return self.title or self.body[:60]

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Saves the post and everything that its signal receivers write, in one transaction. Every change increments
        `version`; a change of anything but `removed_at` also sets `edited_at`."""
        version_before = self.version
        edited_at_before = self.edited_at
        if not self._state.adding:
            self.version = F("version") + 1  # counted by the database, read back by save()
            fields = self._editable_fields() if update_fields is None else set(update_fields)
            if fields != {"removed_at"}:
                self.edited_at = timezone.now()
            update_fields = {*fields, "version", "edited_at", "tags"}
        try:
            with transaction.atomic():
                super().save(*args, update_fields=update_fields, **kwargs)
        except BaseException:
            self.version = version_before
            self.edited_at = edited_at_before
            raise
        self._saved_tags = self.tags
        if update_fields is None or "removed_at" in update_fields:
            self.was_removed = self.removed_at is not None

    def get_absolute_url(self) -> str:
        return reverse("post", args=[self.pk])

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any) -> Self:
        """Loads a post and remembers what receivers compare after a save: its tags, and if it was removed."""
        post = super().from_db(db, field_names, values, **kwargs)
        post._saved_tags = post.__dict__.get("tags", "")
        post.was_removed = post.__dict__.get("removed_at") is not None
        return post

    def set_parent(self, parent: "Post") -> None:
        """Makes this unsaved post a reply to `parent`."""
        self.parent = parent
        self.parent_author_id = parent.author_id
        self.ancestors = " ".join([*parent.ancestors.split(), str(parent.pk)][-MAX_ANCESTORS:])
        if parent.audience == Post.Audience.FOLLOWERS:
            self.audience = Post.Audience.FOLLOWERS

    def has_content_of(self, other: "Post") -> bool:
        """True if both posts have the same text, audience, parent and number of pictures, and both or none a poll."""
        names = ("title", "body", "audience", "parent_id", "pictures_count", "has_poll")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def attach_pictures(self, pictures: Sequence[Attachment]) -> None:
        """Makes the post show exactly these pictures. `pictures_count` is saved by the caller. Raises
        `MissingPictureError` if a picture is missing."""
        self.pictures.attach(self, pictures)

    def edit(self, *, title: str, body: str, seen_version: int, pictures: Sequence[Attachment] | None = None) -> None:
        """Changes the text, and the pictures unless they are None. Idempotent: the same change sent twice is one edit.

        Raises `EditConflictError` if the post is no longer at `seen_version`, the version that the editor was opened
        with; `Post.DoesNotExist` if it was removed; `MissingPictureError` if a picture is missing;
        `MissingQuestionError` if it has a poll and would have no text; and `NotActivatedError`."""
        with transaction.atomic():
            locks.shared_lock()
            current = Post.objects.present().select_for_update(of=("self",)).select_related("author").get(pk=self.pk)
            if not current.author.is_activated:
                raise NotActivatedError
            if current.has_poll and not body:
                raise MissingQuestionError
            if current.version == seen_version:
                current.title = title
                current.body = body
                if pictures is not None:
                    current.pictures_count = len(pictures)
                    current.attach_pictures(pictures)
                current.save(update_fields=["title", "body", "pictures_count"])
            elif (current.title, current.body) != (clean_title(title), body):
                raise EditConflictError(current)
        for name in ("title", "body", "version", "edited_at", "tags", "pictures_count", "_saved_tags"):
            setattr(self, name, getattr(current, name))

    def remove(self) -> None:
        """Hides the post from all readers, its author included, until it is deleted or restored. Raises
        `Post.DoesNotExist` if it was removed before."""
        self._set_removed_at(timezone.now(), Post.objects.present())

    def restore(self) -> None:
        """Makes a removed post visible again. Raises `Post.DoesNotExist` if it is not removed, or was removed more than
        RESTORE_PERIOD (plus RESTORE_GRACE) ago."""
        oldest = timezone.now() - RESTORE_PERIOD - RESTORE_GRACE
        self._set_removed_at(None, Post.objects.filter(removed_at__gte=oldest))

    def _set_removed_at(self, moment: datetime | None, among: PostQuerySet) -> None:
        with transaction.atomic():
            locks.shared_lock()
            current = among.select_for_update(of=("self",)).get(pk=self.pk)
            current.removed_at = moment
            current.save(update_fields=["removed_at"])
        self.removed_at = current.removed_at
        self.version = current.version

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Deletes the post and everything that its signal receivers delete, in one transaction."""
        with transaction.atomic():
            locks.shared_lock()
            if self.has_poll:  # before the cascade deletes rows that a vote locks in another order
                Post.objects.filter(pk=self.pk).lock()
            return super().delete(*args, **kwargs)

    def _editable_fields(self) -> set[str]:
        """Names of the loaded fields that a full save writes: not the counts, which others increment, and not
        `removed_at`."""
        names = {field.name for field in self._meta.concrete_fields if not field.primary_key}
        deferred = {name.removesuffix("_id") for name in self.get_deferred_fields()} | self.get_deferred_fields()
        return names - deferred - self.COUNTS - {"removed_at"}

    @property
    def visible_parent(self) -> "Post | None":
        """The post that this post replies to, unless that was removed."""
        if self.parent is None or self.parent.removed_at is not None:
            return None
        return self.parent

    @property
    def saved_tags(self) -> frozenset[str]:
        """Tags as last loaded or saved."""
        tags: str = self.__dict__.get("_saved_tags", "")
        return frozenset(tags.split())

    @property
    def current_tags(self) -> frozenset[str]:
        """Tags as the next save writes them."""
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
        """Position in a feed: compared as text, greater is newer."""
        return sort_keys.encode(self.created_at, self.pk)
