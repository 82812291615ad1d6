"""Counts that are kept beside what they count: added to by the database, and put right where they are wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest

BATCH = 5_000
"""How many keys one query looks at."""


class CounterQuerySet[M: models.Model](models.QuerySet[M]):
    """Rows with counts."""

    def increment(self, **changes: int) -> None:
        """Adds to counts, as `likes_count=+1`; the database adds, whoever else does at the same moment. A count that
        was too small stays at nothing: nobody's deletion fails for it, and `manage.py recount` puts it right."""
        self.update(**{name: Greatest(F(name) + change, 0) for name, change in changes.items()})

    def lock(self) -> None:
        """Locks these rows for the rest of the transaction, in the order of their keys: who locks some of the same
        never waits for somebody who waits for them. SQLite has one writer and needs none of it."""
        list(self.order_by("pk").select_for_update(of=("self",)).values_list("pk"))


@dataclass(frozen=True)
class Counter:
    """That a field says how many rows of another model point to a row `by` a foreign key, of those that `only` holds
    for."""

    model: str
    field: str
    of: str
    by: str
    only: tuple[tuple[str, Any], ...] = ()

    def mismatches(self) -> Iterator["Mismatch"]:
        """What is not right, as far as can be seen without locking anything."""
        rows = self._rows().annotate(true=self._truth())
        last = self._rows().aggregate(last=models.Max("pk"))["last"] or 0
        for start in range(0, last + 1, BATCH):
            some = rows.filter(pk__gt=start, pk__lte=start + BATCH).exclude(true=F(self.field))
            for pk, said, true in some.values_list("pk", self.field, "true"):
                yield Mismatch(self, pk, said, true)

    def repair_all(self) -> Iterator["Mismatch"]:
        """Puts right all that is wrong, a row at a time; tells what was."""
        for wrong in self.mismatches():
            if found := self.repair(wrong.pk):
                yield found

    def repair(self, pk: int) -> "Mismatch | None":
        """Counts anew for one row, which is locked meanwhile: whoever changes what is counted changes the count in the
        same transaction, and waits, or does the same as this afterwards. Returns what was wrong, None if it was right
        by now."""
        with transaction.atomic():
            self._rows().filter(pk=pk).lock()
            for said, true in self._rows().filter(pk=pk).annotate(true=self._truth()).values_list(self.field, "true"):
                if said != true:
                    self._rows().filter(pk=pk).update(**{self.field: true})
                    return Mismatch(self, pk, said, true)
        return None

    def _rows(self) -> Any:
        return apps.get_model("livefeed", self.model)._default_manager.all()

    def _truth(self) -> Coalesce:
        """How many there are, as an expression."""
        pointing = apps.get_model("livefeed", self.of)._default_manager.filter(**dict(self.only))
        counted = pointing.filter(**{self.by: OuterRef("pk")}).order_by().values(self.by)
        return Coalesce(Subquery(counted.annotate(number=models.Count("pk")).values("number")), 0)


@dataclass(frozen=True)
class Mismatch:
    """A count of one row: what it said, and what is true."""

    count: Counter
    pk: int
    said: int
    true: int


POSTS_COUNT = Counter(
    "profile", "posts_count", of="post", by="author", only=(("removed_at", None), ("parent_author_id", 0))
)
OF_PEOPLE = [
    Counter("profile", "followers_count", of="follow", by="followed"),
    Counter("profile", "following_count", of="follow", by="follower"),
    POSTS_COUNT,
]
COUNTS = [
    *OF_PEOPLE,
    Counter("post", "likes_count", of="like", by="post"),
    Counter("post", "replies_count", of="post", by="parent", only=(("removed_at", None),)),
]
"""All that is counted: of people, and of posts."""
