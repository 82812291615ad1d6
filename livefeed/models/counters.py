"""Stored counts (denormalized): incremented with the rows that they count, verified and repaired by `recount`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest

BATCH_SIZE = 5_000
"""Primary keys that one query checks."""


class CounterQuerySet[M: models.Model](models.QuerySet[M]):
    """Queries for rows with stored counts."""

    def increment(self, **changes: int) -> None:
        """Adds to counts, as in `increment(likes_count=+1)`. The database adds, so concurrent changes all count. A
        count that was too small stops at 0: no deletion fails because of it, and `manage.py recount` repairs it."""
        self.update(**{name: Greatest(F(name) + change, 0) for name, change in changes.items()})

    def lock(self) -> None:
        """Locks these rows until the end of the transaction, in the order of their keys, so that transactions that lock
        some of the same rows cannot deadlock. SQLite has a single writer and ignores it."""
        list(self.order_by("pk").select_for_update(of=("self",)).values_list("pk"))


@dataclass(frozen=True)
class Counter:
    """Definition of a stored count: `model.field` is the number of rows of the model `of` whose foreign key `by` refers
    to the row, and that meet the conditions `only`."""

    model: str
    field: str
    of: str
    by: str
    only: tuple[tuple[str, Any], ...] = ()

    def mismatches(self) -> Iterator["Mismatch"]:
        """Finds wrong counts, without locks: counts changed meanwhile may be reported too."""
        rows = self._rows().annotate(actual=self._actual_count())
        last = self._rows().aggregate(last=models.Max("pk"))["last"] or 0
        for start in range(0, last + 1, BATCH_SIZE):
            batch = rows.filter(pk__gt=start, pk__lte=start + BATCH_SIZE)
            for pk, stored, actual in batch.exclude(actual=F(self.field)).values_list("pk", self.field, "actual"):
                yield Mismatch(self, pk, stored, actual)

    def repair_all(self) -> Iterator["Mismatch"]:
        """Repairs all wrong counts, one row in each transaction. Yields what was repaired."""
        for mismatch in self.mismatches():
            if repaired := self.repair(mismatch.pk):
                yield repaired

    def repair(self, pk: int) -> "Mismatch | None":
        """Counts again for one row, under a lock on it. Other writers change the count in the transaction that changes
        what is counted, so they wait for the lock, or repair the count themselves afterwards. Returns the repaired
        mismatch, or None if the count is right."""
        with transaction.atomic():
            self._rows().filter(pk=pk).lock()
            counted = self._rows().filter(pk=pk).annotate(actual=self._actual_count())
            for stored, actual in counted.values_list(self.field, "actual"):
                if stored != actual:
                    self._rows().filter(pk=pk).update(**{self.field: actual})
                    return Mismatch(self, pk, stored, actual)
        return None

    def _rows(self) -> Any:
        return apps.get_model("livefeed", self.model)._default_manager.all()

    def _actual_count(self) -> Coalesce:
        """Returns an expression for the number of counted rows."""
        candidates = apps.get_model("livefeed", self.of)._default_manager.filter(**dict(self.only))
        counted = candidates.filter(**{self.by: OuterRef("pk")}).order_by().values(self.by)
        return Coalesce(Subquery(counted.annotate(number=models.Count("pk")).values("number")), 0)


@dataclass(frozen=True)
class Mismatch:
    """A wrong count of one row: `stored` is the stored number, `actual` the number of rows."""

    count: Counter
    pk: int
    stored: int
    actual: int


POSTS_COUNT = Counter(
    "profile", "posts_count", of="post", by="author", only=(("removed_at", None), ("parent_author_id", 0))
)
USER_COUNTS = [
    Counter("profile", "followers_count", of="follow", by="followed"),
    Counter("profile", "following_count", of="follow", by="follower"),
    POSTS_COUNT,
]
COUNTS = [
    *USER_COUNTS,
    Counter("post", "likes_count", of="like", by="post"),
    Counter("post", "replies_count", of="post", by="parent", only=(("removed_at", None),)),
    Counter("poll", "voters_count", of="vote", by="poll"),
    Counter("polloption", "votes_count", of="vote", by="options"),
]
"""All stored counts: of users (USER_COUNTS), of posts and of polls."""
