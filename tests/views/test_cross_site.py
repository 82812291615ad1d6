"""Forms on other sites, and old pages of this site: only the latter get back what was typed."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from livefeed.models import Post
from tests.factories import PASSWORD, make_post
from tests.image_files import file
from tests.views.cases import case
from tests.views.html import Page
from tests.views.htmx import htmx
from tests.views.strict import strict

OWN = {"Sec-Fetch-Site": "same-origin"}
OWN_WAYS = [OWN, {"Origin": "http://testserver"}, {"Origin": "http://127.0.0.1:8000"}]
FOREIGN_WAYS = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://testserver:8001"},
    {"Origin": "https://testserver"},
    {"Origin": "null"},
    {},
]
EITHER_WAY = pytest.mark.parametrize("extra", [OWN, OWN | htmx()], ids=["plain", "htmx"])
CLAIM = "I give my house away."
FIELDS = {
    "_method": "PUT",
    "title": CLAIM,
    "body": CLAIM,
    "version": "1",
    "name": CLAIM,
    "about": CLAIM,
    "username": CLAIM,
    "login": CLAIM,
    "email": "evil@example.org",
    "next": "//evil.example",
}
ADDRESSES = [
    "/",
    "/posts/",
    "/posts/{}/",
    "/posts/{}/edit/",
    "/posts/{}/delete/",
    "/posts/{}/like/",
    "/posts/preview/",
    "/posts/complete/",
    "/search/",
    "/settings/profile/",
    "/settings/delete/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/email/",
    "/accounts/password/reset/",
    "/admin/login/",
    "/nothing/",
]


@pytest.mark.parametrize("user", ["author", "visitor"])
def test_no_text_of_another_site_reaches_a_page(cast, user):
    post = make_post(cast.author)
    client = strict(getattr(cast, user, None))
    for address in ADDRESSES:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "cross-site"} | htmx()):
            with case(address):
                answer = client.post(address.format(post.pk), FIELDS, headers=headers)

                assert answer.status_code in (403, 404)
                for text in (CLAIM, "evil"):
                    assert text not in answer.text


def test_a_composer_is_refilled_only_for_a_page_of_this_site(cast):
    for headers, is_own in [(way, True) for way in OWN_WAYS] + [(way, False) for way in FOREIGN_WAYS]:
        with case(headers):
            answer = strict(cast.author).post("/posts/", {"body": CLAIM}, headers=headers)

            assert answer.status_code == 403
            assert (CLAIM in answer.text) is is_own


def test_an_https_site_is_no_other_site_by_its_name_alone(cast, settings):
    settings.LIVEFEED_URL = "https://feed.example.org"
    settings.ALLOWED_HOSTS = ["feed.example.org", "localhost"]
    for origin, is_own in (
        ("https://feed.example.org", True),
        ("http://feed.example.org", False),
        ("http://localhost", False),
    ):
        with case(origin):
            headers = {"Origin": origin, "Host": origin.partition("//")[2]}
            assert (CLAIM in strict(cast.author).post("/posts/", {"body": CLAIM}, headers=headers).text) is is_own


def test_only_the_address_of_the_composer_refills_it(cast):
    post = make_post(cast.author)
    for address in ADDRESSES:
        with case(address):
            answer = strict(cast.author).post(address.format(post.pk), FIELDS, headers=OWN)

            assert (CLAIM in answer.text) is (address == "/posts/")


def test_the_refusal_says_what_to_do(cast):
    for headers, sentence in ((OWN, "Reload it and try again."), ({}, "Open it here and try again.")):
        answer = strict(cast.author).post("/@author/follow/", headers=headers)

        assert "nothing was changed" in answer.text
        assert sentence in answer.text


# --- Old pages of this site ---


@EITHER_WAY
def test_a_post_without_a_token_is_refused_and_its_text_is_returned(cast, extra):
    text = {"title": "Today", "body": '</textarea><script>alert(1)</script>\r\n"'}

    answer = strict(cast.author).post("/posts/", text, headers=extra)

    page = Page(answer)
    assert answer.status_code == 403
    assert text.items() <= page.field_values.items()
    assert page.errors == ["This page was out of date, so nothing was saved. Send it again: it is all still here."]
    assert not Post.objects.exists()


@EITHER_WAY
def test_a_returned_form_sent_twice_creates_one_post_with_its_picture(cast, extra):
    client = strict(cast.author)
    sent = {"title": "Today", "body": "Good morning.", "files": file()}
    page = Page(client.post("/posts/", sent, headers=extra))
    form = page.field_values | {"csrfmiddlewaretoken": page.all("input", name="csrfmiddlewaretoken")[0]["value"]}
    del form["picture_removed"]  # a checkbox that is not ticked

    for _ in range(2):
        answer = client.post("/posts/", form, headers=extra)

        assert answer.status_code in (200, 302)
    post = Post.objects.get()
    assert (post.body, post.pictures_count) == ("Good morning.", 1)


def test_a_page_with_scripts_gets_a_token_to_do_the_same_again(cast):
    client = strict(cast.author)
    refusal = client.post("/@follower/follow/", headers=OWN | htmx())
    token = Page(refusal).one("input", name="csrfmiddlewaretoken")["value"]
    assert "Try again." in refusal.text

    answer = client.post("/@follower/follow/", {"csrfmiddlewaretoken": token}, headers=OWN | htmx())

    assert (refusal.status_code, answer.status_code) == (403, 200)
    assert "csrfmiddlewaretoken" not in client.post("/@follower/follow/", headers=FOREIGN_WAYS[0] | htmx()).text


# --- Links from other sites ---


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "http://localhost:9/",
        "http://127.0.0.1:9/",
        "javascript:alert(1)",
    ],
)
def test_a_sign_in_leads_to_no_other_site(cast, target):
    answer = Client().post("/accounts/login/", {"login": "author", "password": PASSWORD, "next": target})

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"


def test_a_sign_in_leads_to_the_page_that_asked_for_it(cast):
    for target in ("/settings/profile/?a=b", "http://testserver/bookmarks/"):
        answer = Client().post("/accounts/login/", {"login": "author", "password": PASSWORD, "next": target})

        assert answer.headers["Location"] == target


def test_a_link_fills_in_no_form(author, visitor):
    query = urlencode(dict.fromkeys(FIELDS, CLAIM) | {"email": "evil@example.org", "q": ""})
    for address in ADDRESSES:
        for client in (author, visitor):
            with case(address):
                page = Page(client.get(f"{address.format(1)}?{query}", follow=True))

                values = [value for name, value in page.field_values.items() if name != "next"]
                assert not any(text in value for value in values for text in (CLAIM, "evil"))
