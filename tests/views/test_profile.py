"""Profiles with their tabs, and their settings."""

import pytest

from livefeed.models import Event, Like, Picture, Profile, User
from livefeed.models.picture import Attachment
from livefeed.models.profile import ABOUT_MAX
from tests import image_files
from tests.factories import make_post
from tests.views.html import Page

SETTINGS = "/settings/profile/"
SAID = {"name": "Ada Author", "about": "I write **here**.", "link_1": "example.org/me", "link_2": "http://example.com"}


def with_picture(author: User):
    picture = Picture.objects.store(author, image_files.file())
    return type(make_post(author)).objects.publish(author, title="", body="", pictures=[Attachment(picture.pk)])


@pytest.fixture
def user(cast) -> User:
    return cast.author


# --- The page ---


def test_each_tab_lists_its_posts(visitor, cast):
    post = make_post(cast.author)
    other = make_post(cast.stranger)
    reply = make_post(cast.author, "Reply.", parent=other)
    pictured = with_picture(cast.author)
    Like.objects.add(cast.author, other)
    own = [pk for pk in Page(visitor.get("/@author/")).posts if pk not in (post.pk, pictured.pk)]
    held = {tab: Page(visitor.get(f"/@author/{tab}/")).posts for tab in ("replies", "media", "likes")}
    assert held == {"replies": [reply.pk], "media": [pictured.pk], "likes": [other.pk]}
    assert reply.pk not in own


@pytest.mark.parametrize(
    ("tab", "view"),
    [("", "user:author"), ("replies/", "replies:author"), ("media/", "media:author"), ("likes/", "shown")],
)
def test_each_tab_is_live_marked_as_current_and_has_an_empty_text(visitor, cast, tab, view):
    page = Page(visitor.get(f"/@author/{tab}"))
    assert page.one(id="posts")["data-view"] == view
    assert page.one("a", **{"aria-current": "page"})["href"] == f"/@author/{tab}"
    assert page.one(css="empty").text.strip()


def test_an_unknown_tab_is_404(visitor, cast):
    assert visitor.get("/@author/secrets/").status_code == 404


def test_posts_for_followers_are_in_the_tabs_of_followers_only(follower, stranger, cast):
    other = make_post(cast.stranger)
    reply = make_post(cast.author, "Reply.", audience="followers", parent=other)
    assert Page(follower.get("/@author/replies/")).posts == [reply.pk]
    assert Page(stranger.get("/@author/replies/")).posts == []


# --- Settings ---


def own_links(client) -> list[tuple[str, str]]:
    """Returns the URLs and texts of the links in the author's profile."""
    links = [each for each in Page(client.get("/@author/")).all("a") if "me" in each.attributes.get("rel", "")]
    return [(each["href"], each.text) for each in links]


def test_profile_data_is_on_the_profile(author, visitor):
    answer = author.post(SETTINGS, SAID)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/@author/")
    page = Page(visitor.get("/@author/"))
    assert page.one(css="profile-name").text == "Ada Author"
    assert page.one("strong").text == "here"
    assert own_links(visitor) == [
        ("https://example.org/me", "example.org/me"),
        ("http://example.com", "example.com"),
    ]
    assert Page(author.get(SETTINGS)).field_values["link_1"] == "https://example.org/me"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("https://pаypal.com/a", ("https://xn--pypal-4ve.com/a", "xn--pypal-4ve.com/a")),
        ("https://xn--80ak6aa92e.com/", ("https://xn--80ak6aa92e.com/", "xn--80ak6aa92e.com")),
        ("例え.jp/@me", ("https://xn--r8jz45g.jp/@me", "例え.jp/@me")),
    ],
)
def test_a_link_whose_host_looks_like_another_is_shown_in_ascii(author, visitor, typed, shown):
    author.post(SETTINGS, {**SAID, "link_1": typed, "link_2": ""})
    assert own_links(visitor) == [shown]


def test_a_link_with_a_user_name_stored_by_an_earlier_version_is_not_shown(user, visitor):
    Profile.objects.filter(user=user).update(links="https://bank.example@evil.example/\nhttps://example.org")
    assert own_links(visitor) == [("https://example.org", "example.org")]


@pytest.mark.parametrize("typed", ["\u200b", "\u2060\u3164", "\U000e0041", "\u202e \u115f"])
def test_a_name_and_a_description_without_a_visible_character_are_empty(author, user, visitor, typed):
    author.post(SETTINGS, {**SAID, "name": typed, "about": typed})
    page = Page(visitor.get("/@author/"))
    assert page.one(css="profile-name").text == "author"
    assert not page.all(css="profile-about")


