"""Storage in browsers: nothing of a signed-in user, and after a sign-out nothing at all."""

import pytest
from django.test import Client

from livefeed.models import Post
from tests.factories import PASSWORD, make_post, make_user, signed_in
from tests.image_files import file
from tests.views.cases import case
from tests.views.htmx import htmx

PAGES = ["/", "/explore/", "/posts/{}/", "/@author/", "/notifications/", "/settings/data/", "/search/?q=a", "/nothing/"]
PAGES += ["/posts/{}/edit/", "/admin/", "/accounts/email/", "/posts/complete/?q=@a", "/bookmarks/"]


def is_private(answer) -> bool:
    return {"private", "no-store"} <= {word.strip() for word in answer.headers.get("Cache-Control", "").split(",")}


def test_no_response_to_a_signed_in_user_is_stored(author, post):
    for address in PAGES:
        for headers in ({}, htmx("a")):
            with case(address):
                assert is_private(author.get(address.format(post.pk), headers=headers))


def test_responses_to_forms_are_not_stored(author):
    assert is_private(author.post("/posts/", {"body": "Hello."}))
    assert is_private(author.post("/posts/", {"body": ""}))
    assert is_private(author.post("/settings/profile/", {"name": ""}))


def test_a_page_with_a_csrf_token_is_not_stored(visitor):
    assert is_private(visitor.get("/accounts/signup/"))
    assert is_private(visitor.get("/accounts/password/reset/"))


def test_public_pages_and_pictures_keep_their_own_rules(author, visitor):
    author.post("/posts/", {"body": "Look.", "files": file()})
    picture = Post.objects.get().pictures.get()

    assert "Cache-Control" not in visitor.get("/explore/").headers
    assert "no-store" not in author.get(picture.small).headers["Cache-Control"]


def test_every_response_turns_off_unused_features_of_browsers(visitor, author):
    for client in (visitor, author):
        for address in ("/", "/healthz", "/nothing/"):
            policy = client.get(address).headers["Permissions-Policy"].split(", ")

            assert {"camera=()", "microphone=()", "geolocation=()"} <= set(policy)


@pytest.mark.parametrize("act", ["/accounts/logout/", "/admin/logout/", "/settings/delete/"])
def test_a_sign_out_has_the_browser_delete_what_it_stored(cast, act):
    cast.author.is_staff = True
    cast.author.save()
    make_user(is_superuser=True, is_staff=True)
    client = signed_in(cast.author)
    answer = client.post(act, {"password": PASSWORD, "understood": "on"})

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_an_ended_session_leaves_what_was_typed(cast):
    """A session that expires or is ended elsewhere must not delete posts that are not sent yet."""
    client = signed_in(cast.author)
    make_post(cast.author)
    client.session.flush()

    for address in ("/", "/accounts/login/", "/settings/profile/"):
        assert "Clear-Site-Data" not in client.get(address).headers
    assert "Clear-Site-Data" not in Client().post("/posts/", {"body": "Hello."}).headers
