"""Profile pages of users."""

from typing import Any, NamedTuple

from django.http import Http404, HttpResponse

from livefeed.models import Profile, User
from livefeed.models.post_list import ListName, PostList
from livefeed.models.user import UserQuerySet
from livefeed.views.feed import feed_page
from livefeed.views.resource import Request, viewer_of


class Tab(NamedTuple):
    """A tab of a profile: its label, the view that its socket subscribes to (`{}` stands for the user name), and the
    text shown when it is empty."""

    name: str
    view: str
    empty: str


TABS: dict[ListName, Tab] = {
    "posts": Tab("Posts", "user:{}", "No posts yet."),
    "replies": Tab("Replies", "replies:{}", "No replies yet."),
    "media": Tab("Pictures", "media:{}", "No pictures yet."),
    "likes": Tab("Likes", "shown", "No likes yet."),
}


def profile(request: Request, username: str, tab: ListName = "posts") -> HttpResponse:
    """A user's posts, replies, pictures or likes, by tab."""
    if tab not in TABS:
        raise Http404("Page not found.")
    user = find_user(username)
    viewer = viewer_of(request)
    context: dict[str, Any] = {
        "profile_user": user,
        "profile": Profile.objects.for_user(user),
        "tabs": TABS,
        "tab": tab,
        "empty": TABS[tab].empty,
    }
    if viewer:
        context |= viewer.follow_state(user)
    posts = PostList(tab, viewer, user.pk)
    return feed_page(request, "profiles/profile.html", TABS[tab].view.format(user.username), posts, **context)


def find_user(username: str, users: UserQuerySet | None = None) -> User:
    """Returns the user with this name, in any case, among `users` (default: active users). Raises `Http404` with a
    message for the viewer."""
    candidates = User.objects.filter(is_active=True) if users is None else users
    user: User | None = candidates.with_username(username).first()
    if user is None:
        raise Http404("There is no user with this name.")
    return user
