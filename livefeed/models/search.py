"""Full-text search: parses what a user types, and finds posts and users, on SQLite and PostgreSQL.

Results are ordered newest first, not by relevance: this is a feed. Both databases find the newest matches without
reading all matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.expressions import RawSQL

from livefeed.content.markup import is_tag, normalize_tag
from livefeed.models import sort_keys
from livefeed.models.compiled import MAX_ID, compiled
from livefeed.models.post import Post
from livefeed.models.search_index import Query, Term, search_index
from livefeed.models.user import User

QUERY_MAX = 200
"""Characters of a search that are read."""
MAX_TERMS = 12
"""Words and phrases of a search that are read."""
MAX_ID_DISORDER = timedelta(days=1)
"""Time by which the order of ids may differ from the order of creation."""
PART = re.compile(r'((?<!\S)-)?(?:(from|tag|before|after):)?("[^"]*"?|\S+)', re.IGNORECASE)
"""One part of a search: a minus that excludes it, a keyword, and a phrase in quotes or a word."""
WORD = re.compile(r"[^\W_]")
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
"""Quotation marks that phones and word processors type."""


@dataclass
class Search:
    """A parsed search: each of the `required` alternatives must be found, and nothing `excluded`. Authors are user
    names. `problems` are messages for the user about parts that could not be parsed."""

    required: list[list[Term]] = field(default_factory=list)
    excluded: list[Term] = field(default_factory=list)
    before: datetime | None = None
    after: datetime | None = None
    problems: list[str] = field(default_factory=list)
    _is_alternative: bool = False
    """True after an OR: the next term is an alternative to the one before."""

    @classmethod
    def parse(cls, text: str) -> Search:
        """Parses words, "whole phrases", prefixes (`gard*`), #tags, and `from:`, `tag:`, `before:`, `after:` with days
        such as 2026-11-25, in UTC. `before` excludes its day, `after` includes it. A minus excludes (`-word`,
        `-from:mara`); OR joins the parts on both sides of it."""
        search = cls()
        for minus, keyword, value in PART.findall(text[:QUERY_MAX].replace("\0", "").translate(QUOTES)):
            if value == "OR" and not (minus or keyword):
                search._is_alternative = bool(search.required)
                continue
            search._add(keyword.lower(), value, is_excluded=bool(minus))
            search._is_alternative = False
        return search

    @property
    def is_empty(self) -> bool:
        return not (self.required or self.excluded or self.before or self.after)

    @property
    def words(self) -> list[list[Term]]:
        """The required alternatives of words; empty if the search asks for anything else, which only posts have."""
        kinds = {term.kind for term in chain(*self.required)}
        return [] if self.excluded or self.before or self.after or kinds != {"words"} else self.required

    def _add(self, keyword: str, value: str, *, is_excluded: bool) -> None:
        text = value.strip('"')
        if keyword in ("before", "after"):
            self._add_day(keyword, text, is_excluded=is_excluded)
        elif term := self._parse_term(keyword, text, value):
            self._add_term(term, is_excluded=is_excluded)

    def _add_day(self, keyword: str, text: str, *, is_excluded: bool) -> None:
        if is_excluded:
            self.problems.append(f"-{keyword}: is not possible. Use before: or after: without the minus.")
            return
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.problems.append(f"{keyword}: takes a day, such as {keyword}:2026-01-31.")
            return
        setattr(self, keyword, datetime(day.year, day.month, day.day, tzinfo=UTC))

    def _parse_term(self, keyword: str, text: str, value: str) -> Term | None:
        tag = text.lstrip("#")
        if keyword == "from":
            return Term("author", text.lstrip("@")) if text else None
        if keyword == "tag" or (value.startswith("#") and is_tag(tag)):
            if is_tag(tag):
                return Term("tag", normalize_tag(tag))
            self.problems.append(f"“{text}” is not a tag.")
            return None
        return Term("words", text, is_prefix=value.endswith("*")) if WORD.search(text) else None

    def _add_term(self, term: Term, *, is_excluded: bool) -> None:
        if len(self.excluded) + sum(map(len, self.required)) >= MAX_TERMS:
            return
        if is_excluded:
            self.excluded.append(term)
        elif self._is_alternative:
            self.required[-1].append(term)
        else:
            self.required.append([term])


def search_posts(search: Search, viewer: User | None, start: str, count: int) -> list[Post]:
    """Returns the newest `count` matching posts that are older than the sort key `start` (empty: the newest of all) and
    that `viewer` may see. Raises `ValueError` if `start` is not a sort key."""
    query = _query_of(search)
    if not all(query.required):  # an unknown author
        return []
    author_id = _only_author(query)
    if author_id is None and (query.required or query.excluded):
        below = sort_keys.decode(start)[1] if start else _upper_bound(search)
        return _visible_matches(search, query, viewer, below, count)
    position = sort_keys.decode(start) if start else (None, None)
    return _visible_posts(viewer, author_id, search.after, search.before, *position, count=count)


@compiled
def _visible_posts(
    viewer: User | None,
    author_id: int | None,
    after: datetime | None,
    before: datetime | None,
    moment: datetime | None,
    pk: int | None,
    *,
    count: int,
) -> Any:
    """The newest posts of an author (None: of all) between two times, older than the post `pk` created at `moment`."""
    posts = Post.objects.visible_to(viewer).created_between(after, before).older_than(moment, pk)
    return (posts if author_id is None else posts.filter(author=author_id)).newest_first()[:count]


def _query_of(search: Search) -> Query:
    """Returns a search with the ids of its authors in place of their names, without unknown authors."""
    names = {term.value for term in [*chain(*search.required), *search.excluded] if term.kind == "author"}
    found = {name: User.objects.with_username(name).values_list("pk", flat=True).first() for name in names}
    ids = {name: str(pk) for name, pk in found.items() if pk is not None}

    def resolve(terms: list[Term]) -> tuple[Term, ...]:
        known = [term for term in terms if term.kind != "author" or term.value in ids]
        return tuple(Term("author", ids[term.value]) if term.kind == "author" else term for term in known)

    return Query(tuple(map(resolve, search.required)), resolve(search.excluded))


def _only_author(query: Query) -> int | None:
    """Returns the author's id if a query asks for nothing but an author: an index of posts by author answers that."""
    match query:
        case Query(required=((Term(kind="author", value=pk),),), excluded=()):
            return int(pk)
    return None


