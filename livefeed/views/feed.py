"""The pages that are lists of posts."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

from livefeed.content.markup import is_tag, normalize_tag
from livefeed.content.suggestions import people_to_follow
from livefeed.content.trends import trending_posts
from livefeed.forms.post import PostForm
from livefeed.models import Event, Post, User
from livefeed.models.feed_window import FeedWindow, HomeWindow, TagWindow
from livefeed.models.picture import prefetch_pictures
from livefeed.models.post_query import PostQuerySet
from livefeed.models.reaction import reactions_by
from livefeed.views.paging import PAGE, part_of
from livefeed.views.resource import Request, viewer_of

PARTS = {"a": "feed/_posts.html", "div#posts": "feed/_again.html", "form#activation": "posts/_place.html"}
"""What asks by htmx, and the part of a page that it gets."""


def home(request: Request) -> HttpResponse:
    """The home feed; for visitors the public feed and a sign-up."""
    if not request.user.is_authenticated:
        return feed_page(request, "feed/welcome.html", "public", Post.objects.visible_to(None).public().top_level())
    return home_page(request, PostForm())


def home_page(request: Request, form: PostForm, status: int = 200) -> HttpResponse:
    """The home feed with a composer as it stands."""
    viewer = cast(User, request.user)
    posts, is_new = Post.objects.visible_to(viewer), not viewer.following.exists()
    return feed_page(request, "feed/home.html", "home", posts, status, HomeWindow(viewer), form=form, is_new=is_new)


def explore(request: Request) -> HttpResponse:
    """Everything public as it comes, what is talked about, and whom one might follow."""
    posts = Post.objects.visible_to(viewer_of(request)).public().top_level()
    return feed_page(request, "feed/explore.html", "public", posts)


def popular(request: Request) -> HttpResponse:
    """The posts that are talked about. One page: further down nobody talks."""
    cursor, viewer = Event.objects.head(), viewer_of(request)
    posts = prefetch_pictures(trending_posts(viewer))
    context = {"posts": posts, "view": "shown", "cursor": cursor, "is_popular": True} | beside(viewer, posts)
    return render(request, part_of(request, "feed/explore.html", PARTS), context)


def tag(request: Request, tag: str) -> HttpResponse:
    """What bears a tag."""
    if not is_tag(tag):
        raise Http404("That is no tag.")
    if tag != normalize_tag(tag):
        return redirect("tag", normalize_tag(tag))
    posts = Post.objects.visible_to(viewer_of(request))
    return feed_page(request, "feed/tag.html", f"tag:{tag}", posts, window=TagWindow(tag), tag=tag)


@login_required
def bookmarks(request: Request) -> HttpResponse:
    """What the viewer has kept, for nobody else to see."""
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
    **more: Any,
) -> HttpResponse:
    """A page of posts from `?before=` on. The log's position is read before the data: the page's socket goes on from
    there, so that nothing can fall between. Who asks by htmx gets the part that is asked for: the link to older posts
    those, a list that must be read anew itself, the place of the composer what is to stand there now."""
    cursor = Event.objects.head()
    start = request.GET.get("before", "")
    rows, is_more = page_of(posts, start, window=window)
    context = {"posts": rows, "start": start, "view": view, "cursor": cursor}
    if is_more:
        context["next"] = f"?before={rows[-1].sort_key}"
    context |= beside(viewer_of(request), rows)
    response = render(request, part_of(request, template, PARTS), context | more, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def beside(viewer: User | None, rows: list[Post]) -> dict[str, Any]:
    """What a signed-in reader's page has beside its posts: what they marked of them, and whom they may like to
    follow."""
    return reactions_by(viewer, rows) | {"suggestions": people_to_follow(viewer)} if viewer else {}


def page_of(
    posts: PostQuerySet, start: str, *, oldest_first: bool = False, window: FeedWindow | None = None
) -> tuple[list[Post], bool]:
    """The PAGE posts that come after the sort key `start` (empty: from the beginning), newest first if not told
    otherwise, and whether there are more. Raises `Http404` if it is no sort key."""
    try:
        if window:
            rows = window.newest(posts, start, PAGE + 1)
        else:
            if start:
                posts = posts.after(start) if oldest_first else posts.before(start)
            rows = list((posts.oldest_first() if oldest_first else posts.newest_first())[: PAGE + 1])
    except ValueError:
        raise Http404("There is no such page.") from None
    return prefetch_pictures(rows[:PAGE]), len(rows) > PAGE
