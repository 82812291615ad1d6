"""Pages that list posts: home, explore, popular, tags and bookmarks."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject

from livefeed.content.markup import is_tag, normalize_tag
from livefeed.content.suggestions import users_to_follow
from livefeed.content.trends import trending_posts
from livefeed.forms.post import PostForm
from livefeed.models import Post, User
from livefeed.models.attachment import prefetch_attached
from livefeed.models.feed_window import HomeWindow, TagWindow
from livefeed.models.first_steps import FirstSteps
from livefeed.models.page_state import PageState
from livefeed.models.post_list import PostList, PostSource
from livefeed.models.reaction import reactions_by
from livefeed.views.paging import PAGE_SIZE, template_for
from livefeed.views.resource import Request, viewer_of

PARTIALS = {"a": "feed/_posts.html", "div#posts": "feed/_refresh.html", "form#activation": "posts/_composer_place.html"}
"""Partial templates by the element that makes the htmx request: the link to older posts, a list that reloads, and the
place of the composer."""


def home(request: Request) -> HttpResponse:
    """The home feed; for visitors the public feed with a link to sign up."""
    if not request.user.is_authenticated:
        return feed_page(request, "feed/welcome.html", "public", PostList("public", None))
    return home_page(request)


def home_page(request: Request, form: PostForm | None = None, status: int = 200) -> HttpResponse:
    """Renders the home feed below an empty composer, or the submitted `form`."""
    return feed_page(request, "feed/home.html", "home", HomeWindow(cast(User, request.user)), status, form=form)


def explore(request: Request) -> HttpResponse:
    """All public posts, newest first, with trends and suggestions."""
    return feed_page(request, "feed/explore.html", "public", PostList("public", viewer_of(request)))


def popular(request: Request) -> HttpResponse:
    """Trending posts, on one page."""
    viewer = viewer_of(request)
    context = page_context(viewer)
    posts = prefetch_attached(trending_posts(viewer))
    context |= {"posts": posts, "view": "shown", "is_popular": True} | reactions_by(viewer, posts)
    return render(request, template_for(request, "feed/explore.html", PARTIALS), context)


def tag(request: Request, tag: str) -> HttpResponse:
    """Posts with a tag. Redirects to the normalized spelling of the tag."""
    if not is_tag(tag):
        raise Http404("This is not a tag.")
    if tag != normalize_tag(tag):
        return redirect("tag", normalize_tag(tag))
    return feed_page(request, "feed/tag.html", f"tag:{tag}", TagWindow(tag, viewer_of(request)), tag=tag)


@login_required
def bookmarks(request: Request) -> HttpResponse:
    """Posts that the viewer has bookmarked, visible only to the viewer."""
    viewer = cast(User, request.user)
    return feed_page(request, "feed/bookmarks.html", "shown", PostList("bookmarks", viewer, viewer.pk))


def feed_page(
    request: Request, template: str, view: str, source: PostSource, status: int = 200, **extra_context: Any
) -> HttpResponse:
    """Renders a page of posts from `?before=` on, or the partial template that an htmx request asks for."""
    viewer = viewer_of(request)
    start = request.GET.get("before", "")
    context = page_context(viewer)
    posts, has_more = page_of(source, start)
    context |= {"posts": posts, "start": start, "view": view} | reactions_by(viewer, posts)
    if has_more:
        context["next"] = f"?before={posts[-1].sort_key}"
    context |= extra_context
    response = render(request, template_for(request, template, PARTIALS), context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def page_context(viewer: User | None) -> dict[str, Any]:
    """Returns what every page with posts shows apart from them. Must be called before the posts are read: the page's
    socket resumes from the cursor in the state."""
    state = PageState.of(viewer)
    context: dict[str, Any] = {"state": state}
    if viewer is not None:
        context["suggestions"] = SimpleLazyObject(lambda: users_to_follow(viewer))  # most pages have them in the cache
        context["first_steps"] = SimpleLazyObject(lambda: FirstSteps.of(viewer, state.followed))
    return context


def page_of(source: PostSource, start: str) -> tuple[list[Post], bool]:
    """Returns the PAGE_SIZE posts after the sort key `start` (empty: from the beginning), and True if there are more.
    Raises `Http404` if `start` is not a sort key."""
    try:
        rows = source.after(start, PAGE_SIZE + 1)
    except ValueError:
        raise Http404 from None
    return prefetch_attached(rows[:PAGE_SIZE]), len(rows) > PAGE_SIZE
