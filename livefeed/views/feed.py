"""Pages that list posts: home, explore, popular, tags and bookmarks."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

from livefeed.content.markup import is_tag, normalize_tag
from livefeed.content.suggestions import users_to_follow
from livefeed.content.trends import trending_posts
from livefeed.forms.post import PostForm
from livefeed.models import Event, Post, User
from livefeed.models.feed_window import FeedWindow, HomeWindow, TagWindow
from livefeed.models.picture import prefetch_pictures
from livefeed.models.post_query import PostQuerySet
from livefeed.models.reaction import reactions_by
from livefeed.views.paging import PAGE_SIZE, template_for
from livefeed.views.resource import Request, viewer_of

PARTIALS = {"a": "feed/_posts.html", "div#posts": "feed/_refresh.html", "form#activation": "posts/_composer_place.html"}
"""Partial templates by the element that makes the htmx request: the link to older posts, a list that reloads, and the
place of the composer."""


def home(request: Request) -> HttpResponse:
    """The home feed; for visitors the public feed with a link to sign up."""
    if not request.user.is_authenticated:
        posts = Post.objects.visible_to(None).public().top_level()
        return feed_page(request, "feed/welcome.html", "public", posts)
    return home_page(request, PostForm())


def home_page(request: Request, form: PostForm, status: int = 200) -> HttpResponse:
    """Renders the home feed below the composer `form`."""
    viewer = cast(User, request.user)
    posts = Post.objects.visible_to(viewer)
    is_new = not viewer.following.exists()
    return feed_page(request, "feed/home.html", "home", posts, status, HomeWindow(viewer), form=form, is_new=is_new)


def explore(request: Request) -> HttpResponse:
    """All public posts, newest first, with trends and suggestions."""
    posts = Post.objects.visible_to(viewer_of(request)).public().top_level()
    return feed_page(request, "feed/explore.html", "public", posts)


def popular(request: Request) -> HttpResponse:
    """Trending posts, on one page."""
    cursor = Event.objects.head()
    viewer = viewer_of(request)
    posts = prefetch_pictures(trending_posts(viewer))
    context = {"posts": posts, "view": "shown", "cursor": cursor, "is_popular": True}
    context |= viewer_context(viewer, posts)
    return render(request, template_for(request, "feed/explore.html", PARTIALS), context)


def tag(request: Request, tag: str) -> HttpResponse:
    """Posts with a tag. Redirects to the normalized spelling of the tag."""
    if not is_tag(tag):
        raise Http404("This is not a tag.")
    if tag != normalize_tag(tag):
        return redirect("tag", normalize_tag(tag))
    posts = Post.objects.visible_to(viewer_of(request))
    return feed_page(request, "feed/tag.html", f"tag:{tag}", posts, window=TagWindow(tag), tag=tag)


@login_required
def bookmarks(request: Request) -> HttpResponse:
    """Posts that the viewer has bookmarked, visible only to the viewer."""
    viewer = viewer_of(request)
    posts = Post.objects.visible_to(viewer).filter(bookmarks__user=viewer)
    return feed_page(request, "feed/bookmarks.html", "shown", posts)


def feed_page(
    request: Request,
    template: str,
    view: str,
    posts: PostQuerySet,
    status: int = 200,
    window: FeedWindow | None = None,
    **extra_context: Any,
) -> HttpResponse:
    """Renders a page of posts from `?before=` on, or the partial template that an htmx request asks for.

    The head of the event log is read before the posts: the page's socket resumes from there, so no event is lost in
    between.
    """
    cursor = Event.objects.head()
    start = request.GET.get("before", "")
    rows, has_more = page_of(posts, start, window=window)
    context = {"posts": rows, "start": start, "view": view, "cursor": cursor}
    if has_more:
        context["next"] = f"?before={rows[-1].sort_key}"
    context |= viewer_context(viewer_of(request), rows)
    context |= extra_context
    response = render(request, template_for(request, template, PARTIALS), context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def viewer_context(viewer: User | None, posts: list[Post]) -> dict[str, Any]:
    """Returns the viewer's reactions to `posts` and suggestions of users to follow; empty for a visitor."""
    if viewer is None:
        return {}
    return reactions_by(viewer, posts) | {"suggestions": users_to_follow(viewer)}


def page_of(
    posts: PostQuerySet, start: str, *, oldest_first: bool = False, window: FeedWindow | None = None
) -> tuple[list[Post], bool]:
    """Returns the PAGE_SIZE posts after the sort key `start` (empty: from the beginning), and True if there are more.
    Raises `Http404` if `start` is not a sort key."""
    try:
        if window:
            rows = window.newest(posts, start, PAGE_SIZE + 1)
        elif oldest_first:
            rows = list((posts.after(start) if start else posts).oldest_first()[: PAGE_SIZE + 1])
        else:
            rows = list((posts.before(start) if start else posts).newest_first()[: PAGE_SIZE + 1])
    except ValueError:
        raise Http404("Page not found.") from None
    return prefetch_pictures(rows[:PAGE_SIZE]), len(rows) > PAGE_SIZE
