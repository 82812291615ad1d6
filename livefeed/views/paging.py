"""Keyset pagination, and partial templates for htmx."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from django.http import Http404

from livefeed.models import User, sort_keys
from livefeed.views.resource import Request

PAGE_SIZE = 20
"""Rows on a page."""


class NewestRows[M](Protocol):
    """Function that reads the `count` newest rows of a viewer that are older than the row `pk`, created at `moment`
    (both None: the newest of all)."""

    def __call__(self, viewer: User, moment: datetime | None, pk: int | None, /, *, count: int) -> list[M]: ...


def newest_page[M: Any](read: NewestRows[M], viewer: User, start: str) -> tuple[list[M], str]:
    """Returns the PAGE_SIZE rows after the sort key `start` (empty: from the beginning), and the URL of the next page
    (empty for the last one). Raises `Http404` if `start` is not a sort key."""
    try:
        moment, pk = sort_keys.decode(start) if start else (None, None)
    except ValueError:
        raise Http404 from None
    found = read(viewer, moment, pk, count=PAGE_SIZE + 1)
    page = found[:PAGE_SIZE]
    next_url = f"?before={page[-1].sort_key}" if len(found) > PAGE_SIZE else ""
    return page, next_url


def template_for(request: Request, page: str, partials: Mapping[str, str]) -> str:
    """Returns the partial template for the element that made an htmx request, else the template of the whole page."""
    if not request.htmx:
        return page
    return partials.get(request.headers.get("HX-Source", ""), page)
