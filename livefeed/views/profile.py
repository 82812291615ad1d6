"""Profile pages of users."""

from typing import Any, NamedTuple

from django.http import Http404, HttpResponse

from livefeed.models import Profile, User
from livefeed.models.compiled import compiled
from livefeed.models.post_list import ListName, PostList
from livefeed.models.user import UserQuerySet, lowered_name
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
        raise Http404
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
    name = lowered_name(username)
    found: list[User] = _active_users(name) if users is None else list(users.with_lowered_name(name))
    if not found:
        raise Http404("There is no user with this name.")
    return found[0]


@compiled
def _active_users(name: str) -> Any:
    """The active user with this name in lower case, with the profile."""
    return User.objects.filter(is_active=True).with_lowered_name(name).select_related("profile")