def _visible_matches(search: Search, query: Query, viewer: User | None, below: int, count: int) -> list[Post]:
    """Returns the newest `count` posts that the index finds, with ids less than `below`, and that `viewer` may see."""
    found: list[Post] = []
    for batch in search_index().newest_posts(query, below):
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


def _upper_bound(search: Search) -> int:
    """Returns an id that is greater than those of all posts created before the search's `before`."""
    if search.before:
        by_age = Post.objects.order_by("created_at", "pk")
        later: Post | None = by_age.filter(created_at__gte=search.before + MAX_ID_DISORDER).first()
        if later is not None:
            return int(later.pk) + 1
    return MAX_ID


def search_users(search: Search, most: int, viewer: User | None = None) -> list[User]:
    """Returns up to `most` active users whose names contain what the search asks for, each word as a word or the start
    of one. Finds none if the search asks for more than words. With a `viewer`, each has `is_followed`: True if the
    viewer follows the user."""
    if not search.words:
        return []
    query = Query(tuple(tuple(replace(term, is_prefix=True) for term in terms) for terms in search.words))
    sql, parameters = search_index().users_query(query)
    return _matching_users(viewer, *parameters, sql=sql, most=most)


@compiled
def _matching_users(viewer: User | None, *parameters: str, sql: str, most: int) -> Any:
    users = User.objects.filter(is_active=True, pk__in=RawSQL(sql, parameters))  # noqa: S611  # has placeholders
    if viewer is not None:
        users = users.annotate(is_followed=Exists(viewer.following.filter(followed=OuterRef("pk"))))
    return users.order_by("pk")[:most]
