"""Full-text search: parses what a user types, and finds posts and users, on SQLite and PostgreSQL.

Results are ordered newest first, not by relevance: this is a feed. Both databases find the newest matches without
reading all matches.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.expressions import RawSQL

from livefeed.content.markup import is_tag, normalize_tag
from livefeed.models import sort_keys
from livefeed.models.compiled import compiled
from livefeed.models.post import Post
from livefeed.models.search_index import Marks, Term, search_index
from livefeed.models.user import User

QUERY_MAX = 200
"""Characters of a search that are read."""
MAX_TERMS = 12
"""Words and phrases of a search that are read."""
MAX_ID_DISORDER = timedelta(days=1)
"""Time by which the order of ids may differ from the order of creation."""
PART = re.compile(r'(?:(from|tag|before|after):)?("[^"]*"?|\S+)', re.IGNORECASE)
"""One part of a search: an optional keyword, and a phrase in quotes or a word."""


@dataclass
class Search:
    """A parsed search. `problems` are messages for the user about parts that could not be parsed."""

    terms: list[Term] = field(default_factory=list)
    author: str = ""
    tags: list[str] = field(default_factory=list)
    before: datetime | None = None
    after: datetime | None = None
    problems: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Search:
        """Parses words, "whole phrases", prefixes (`gard*`), #tags, and `from:`, `tag:`, `before:`, `after:` with days
        such as 2026-11-25, in UTC. `before` excludes its day, `after` includes it."""
        search = cls()
        for keyword, value in PART.findall(text[:QUERY_MAX].replace("\0", "")):
            search._add(keyword.lower(), value)
        return search

    @property
    def is_empty(self) -> bool:
        return not (self.terms or self.author or self.tags or self.before or self.after)

    def _add(self, keyword: str, value: str) -> None:
        text = value.strip('"')
        if keyword == "from":
            self.author = text.lstrip("@")
        elif keyword in ("before", "after"):
            self._add_day(keyword, text)
        elif keyword == "tag" or re.fullmatch(r"#\w+", text):
            self._add_tag(text)
        else:
            self._add_term(text, is_prefix=value.endswith("*"))

    def _add_day(self, keyword: str, text: str) -> None:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.problems.append(f"{keyword}: takes a day, such as {keyword}:2026-01-31.")
            return
        setattr(self, keyword, datetime(day.year, day.month, day.day, tzinfo=UTC))

    def _add_tag(self, text: str) -> None:
        tag = text.lstrip("#")
        if is_tag(tag):
            self.tags.append(normalize_tag(tag))
        else:
            self.problems.append(f"“{text}” is not a tag.")

    def _add_term(self, text: str, *, is_prefix: bool) -> None:
        words = split_words(text)
        if words and len(self.terms) < MAX_TERMS:
            self.terms.append(Term(words, is_prefix))


def split_words(text: str) -> tuple[str, ...]:
    """Returns the words of a text in the form in which the indexes store them: lower case, without accents."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return tuple(re.findall(r"[^\W_]+", plain.lower()))


def search_posts(search: Search, viewer: User | None, start: str, count: int) -> list[Post]:
    """Returns the newest `count` matching posts that are older than the sort key `start` (empty: the newest of all) and
    that `viewer` may see. Raises `ValueError` if `start` is not a sort key."""
    author = User.objects.with_username(search.author).first() if search.author else None
    if search.author and author is None:
        return []
    if search.terms or search.tags:
        below = sort_keys.decode(start)[1] if start else _newest_pk(search) + 1
        marks = Marks(author.pk if author else 0, tuple(search.tags))
        return _visible_matches(search, viewer, marks, below, count)
    position = sort_keys.decode(start) if start else (None, None)
    return _visible_posts(viewer, author, search.after, search.before, *position, count=count)


@compiled
def _visible_posts(
    viewer: User | None,
    author: User | None,
    after: datetime | None,
    before: datetime | None,
    moment: datetime | None,
    pk: int | None,
    *,
    count: int,
) -> Any:
    """The newest posts of `author` (None: all) between two times, older than the post `pk` created at `moment`."""
    posts = Post.objects.visible_to(viewer).created_between(after, before).older_than(moment, pk)
    return (posts.filter(author=author) if author else posts).newest_first()[:count]


def _visible_matches(search: Search, viewer: User | None, marks: Marks, below: int, count: int) -> list[Post]:
    """Returns the newest `count` posts that the index finds, with ids less than `below`, and that `viewer` may see."""
    found: list[Post] = []
    for batch in search_index().newest_posts(search.terms, marks, below):
        found += _visible_among(batch, viewer, search.after, search.before, count=count)
        if len(found) >= count:
            break
    return found[:count]


@compiled
def _visible_among(
    ids: list[int], viewer: User | None, after: datetime | None, before: datetime | None, *, count: int
) -> Any:
    posts = Post.objects.visible_to(viewer).created_between(after, before).filter(pk__in=ids)
    return posts.with_related().order_by("-pk")[:count]


def _newest_pk(search: Search) -> int:
    """Returns an id that no post created before the search's `before` exceeds."""
    if search.before:
        by_age = Post.objects.order_by("created_at", "pk")
        later: Post | None = by_age.filter(created_at__gte=search.before + MAX_ID_DISORDER).first()
        if later is not None:
            return int(later.pk)
    return search_index().highest_pk()


def search_users(search: Search, most: int, viewer: User | None = None) -> list[User]:
    """Returns up to `most` active users whose names contain all the words, each as a word or the start of one. With a
    `viewer`, each has `is_followed`: True if the viewer follows the user."""
    terms = [Term(term.words, is_prefix=True) for term in search.terms]
    if not terms:
        return []
    sql, parameters = search_index().users_query(terms)
    return _matching_users(viewer, *parameters, sql=sql, most=most)


@compiled
def _matching_users(viewer: User | None, *parameters: str, sql: str, most: int) -> Any:
    users = User.objects.filter(is_active=True, pk__in=RawSQL(sql, parameters))  # noqa: S611  # has placeholders
    if viewer is not None:
        users = users.annotate(is_followed=Exists(viewer.following.filter(followed=OuterRef("pk"))))
    return users.order_by("pk")[:most]
