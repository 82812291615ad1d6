"""Full-text search: what somebody types, and what it finds, on SQLite (FTS5) and on PostgreSQL (`tsvector`) alike.

The indexes are kept by the database (migration 0017). Results come newest first, not by some measure of relevance: it
is a feed. Both databases give the newest matches without looking at all of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from livefeed.content.markup import is_tag, normalize_tag
from livefeed.models import sort_keys
from livefeed.models.post import Post
from livefeed.models.user import User

QUERY_MAX, TERMS_MOST = 200, 12
"""Characters of a search that are looked at, and words and phrases in it."""
REACH, REACH_MOST, LOOKED_AT_MOST = 100, 5_000, 50_000
"""How many of the newest matches are read at first, and at most at a time and in all, to find some that may be seen."""
RECENT = 10_000
"""Among so many of the newest posts PostgreSQL looks one by one, before it asks its index for all matches: what is
frequent is found there, and of what is not there are few."""
SLACK = timedelta(days=1)
"""How far the order of ids may be from the order of time."""
PART = re.compile(r'(?:(from|tag|before|after):)?("[^"]*"?|\S+)', re.IGNORECASE)


class Term(NamedTuple):
    """Words that stand together, in small letters and without accents; with `is_begun`, the last is a beginning."""

    words: tuple[str, ...]
    is_begun: bool = False


@dataclass
class Search:
    """What is looked for. `problems` says in the reader's words what could not be understood of it."""

    terms: list[Term] = field(default_factory=list)
    author: str = ""
    tags: list[str] = field(default_factory=list)
    before: datetime | None = None
    after: datetime | None = None
    problems: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Search:
        """Understands words, "whole phrases", beginnings (`gard*`), #tags, and `from:`, `tag:`, `before:`, `after:`
        with days such as 2026-11-25, in UTC; `before` does not include its day, `after` does."""
        search = cls()
        for key, value in PART.findall(text[:QUERY_MAX].replace("\0", "")):
            search._take(key.lower(), value)
        return search

    @property
    def is_empty(self) -> bool:
        return not (self.terms or self.author or self.tags or self.before or self.after)

    def _take(self, key: str, value: str) -> None:
        bare = value.strip('"')
        if key == "from":
            self.author = bare.lstrip("@")
        elif key == "tag" or (not key and re.fullmatch(r"#\w+", bare)):
            if is_tag(tag := bare.lstrip("#")):
                self.tags.append(normalize_tag(tag))
            else:
                self.problems.append(f"“{bare}” is no tag.")
        elif key:
            self._take_day(key, bare)
        elif (words := split_words(bare)) and len(self.terms) < TERMS_MOST:
            self.terms.append(Term(words, is_begun=value.endswith("*")))

    def _take_day(self, key: str, value: str) -> None:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.problems.append(f"{key}: takes a day, such as {key}:2026-01-31.")
            return
        setattr(self, key, datetime(day.year, day.month, day.day, tzinfo=UTC))


def split_words(text: str) -> tuple[str, ...]:
    """The words of a text as the indexes have them."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return tuple(re.findall(r"[^\W_]+", plain.lower()))


def search_posts(search: Search, viewer: User | None, start: str, count: int) -> list[Post]:
    """The newest `count` posts that are found after the sort key `start` (empty: of all) and that `viewer` may see.
    Raises `ValueError` if `start` is no sort key."""
    posts = Post.objects.visible_to(viewer).with_related()
    if search.after:
        posts = posts.filter(created_at__gte=search.after)
    if search.before:
        posts = posts.filter(created_at__lt=search.before)
    author = User.objects.with_username(search.author).first() if search.author else None
    if search.author and author is None:
        return []
    if not (search.terms or search.tags):
        if author:
            posts = posts.filter(author=author)
        return list((posts.before(start) if start else posts).newest_first()[:count])
    below = sort_keys.decode(start)[1] if start else _newest_pk(search) + 1
    marks = _Marks(author.pk if author else 0, tuple(search.tags))
    rows: list[Post] = []
    for found in _newest_matches(search.terms, marks, below):
        rows += posts.filter(pk__in=found).order_by("-pk")[: count - len(rows)]
        if len(rows) == count:
            break
    return rows


def search_people(search: Search, most: int) -> list[User]:
    """Up to `most` active people whose names hold all the words, which may be beginnings."""
    terms = [Term(term.words, is_begun=True) for term in search.terms]
    if not terms:
        return []
    table = User._meta.db_table
    found = _ids(_matching(table, terms, _Marks(), f"TRUE LIMIT {LOOKED_AT_MOST:d}"))
    return list(User.objects.filter(is_active=True, pk__in=found).order_by("pk")[:most])


class _Marks(NamedTuple):
    author_id: int = 0
    tags: tuple[str, ...] = ()


def _newest_pk(search: Search) -> int:
    """The id below which all posts are that were made before a search's `before`."""
    posts = Post.objects.order_by("created_at", "pk")
    if search.before:
        later: Post | None = posts.filter(created_at__gte=search.before + SLACK).first()
        if later is not None:
            return int(later.pk)
    newest: Post | None = Post.objects.order_by("pk").last()
    return newest.pk if newest else 0


def _newest_matches(terms: list[Term], marks: _Marks, below: int) -> Iterator[list[int]]:
    """The ids of what matches below an id, the newest first, in portions that grow. PostgreSQL looks through the newest
    posts one by one before it asks the index of words; `+ 0` keeps it to either."""
    table, looked_at, reach = Post._meta.db_table, 0, REACH
    is_postgresql = connection.vendor == "postgresql"
    name, recent = ("id", below - RECENT) if is_postgresql else ("rowid", below)
    while looked_at < LOOKED_AT_MOST and below > 0:
        is_recent = below > recent
        bounds = (
            f"AND {name} >= {recent:d} ORDER BY {name}" if is_recent else f"ORDER BY {name}{' + 0' * is_postgresql}"
        )
        found = _ids(_matching(table, terms, marks, f"{name} < {below:d} {bounds} DESC LIMIT {reach:d}"))
        yield found
        if len(found) == reach:
            looked_at, below, reach = looked_at + reach, found[-1], min(10 * reach, REACH_MOST)
        elif is_recent:
            below = recent
        else:
            return


def _ids(query: tuple[str, list[Any]]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(*query)
        return [pk for (pk,) in cursor.fetchall()]


def _matching(table: str, terms: list[Term], marks: _Marks, bounds: str) -> tuple[str, list[Any]]:
    """A query for the ids of what matches, and its parameters."""
    if connection.vendor == "postgresql":
        parts = [("to_tsquery('simple', %s)", _tsquery(term)) for term in terms]
        parts += [("%s::tsquery", f"'{mark}'") for mark in _lexemes(marks)]
        query = " && ".join(sql for sql, _ in parts)
        return f"SELECT id FROM {table} WHERE search @@ ({query}) AND {bounds}", [value for _, value in parts]  # noqa: S608
    query = " AND ".join([*(f"words : {_fts5(term)}" for term in terms), *_columns(marks)])
    return f"SELECT rowid FROM {table}_search WHERE {table}_search MATCH %s AND {bounds}", [query]  # noqa: S608


def _tsquery(term: Term) -> str:
    return " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_begun else "")


def _fts5(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.is_begun else "")


def _lexemes(marks: _Marks) -> list[str]:
    return ([f"by{marks.author_id}"] if marks.author_id else []) + [f"#{tag}" for tag in marks.tags]


def _columns(marks: _Marks) -> list[str]:
    author = [f'author : "by{marks.author_id}"'] if marks.author_id else []
    return author + [f'tags : "{tag}"' for tag in marks.tags]
