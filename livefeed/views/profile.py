"""People's pages, and the settings of one's own."""

from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from livefeed.forms.profile import ProfileForm
from livefeed.models import Post, Profile, User
from livefeed.models.post_query import PostQuerySet
from livefeed.models.user import UserQuerySet
from livefeed.views.feed import feed_page
from livefeed.views.resource import Request, SignedInResource, viewer_of


class Tab(NamedTuple):
    """A part of a person's page: its name, the view that its socket opens (a name goes where the braces are), and what
    is said where it is empty."""

    name: str
    view: str
    empty: str


TABS = {
    "posts": Tab("Posts", "user:{}", "No posts yet."),
    "replies": Tab("Replies", "replies:{}", "No replies yet."),
    "media": Tab("Pictures", "media:{}", "No pictures yet."),
    "likes": Tab("Likes", "shown", "Nothing liked yet."),
}


def profile(request: Request, username: str, tab: str = "posts") -> HttpResponse:
    """What one person posted, replied, showed and likes, a tab each."""
    if tab not in TABS:
        raise Http404("There is no such page.")
    person = find_person(username)
    posts = _posts_of(person, tab, Post.objects.visible_to(viewer_of(request)))
    viewer = viewer_of(request)
    context: dict[str, Any] = {"person": person, "profile": Profile.objects.for_user(person), "tabs": TABS, "tab": tab}
    context |= {"empty": TABS[tab].empty} | (viewer.follow_state(person) if viewer else {})
    return feed_page(request, "profiles/profile.html", TABS[tab].view.format(person.username), posts, **context)


def _posts_of(person: User, tab: str, visible: PostQuerySet) -> PostQuerySet:
    if tab == "likes":
        return visible.filter(likes__user=person)
    own = visible.filter(author=person)
    return {"posts": own.top_level, "replies": own.replies_only, "media": own.having_pictures}[tab]()


def find_person(username: str, people: UserQuerySet | None = None) -> User:
    """The person of that name, however it is cased, among `people` (the active ones if not told otherwise). Raises
    `Http404` with a sentence for people."""
    among = User.objects.filter(is_active=True) if people is None else people
    person: User | None = among.with_username(username).first()
    if person is None:
        raise Http404("There is nobody here by that name.")
    return person


@login_required
def settings(request: Request) -> HttpResponse:
    """Where the settings begin."""
    return redirect("settings_profile")


class ProfileSettingsView(SignedInResource):
    """What one says of oneself: `GET` shows it to change, `POST` changes it."""

    def get(self, request: Request) -> HttpResponse:
        return self.page(ProfileForm.of(Profile.objects.for_user(self.viewer)))

    def post(self, request: Request) -> HttpResponse:
        form = ProfileForm(request.POST, request.FILES, owner=self.viewer)
        if not form.is_valid():
            return self.page(form, 422)
        Profile.objects.for_user(self.viewer).update(**form.said)
        return redirect(self.viewer)

    def page(self, form: ProfileForm, status: int = 200) -> HttpResponse:
        return render(self.request, "profiles/settings.html", {"form": form}, status=status)
