"""Polls of posts: options, and votes that stay secret."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models, transaction
from django.utils import timezone

from livefeed.models import locks
from livefeed.models.counters import CounterQuerySet
from livefeed.models.post import Post
from livefeed.models.user import NotActivatedError, User

MIN_OPTIONS = 2
MAX_OPTIONS = 6
"""Options of a poll."""
OPTION_MAX = 80
"""Characters of the longest option."""


class VoteError(Exception):
    """Raised if a vote is refused. The text is for users."""


@dataclass(frozen=True)
class NewPoll:
    """A poll to be published with a post: the texts of its options, whether users may choose several, and how long it
    is open."""

    options: tuple[str, ...]
    is_multiple: bool
    duration: timedelta

    def attach_to(self, post: Post) -> None:
        """Creates the poll of a post that was saved with `has_poll`."""
        poll = Poll.objects.create(post=post, is_multiple=self.is_multiple, ends_at=post.created_at + self.duration)
        poll.options.bulk_create(
            PollOption(poll=poll, place=place, text=text) for place, text in enumerate(self.options)
        )

    def is_poll_of(self, post: Post) -> bool:
        """True if the post has a poll with these options."""
        return bool(post.has_poll) and self.options == tuple(option.text for option in post.poll.options.all())


class Poll(models.Model):
    """The poll of a post, which asks its question. It is never changed, only counted."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, primary_key=True, related_name="poll")
    is_multiple = models.BooleanField()
    """True if a user may choose several options."""
    ends_at = models.DateTimeField()
    voters_count = models.PositiveIntegerField(default=0)
    """Number of users who have voted. Incremented by the database, as are the votes of each option."""

    objects: ClassVar[models.Manager["Poll"]] = CounterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"poll of post {self.post_id}"

    def vote(self, user: User, option_ids: Collection[int]) -> None:
        """Counts the vote of a user for some options. A vote is final: the same vote sent again changes nothing,
        another one is refused.

        Raises `VoteError`, `NotActivatedError`, or `Post.DoesNotExist` if the post was removed meanwhile."""
        if not user.is_activated:
            raise NotActivatedError
        with transaction.atomic():
            locks.shared_lock()
            # Votes on a poll are counted one after the other, and not while the post is being removed or deleted.
            self.post = Post.objects.present().select_for_update(of=("self",)).get(pk=self.post_id)
            if earlier := self.votes.filter(user=user).first():
                earlier.require(option_ids)
            else:
                self._require_open_for(option_ids)
                self._count(user, option_ids)
            self.refresh_from_db()

    def _require_open_for(self, option_ids: Collection[int]) -> None:
        """Raises `VoteError` unless the poll is open and may be answered with these options."""
        if self.has_ended:
            raise VoteError("This poll has ended.")
        if not option_ids:
            raise VoteError("Choose an option first, then vote.")
        if len(option_ids) > 1 and not self.is_multiple:
            raise VoteError("Choose one option only.")
        if self.options.filter(pk__in=option_ids).count() < len(option_ids):
            raise VoteError("This poll has no such option.")

    def _count(self, user: User, option_ids: Collection[int]) -> None:
        vote = self.votes.create(user=user)
        vote.options.set(option_ids)
        PollOption.objects.filter(pk__in=option_ids).increment(votes_count=1)
        Poll.objects.filter(pk=self.pk).increment(voters_count=1)

    @property
    def has_ended(self) -> bool:
        return timezone.now() >= self.ends_at

    @property
    def counts(self) -> dict[str, Any]:
        """Numbers of votes, in total and for each option in their order, as frames and responses contain them."""
        return {"votes": self.voters_count, "options": [option.votes_count for option in self.options.all()]}

    def as_json(self) -> dict[str, Any]:
        """Returns the poll for programs and exports. It does not say who has voted."""
        return {
            "options": [{"text": option.text, "votes": option.votes_count} for option in self.options.all()],
            "multiple": self.is_multiple,
            "ends_at": self.ends_at.isoformat(),
            "votes": self.voters_count,
        }

    @property
    def shown_values(self) -> tuple[Any, ...]:
        """Everything that changes the look of the poll."""
        return (self.has_ended, self.voters_count, *(option.votes_count for option in self.options.all()))


class PollOption(models.Model):
    """One option of a poll."""

    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="options")
    place = models.PositiveSmallIntegerField()
    """Position in the poll, from 0."""
    text = models.CharField(max_length=OPTION_MAX)
    votes_count = models.PositiveIntegerField(default=0)

    objects: ClassVar[Any] = CounterQuerySet.as_manager()

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["poll", "place"], name="poll_option_unique")]

    def __str__(self) -> str:
        return self.text

    @property
    def percent(self) -> int:
        """Percentage of the voters who chose this option, rounded as in static/js/polls.js."""
        voters = self.poll.voters_count
        return (200 * self.votes_count + voters) // (2 * voters) if voters else 0


class Vote(models.Model):
    """The vote of a user: only for counting it once and for showing it to that user. When the user is deleted it stays
    counted, and belongs to no user any more."""

    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="votes")
    options = models.ManyToManyField(PollOption, related_name="votes")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["poll", "user"], name="vote_unique")]

    def __str__(self) -> str:
        """Returns a text that reveals neither the user nor the choice."""
        return f"vote {self.pk}"

    def require(self, option_ids: Collection[int]) -> None:
        """Raises `VoteError` unless the vote is for exactly these options."""
        if set(option_ids) != set(self.options.values_list("pk", flat=True)):
            raise VoteError("You have already voted in this poll, and votes are final.")
