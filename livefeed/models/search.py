"""Full-text search: parses what a user types, and finds posts and users, on SQLite and PostgreSQL.

Results are ordered newest first, not by relevance: this is a feed. Both databases find the newest matches without
reading all matches.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from livefeed.content.markup import is_tag, normalize_tag
from livefeed.models import sort_keys
from livefeed.models.post import Post
from livefeed.models.post_query import PostQuerySet
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
    posts = Post.objects.visible_to(viewer).with_related()
    if search.after:
        posts = posts.filter(created_at__gte=search.after)
    if search.before:
        posts = posts.filter(created_at__lt=search.before)
    author = User.objects.with_username(search.author).first() if search.author else None
    if search.author and author is None:
        return []
    if search.terms or search.tags:
        below = sort_keys.decode(start)[1] if start else _newest_pk(search) + 1
        marks = Marks(author.pk if author else 0, tuple(search.tags))
        return _visible_matches(posts, search.terms, marks, below, count)
    if author:
        posts = posts.filter(author=author)
    if start:
        posts = posts.before(start)
    return list(posts.newest_first()[:count])


def _visible_matches(posts: PostQuerySet, terms: list[Term], marks: Marks, below: int, count: int) -> list[Post]:
    """Returns the newest `count` of `posts` that the index finds, with ids less than `below`."""
    found: list[Post] = []
    for batch in search_index().newest_posts(terms, marks, below):
        found += posts.filter(pk__in=batch).order_by("-pk")[: count - len(found)]
        if len(found) == count:
            break
    return found


def _newest_pk(search: Search) -> int:
    """Returns an id that no post created before the search's `before` exceeds."""
    if search.before:
        by_age = Post.objects.order_by("created_at", "pk")
        later: Post | None = by_age.filter(created_at__gte=search.before + MAX_ID_DISORDER).first()
        if later is not None:
            return int(later.pk)
    newest: Post | None = Post.objects.order_by("pk").last()
    return newest.pk if newest else 0


def search_users(search: Search, most: int) -> list[User]:
    """Returns up to `most` active users whose names contain all the words, each as a word or the start of one."""
    terms = [Term(term.words, is_prefix=True) for term in search.terms]
    if not terms:
        return []
    return list(User.objects.filter(is_active=True, pk__in=search_index().users(terms)).order_by("pk")[:most])
