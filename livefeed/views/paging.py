"""Lists by pages, and parts of a page."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from livefeed.views.resource import Request

PAGE = 20
"""Rows on a page."""


def newest_page[M: Any](rows: QuerySet[M], start: str) -> tuple[list[M], str]:
    """The PAGE rows that come after the sort key `start` (empty: from the beginning), of a query that knows `before`
    and is in its order; and the address of the next page, empty where this is the last. Raises `Http404` if `start` is
    no sort key."""
    try:
        found = list((rows.before(start) if start else rows)[: PAGE + 1])  # type: ignore[attr-defined]  # see above
    except ValueError:
        raise Http404("There is no such page.") from None
    return found[:PAGE], f"?before={found[PAGE - 1].sort_key}" if len(found) > PAGE else ""


def part_of(request: Request, whole: str, parts: Mapping[str, str]) -> str:
    """The template for what htmx asks for: a part by the element that asks, else the whole."""
    return parts.get(request.headers.get("HX-Source", ""), whole) if request.htmx else whole
