"""Keyset pagination, and partial templates for htmx."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from livefeed.views.resource import Request

PAGE_SIZE = 20
"""Rows on a page."""


def newest_page[M: Any](rows: QuerySet[M], start: str) -> tuple[list[M], str]:
    """Returns the PAGE_SIZE rows after the sort key `start` (empty: from the beginning), and the URL of the next page
    (empty for the last one). `rows` is ordered, and its query set has a method `before`. Raises `Http404` if `start` is
    not a sort key."""
    try:
        found = list((rows.before(start) if start else rows)[: PAGE_SIZE + 1])  # type: ignore[attr-defined]  # see above
    except ValueError:
        raise Http404 from None
    page = found[:PAGE_SIZE]
    next_url = f"?before={page[-1].sort_key}" if len(found) > PAGE_SIZE else ""
    return page, next_url


def template_for(request: Request, page: str, partials: Mapping[str, str]) -> str:
    """Returns the partial template for the element that made an htmx request, else the template of the whole page."""
    if not request.htmx:
        return page
    return partials.get(request.headers.get("HX-Source", ""), page)
