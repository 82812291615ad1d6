"""Guarantees of every page: it runs no text as code, reading changes nothing, and forms need a CSRF token."""

from typing import Any, ClassVar

import pytest
from django.test import Client, TestCase

from livefeed.models import Event, Follow, Post, User
from tests.factories import make_cast, make_post, signed_in
from tests.views.cases import case
from tests.views.html import Page
from tests.views.htmx import htmx
from tests.views.strict import strict, token_on

PAGES = [
    "/",
    "/explore/",
    "/@author/",
    "/@nobody/",
    "/posts/{}/",
    "/posts/{}/edit/",
    "/posts/999999/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/email/",
    "/accounts/logout/",
]
EITHER_WAY = pytest.mark.parametrize("extra", [{}, {"headers": htmx()}], ids=["plain", "htmx"])


@pytest.fixture
def everyone(author: Client, stranger: Client, visitor: Client) -> list[Client]:
    return [author, stranger, visitor]


# --- Content of pages ---


def policy_of(answer) -> dict[str, list[str]]:
    directives = answer.headers["Content-Security-Policy"].split(";")
    return {words[0]: words[1:] for words in (directive.split() for directive in directives)}


class TestPages(TestCase):
    """Each page as the author, a stranger and a visitor get it, requested once for all tests."""

    policies: ClassVar[dict[str, dict[str, list[str]]]]
    pages: ClassVar[dict[str, Page]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cast = make_cast()
        post = make_post(cast.author, "Good morning.", title="Today")
        clients = {"author": signed_in(cast.author), "stranger": signed_in(cast.stranger), "visitor": Client()}
        cls.policies = {}
        cls.pages = {}
        for address in [*PAGES, "/healthz", "/posts/"]:
            for name, client in clients.items():
                answer = client.get(address.format(post.pk))
                cls.policies[f"{address} for the {name}"] = policy_of(answer)
                if address in PAGES:
                    cls.pages[f"{address} for the {name}"] = Page(answer)

    def test_every_answer_has_a_strict_policy(self):
        for name, policy in self.policies.items():
            with case(name):
                assert policy["default-src"] == policy["script-src"] == ["'self'"]
                assert {word.partition("-")[0] for word in policy["style-src"]} <= {"'self'", "'nonce"}
                for closed in ("object-src", "base-uri", "frame-ancestors"):
                    assert policy[closed] == ["'none'"]
                assert policy["form-action"] == ["'self'"]

    def test_no_page_has_an_inline_script_style_or_handler(self):
        for name, page in self.pages.items():
            with case(name):
                sources = self.policies[name]["style-src"]
                nonces = [word[len("'nonce-") : -1] for word in sources if word.startswith("'nonce-")]

                for script in page.all("script"):
                    assert script["src"].startswith("/static/")
                    assert not script.text.strip()
                for style in page.all("style"):
                    assert [style["nonce"]] == nonces
                for element in page.elements:
                    names = [name for name in element.attributes if name == "style" or name.startswith(("on", "hx-on"))]
                    assert names == []
                    values = element.attributes.values()
                    assert not any(value.strip().startswith(("javascript:", "js:")) for value in values)

    def test_a_page_loads_and_links_only_to_this_site(self):
        for name, page in self.pages.items():
            with case(name):
                for element in page.elements:
                    for attribute in ("src", "href", "action", "formaction", "hx-get", "hx-post"):
                        value = element.attributes.get(attribute, "")
                        assert value[:1] in ("/", "?", "#", "")
                        assert value[:2] != "//"

    def test_element_ids_are_unique(self):
        for name, page in self.pages.items():
            with case(name):
                ids = [element["id"] for element in page.elements if "id" in element.attributes]

                assert len(ids) == len(set(ids))


def test_security_headers_forbid_frames_and_sniffing_and_limit_the_referrer(visitor):
    headers = visitor.get("/").headers

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


# --- Reading changes nothing ---


def everything() -> list[Any]:
    tables = (User, Post, Follow, Event)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


@EITHER_WAY
def test_reading_changes_nothing(everyone, post, extra):
    addresses = [
        *PAGES,
        "/posts/",
        "/posts/?title=x&body=x",
        "/posts/{}/?_method=DELETE",
        "/posts/{}/?body=x&version=1",
        "/@author/follow/",
        "/@author/follow/?_method=DELETE",
        "/healthz",
        "/readyz",
    ]
    before = everything()
    for address in addresses:
        with case(address):
            for client in everyone:
                for request in (client.get, client.head, client.options):
                    request(address.format(post.pk), **extra)

            assert everything() == before


# --- Forms need a CSRF token ---


@EITHER_WAY
@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/posts/{}/", {"title": "", "body": "Changed.", "version": "1"}),
        ("/posts/{}/", {"_method": "DELETE"}),
        ("/@author/follow/", {}),
        ("/@author/follow/", {"_method": "DELETE"}),
    ],
)
def test_nothing_changes_without_a_token(cast, post, address, fields, extra):
    clients = [strict(user) for user in (cast.author, cast.follower, cast.stranger)]
    before = everything()

    for client in clients:
        answer = client.post(address.format(post.pk), fields, **extra)

        assert answer.status_code == 403
        assert "nothing was changed" in answer.content.decode()
    assert everything() == before


def test_a_delete_request_needs_a_token(cast, post):
    client = strict(cast.author)
    token = token_on(client)

    assert client.delete(f"/posts/{post.pk}/").status_code == 403
    assert client.delete(f"/posts/{post.pk}/", headers={"X-CSRFToken": token}).status_code == 302


@EITHER_WAY
def test_an_editor_contains_every_field_it_needs(cast, post, extra):
    client = strict(cast.author)
    editor = Page(client.get(f"/posts/{post.pk}/edit/", **extra))
    token = editor.all("input", name="csrfmiddlewaretoken")[0]["value"]

    form = {**editor.field_values, "csrfmiddlewaretoken": token}
    answer = client.post(editor.one("form", "editor")["action"], form, **extra)

    assert answer.status_code in (200, 302)
    assert Post.objects.get().version == 2


def test_a_returned_composer_contains_every_field_it_needs(cast):
    client = strict(cast.author)
    page = Page(client.get("/"))

    for body in ("", "Good morning."):
        token = page.all("input", name="csrfmiddlewaretoken")[0]["value"]
        form = {**page.field_values, "body": body, "csrfmiddlewaretoken": token}
        page = Page(client.post("/posts/", form, headers=htmx()))

    assert Post.objects.count() == 1


def test_the_token_of_a_page_is_valid_for_all_its_forms(cast, post):
    client = strict(cast.stranger)
    token = {"csrfmiddlewaretoken": token_on(client, "/@author/")}

    assert client.post("/@author/follow/", token).status_code == 302
    assert client.post("/posts/", {"body": "Hello.", **token}).status_code == 302
    assert cast.stranger.follows(cast.author)


def test_a_visitors_page_sets_no_cookie(visitor, post):
    for address in ("/", "/explore/", f"/posts/{post.pk}/", "/@author/"):
        assert visitor.get(address).cookies == {}


def test_a_session_ends_with_its_user(cast, post):
    client = signed_in(cast.stranger)
    cast.stranger.delete()

    assert client.get("/").status_code == 200
    assert client.post("/posts/", {"body": "Hello."}).status_code == 401
