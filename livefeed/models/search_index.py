"""Full-text indexes of posts and users: SQLite's FTS5 and PostgreSQL's `tsvector`, behind one interface.

The databases maintain the indexes themselves (migration 0017). Each index holds the words of a row and, for posts, two
kinds of marks: the author (`by7`) and the tags.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connection

from livefeed.models.compiled import compiled
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


MAX_PK = 2**63 - 2
"""Greater than the id of any post; the greatest but one that both databases store."""


class Term(NamedTuple):
    """Adjacent words, in lower case and without accents. If `is_prefix`, the last one is the start of a word."""

    words: tuple[str, ...]
    is_prefix: bool = False


class Marks(NamedTuple):
    """Author and tags that a post must have. An `author_id` of 0 means any author."""

    author_id: int = 0
    tags: tuple[str, ...] = ()


class Pass(NamedTuple):
    """One way to read matching posts: down to the id `lowest`, with the rest of the query as SQL."""

    lowest: int
    sql: str


class SearchIndex(ABC):
    """Finds the ids of matching rows."""

    id_column: str

    def newest_posts(self, terms: list[Term], marks: Marks, below: int) -> Iterator[list[int]]:
        """Yields ids of matching posts that are less than `below`, newest first, in growing batches."""
        remaining = MAX_MATCHES
        size = FIRST_BATCH
        for lowest, sql in self.passes(below):
            while remaining > 0 and below > lowest:
                condition = f"{self.id_column} < {below:d} {sql} LIMIT {size:d}"
                batch = _fetch_ids(*self.query(Post._meta.db_table, terms, marks, condition))
                yield batch
                if len(batch) < size:  # the pass has no more matches
                    below = lowest
                else:
                    remaining -= size
                    below = batch[-1]
                    size = min(10 * size, MAX_BATCH)

    def highest_pk(self) -> int:
        """Returns an id that no post exceeds."""
        return MAX_PK

    def users_query(self, terms: list[Term]) -> tuple[str, list[Any]]:
        """Returns a query for the ids of matching users, at most MAX_MATCHES, and its parameters."""
        return self.query(User._meta.db_table, terms, Marks(), f"TRUE LIMIT {MAX_MATCHES:d}")

    @abstractmethod
    def passes(self, below: int) -> list[Pass]:
        """Returns the passes that together read all matching posts below an id."""

    @abstractmethod
    def query(self, table: str, terms: list[Term], marks: Marks, condition: str) -> tuple[str, list[Any]]:
        """Returns a query for the ids of matching rows, and its parameters."""


class SQLiteSearch(SearchIndex):
    """Index in the FTS5 tables `livefeed_post_search` and `livefeed_user_search`."""

    id_column = "rowid"

    def passes(self, below: int) -> list[Pass]:
        return [Pass(0, "ORDER BY rowid DESC")]

    def query(self, table: str, terms: list[Term], marks: Marks, condition: str) -> tuple[str, list[Any]]:
        parts = [f"words : {self._phrase(term)}" for term in terms]
        if marks.author_id:
            parts.append(f'author : "by{marks.author_id}"')
        parts += [f'tags : "{tag}"' for tag in marks.tags]
        sql = f"SELECT rowid FROM {table}_search WHERE {table}_search MATCH %s AND {condition}"  # noqa: S608
        return sql, [" AND ".join(parts)]

    @staticmethod
    def _phrase(term: Term) -> str:
        phrase = f'"{" ".join(term.words)}"'
        return f"{phrase} *" if term.is_prefix else phrase


class PostgresSearch(SearchIndex):
    """Index in the `search` columns of both tables, of type `tsvector`."""

    id_column = "id"

    def highest_pk(self) -> int:
        """Returns the id of the newest post: the scan of recent posts starts there."""
        return sum(_newest_pks())

    def passes(self, below: int) -> list[Pass]:
        """Returns a scan of recent posts by primary key, then a read of the index of words. `+ 0` keeps PostgreSQL from
        scanning the primary key in the second pass."""
        oldest_recent = max(0, below - RECENT)
        return [
            Pass(oldest_recent, f"AND id >= {oldest_recent:d} ORDER BY id DESC"),
            Pass(0, "ORDER BY id + 0 DESC"),
        ]

    def query(self, table: str, terms: list[Term], marks: Marks, condition: str) -> tuple[str, list[Any]]:
        lexemes = [f"#{tag}" for tag in marks.tags]
        if marks.author_id:
            lexemes.insert(0, f"by{marks.author_id}")
        expressions = ["to_tsquery('simple', %s)"] * len(terms) + ["%s::tsquery"] * len(lexemes)
        parameters = [self._phrase(term) for term in terms] + [f"'{lexeme}'" for lexeme in lexemes]
        sql = f"SELECT id FROM {table} WHERE search @@ ({' && '.join(expressions)}) AND {condition}"  # noqa: S608
        return sql, parameters

    @staticmethod
    def _phrase(term: Term) -> str:
        phrase = " <-> ".join(f"'{word}'" for word in term.words)
        return f"{phrase}:*" if term.is_prefix else phrase


@compiled
def _newest_pks() -> Any:
    return Post.objects.order_by("-pk").values_list("pk", flat=True)[:1]


def search_index() -> SearchIndex:
    """Returns the index of the configured database."""
    return PostgresSearch() if connection.vendor == "postgresql" else SQLiteSearch()


def _fetch_ids(sql: str, parameters: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [pk for (pk,) in cursor.fetchall()]
