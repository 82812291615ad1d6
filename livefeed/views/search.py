"""Searching posts, people and tags."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from livefeed.content.markup import is_tag, normalize_tag
from livefeed.models import Event, Tagging, User
from livefeed.models.picture import prefetch_pictures
from livefeed.models.reaction import reactions_by
from livefeed.models.search import QUERY_MAX, Search, search_people, search_posts
from livefeed.views.feed import PARTS
from livefeed.views.paging import PAGE, part_of
from livefeed.views.resource import Request, viewer_of

PEOPLE = 5
"""People and tags shown above the posts."""


def search_page(request: Request) -> HttpResponse:
    """What `?q=` finds: people and tags first, then posts, newest first, from `?before=` on."""
    viewer, cursor = viewer_of(request), Event.objects.head()
    text, start = request.GET.get("q", "").strip()[:QUERY_MAX], request.GET.get("before", "")
    wanted = Search.parse(text)
    try:
        found = [] if wanted.is_empty else search_posts(wanted, viewer, start, PAGE + 1)
    except ValueError:
        raise Http404("There is no such page.") from None
    posts = prefetch_pictures(found[:PAGE])
    context: dict[str, Any] = {
        "q": text,
        "search": wanted,
        "posts": posts,
        "start": start,
        "view": "shown",
        "cursor": cursor,
    }
    if len(found) > PAGE:
        context["next"] = f"?{urlencode({'q': text, 'before': posts[-1].sort_key})}"
    if not start and not (wanted.author or wanted.before or wanted.after):
        context |= {"people": search_people(wanted, PEOPLE), "tags": _tags_found(text.lstrip("#"), request)}
    if viewer:
        context |= reactions_by(viewer, posts)
        context["followed"] = _followed(request, context.get("people", []))
    response = render(request, part_of(request, "feed/search.html", PARTS), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _tags_found(begun: str, request: Request) -> list[str]:
    return Tagging.objects.complete(normalize_tag(begun), viewer_of(request), PEOPLE) if is_tag(begun) else []


def _followed(request: Request, people: list[User]) -> set[int]:
    """Which of these people the viewer follows."""
    viewer = viewer_of(request)
    if viewer is None or not people:
        return set()
    return set(viewer.following.filter(followed__in=people).values_list("followed", flat=True))