def test_only_the_own_profile_links_to_its_editor(author, follower, visitor):
    for client, offered in ((author, 1), (follower, 0), (visitor, 0)):
        assert len(Page(client.get("/@author/")).all("a", href=SETTINGS)) == offered
    assert visitor.get(SETTINGS).status_code == 302
    assert author.get("/settings/").headers["Location"] == SETTINGS


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"name": "x" * 51}, "The limit is 50"),
        ({"about": "x" * (ABOUT_MAX + 1)}, f"The limit is {ABOUT_MAX}"),
        ({"link_3": "no address"}, "Enter a web address"),
        ({"link_1": "javascript:alert(1)"}, "Enter a web address"),
        ({"link_1": "ftp://example.org"}, "Enter a web address"),
        ({"link_1": "https://bank.example@evil.example/"}, "without a user name"),
        ({"link_1": "https://user:secret@example.org/"}, "without a user name"),
        ({"link_2": "bank.example@evil.example"}, "without a user name"),
        ({"link_1": "https://bank.example／evil.example"}, "Enter a web address"),
        ({"link_4": f"https://example.org/{'x' * 200}"}, "too long"),
    ],
)
def test_an_invalid_profile_is_returned_whole_with_a_message(author, user, typed, message):
    answer = author.post(SETTINGS, {**SAID, **typed})
    assert answer.status_code == 422
    page = Page(answer)
    assert [message in sentence for sentence in page.errors] == [True]
    assert page.field_values | SAID | typed == page.field_values
    assert Profile.objects.for_user(user).about == ""


def test_an_avatar_replaces_the_initials_everywhere(author, visitor, user):
    make_post(user)
    author.post(SETTINGS, {**SAID, "avatar_file": image_files.file()})
    picture = Picture.objects.get()
    for address in ("/@author/", "/explore/"):
        assert Page(visitor.get(address)).all("img", src=picture.small), address
    assert visitor.get(picture.small).status_code == 200
    assert visitor.get(picture.small).headers["Cache-Control"] == "private, max-age=300, must-revalidate"


def test_an_avatar_remains_until_it_is_changed_or_removed(author, visitor, user):
    author.post(SETTINGS, {**SAID, "avatar_file": image_files.file()})
    first = Picture.objects.get()
    author.post(SETTINGS, {**SAID, "avatar": str(first.pk)})
    assert Picture.objects.get() == first
    author.post(SETTINGS, {**SAID, "avatar": str(first.pk), "avatar_file": image_files.file()})
    second = Picture.objects.get()
    assert second != first
    assert visitor.get(first.small).status_code == 404
    author.post(SETTINGS, {**SAID, "avatar": str(second.pk), "avatar_removed": "on"})
    assert not Picture.objects.exists()
    user.refresh_from_db()
    assert user.avatar is None


def test_an_avatar_sent_with_an_invalid_form_is_not_lost(author, user):
    answer = author.post(SETTINGS, {**SAID, "name": "x" * 51, "avatar_file": image_files.file()})
    kept = Picture.objects.get()
    assert Page(answer).field_values["avatar"] == str(kept.pk)
    author.post(SETTINGS, {**SAID, "avatar": str(kept.pk)})
    user.refresh_from_db()
    assert user.avatar == kept


@pytest.mark.parametrize("whose", ["a stranger's", "a post's", "none"])
def test_a_picture_of_a_post_or_another_user_cannot_be_an_avatar(author, cast, whose):
    if whose == "a post's":
        picture = with_picture(cast.author).pictures.get().pk
    else:
        picture = Picture.objects.store(cast.stranger, image_files.file()).pk if whose == "a stranger's" else "nonsense"
    author.post(SETTINGS, {**SAID, "avatar": str(picture)})
    cast.author.refresh_from_db()
    assert cast.author.avatar is None


def test_an_invalid_avatar_has_a_message_at_its_field(author):
    answer = author.post(SETTINGS, {**SAID, "avatar_file": image_files.file(image_files.SVG)})
    assert answer.status_code == 422
    assert "none of them" in Page(answer).errors[0]


def test_a_new_avatar_is_published_like_a_new_name(author, user):
    Event.objects.all().delete()
    author.post(SETTINGS, {"name": user.name, "avatar_file": image_files.file()})
    assert list(Event.objects.values_list("kind", "actor_id")) == [("user.renamed", user.pk)]


# --- Profiles ---


def test_every_user_has_a_profile_created_at_the_latest_when_it_is_shown(visitor, user):
    assert Profile.objects.filter(user=user).exists()
    User.objects.bulk_create([User(username="bulk", name="Bulk")])
    assert not Profile.objects.filter(user__username="bulk").exists()
    assert visitor.get("/@bulk/").status_code == 200
    assert Profile.objects.filter(user__username="bulk").exists()
