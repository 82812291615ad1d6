"""Full-text indexes of posts and users: SQLite's FTS5 and PostgreSQL's `tsvector`, behind one interface.

The databases maintain the indexes themselves (migrations 0017 and 0023). Each index holds the words of a row and, for
posts, two kinds of marks: the author (`by7`) and the tags (on SQLite in hexadecimal digits, so that FTS5 neither splits
them nor removes accents).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, cast

from django.core.cache import caches
from django.db import connection

from livefeed.models.post import Post
from livefeed.models.user import User

FIRST_BATCH = 100
"""Matches read at first, to find enough that the viewer may see. Each further batch is ten times as large."""
MAX_BATCH = 5_000
"""Matches read by one query."""
MAX_MATCHES = 50_000
"""Matches read for one page of results."""
RECENT = 10_000
"""Newest posts that PostgreSQL scans before it reads all matches from its index: the scan finds frequent words, and of
rare words the index has few matches."""
EVERY_POST = 'author : "by" *'
"""Expression of FTS5 that all posts match."""


@dataclass(frozen=True)
class Term:
    """Condition on a row: adjacent words as typed, of which the last may be the start of a word, an author's id, or a
    tag as `markup.normalize_tag` returns it."""

    kind: Literal["words", "author", "tag"]
    value: str
    is_prefix: bool = False


@dataclass(frozen=True)
class Query:
    """Condition on rows: they match at least one of each of the `required` alternatives, and no `excluded` term."""

    required: tuple[tuple[Term, ...], ...] = ()
    excluded: tuple[Term, ...] = ()


class SearchIndex(ABC):
    """Finds the ids of matching rows."""

    def newest_posts(self, query: Query, below: int) -> Iterator[list[int]]:
        """Yields ids of matching posts that are less than `below`, newest first, in growing batches."""
        remaining = MAX_MATCHES
        size = FIRST_BATCH
        while remaining > 0:
            batch = _fetch_ids(*self.posts_query(query, below, size))
            batch = sorted(batch, reverse=True)[:size]
            yield batch
            if len(batch) < size:  # there are no more
                break
            remaining -= size
            below = batch[-1]
            size = min(10 * size, MAX_BATCH)

    def users_query(self, query: Query) -> tuple[str, list[Any]]:
        """Returns the SQL for the ids of users whose names match the words of a query, at most MAX_MATCHES, and its
        parameters."""
        return self.select(User._meta.db_table, query, f"TRUE LIMIT {MAX_MATCHES:d}")

    @abstractmethod
    def posts_query(self, query: Query, below: int, size: int) -> tuple[str, list[Any]]:
        """Returns the SQL for the ids of the newest `size` matching posts below an id, and possibly of older ones, in
        any order; and its parameters."""

    @abstractmethod
    def select(self, table: str, query: Query, condition: str) -> tuple[str, list[Any]]:
        """Returns the SQL that selects the ids of matching rows, and its parameters."""


class SQLiteSearch(SearchIndex):
    """Index in the FTS5 tables `livefeed_post_search` and `livefeed_user_search`."""

    def posts_query(self, query: Query, below: int, size: int) -> tuple[str, list[Any]]:
        return self.select(Post._meta.db_table, query, f"rowid < {below:d} ORDER BY rowid DESC LIMIT {size:d}")

    def select(self, table: str, query: Query, condition: str) -> tuple[str, list[Any]]:
        sql = f"SELECT rowid FROM {table}_search WHERE {table}_search MATCH %s AND {condition}"  # noqa: S608
        return sql, [self._expression(query)]

    def _expression(self, query: Query) -> str:
        required = " AND ".join(f"({self._any_of(alternatives)})" for alternatives in query.required)
        expression = required or EVERY_POST  # FTS5 excludes only from what another expression finds
        return f"({expression}) NOT ({self._any_of(query.excluded)})" if query.excluded else expression

    def _any_of(self, terms: Iterable[Term]) -> str:
        return " OR ".join(map(self._phrase, terms))

    @staticmethod
    def _phrase(term: Term) -> str:
        if term.kind == "author":
            return f'author : "by{term.value}"'
        if term.kind == "tag":
            return f'tags : "{term.value.encode().hex()}"'
        phrase = f'words : "{term.value.replace('"', " ")}"'
        return f"{phrase} *" if term.is_prefix else phrase


class PostgresSearch(SearchIndex):
    """Index in the `search` columns of both tables, of type `tsvector`."""

    def posts_query(self, query: Query, below: int, size: int) -> tuple[str, list[Any]]:
        """Returns a scan of recent posts by primary key that is followed, if it finds fewer than `size`, by a read of
        the index of words. `+ 0` keeps PostgreSQL from scanning the primary key there as well."""
        table = Post._meta.db_table
        if not query.required:  # most posts match: one scan is enough
            return self.select(table, query, f"id < {below:d} ORDER BY id DESC LIMIT {size:d}")
        floor = min(below, _newest_pk()) - RECENT
        recent, parameters = self.select(
            table, query, f"id < {below:d} AND id >= {floor:d} ORDER BY id DESC LIMIT {size:d}"
        )
        older, _ = self.select(
            table,
            query,
            f"id < {floor:d} AND (SELECT count(*) FROM recent) < {size:d} ORDER BY id + 0 DESC LIMIT {size:d}",  # noqa: S608
        )
        sql = f"WITH recent AS MATERIALIZED ({recent}) SELECT id FROM recent UNION ALL ({older})"  # noqa: S608
        return sql, [*parameters, *parameters]

    def select(self, table: str, query: Query, condition: str) -> tuple[str, list[Any]]:
        conjunction = [self._any_of(alternatives) for alternatives in query.required]
        if query.excluded:
            conjunction.append(f"!! {self._any_of(query.excluded)}")
        terms = [*chain(*query.required), *query.excluded]
        sql = f"SELECT id FROM {table} WHERE search @@ ({' && '.join(conjunction)}) AND {condition}"  # noqa: S608
        return sql, [self._parameter(term) for term in terms]

    def _any_of(self, terms: Iterable[Term]) -> str:
        return f"({' || '.join(map(self._tsquery, terms))})"

    @staticmethod
    def _tsquery(term: Term) -> str:
        """Returns SQL for one term. Words are split by the function and the parser that split the indexed texts."""
        if term.kind != "words":
            return "%s::tsquery"
        phrase = "phraseto_tsquery('simple', livefeed_words(%s))"
        return f"(nullif({phrase}::text, '') || ':*')::tsquery" if term.is_prefix else phrase

    @staticmethod
    def _parameter(term: Term) -> str:
        prefixes = {"words": "", "author": "by", "tag": "#"}
        lexeme = f"{prefixes[term.kind]}{term.value}"
        return lexeme if term.kind == "words" else f"'{lexeme}'"


def _newest_pk() -> int:
    """Returns the id of the newest post, or of one that was the newest a minute ago: recent posts are scanned from
    there on."""
    return cast(int, caches["sidebar"].get_or_set("newest_post", _read_newest_pk))


def _read_newest_pk() -> int:
    newest = Post.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def search_index() -> SearchIndex:
    """Returns the index of the configured database."""
    return PostgresSearch() if connection.vendor == "postgresql" else SQLiteSearch()


def _fetch_ids(sql: str, parameters: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [pk for (pk,) in cursor.fetchall()]
