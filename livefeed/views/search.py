"""Search for posts, users and tags."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from livefeed.content.markup import is_tag, normalize_tag
from livefeed.models import Tagging, User
from livefeed.models.attachment import prefetch_attached
from livefeed.models.page_state import PageState
from livefeed.models.reaction import reactions_by
from livefeed.models.search import QUERY_MAX, Search, search_posts, search_users
from livefeed.views.feed import PARTIALS
from livefeed.views.paging import PAGE_SIZE, template_for
from livefeed.views.resource import Request, viewer_of

MAX_USERS = 5
MAX_TAGS = 5
"""Users and tags shown above the posts."""
EXAMPLES = (
    ("garden tea", "posts with both words"),
    ("coffee OR tea", "posts with one of the words"),
    ("tea -coffee", "posts with “tea”, without “coffee”"),
    ('"cup of tea"', "posts with this exact phrase"),
    ("gard*", "words that start with “gard”"),
    ("from:mara", "posts by @mara"),
    ("#garden -from:mara", "posts with this tag, not by @mara"),
)
"""Searches that the help shows, with what they find. Each finds something in the demo data."""


def search_page(request: Request) -> HttpResponse:
    """Results for `?q=`: users and tags first, then posts, newest first, from `?before=` on."""
    viewer = viewer_of(request)
    state = PageState.of(viewer)
    text = request.GET.get("q", "").strip()[:QUERY_MAX]
    start = request.GET.get("before", "")
    search = Search.parse(text)
    try:
        found = [] if search.is_empty else search_posts(search, viewer, start, PAGE_SIZE + 1)
    except ValueError:
        raise Http404 from None
    posts = prefetch_attached(found[:PAGE_SIZE])
    context: dict[str, Any] = {
        "examples": [*EXAMPLES, _example_of_days()],
        "q": text,
        "search": search,
        "posts": posts,
        "start": start,
        "view": "shown",
        "state": state,
    }
    if len(found) > PAGE_SIZE:
        context["next"] = f"?{urlencode({'q': text, 'before': posts[-1].sort_key})}"
    if not start:
        context["users"] = search_users(search, MAX_USERS, viewer)
        context["followed"] = {user.pk for user in context["users"] if getattr(user, "is_followed", False)}
        context["tags"] = _matching_tags(text.lstrip("#"), viewer)
    if viewer:
        context |= reactions_by(viewer, posts)
    response = render(request, template_for(request, "feed/search.html", PARTIALS), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _example_of_days() -> tuple[str, str]:
    """Returns a search for the past week."""
    today = timezone.now().date()
    return f"after:{today - timedelta(days=7)} before:{today + timedelta(days=1)}", "posts between two dates"


def _matching_tags(prefix: str, viewer: User | None) -> list[str]:
    if not is_tag(prefix):
        return []
    return Tagging.objects.complete(normalize_tag(prefix), viewer, MAX_TAGS)
