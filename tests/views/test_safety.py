"""What no page may do: run what somebody typed, change anything by being read, or be sent from elsewhere."""

from typing import Any

import pytest
from django.test import Client

from livefeed.models import Event, Follow, Post, User
from tests.factories import signed_in
from tests.views.html import Page
from tests.views.htmx import htmx

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
EITHER_WAY = pytest.mark.parametrize("how", [{}, {"headers": htmx()}], ids=["plain", "htmx"])


@pytest.fixture
def everybody(author: Client, stranger: Client, visitor: Client) -> list[Client]:
    return [author, stranger, visitor]


# --- Policy ---


def policy_of(answer) -> dict[str, list[str]]:
    directives = answer.headers["Content-Security-Policy"].split(";")
    return {words[0]: words[1:] for words in (directive.split() for directive in directives)}


@pytest.mark.parametrize("address", [*PAGES, "/healthz", "/posts/"])
def test_every_answer_carries_a_strict_policy(everybody, post, address):
    for client in everybody:
        policy = policy_of(client.get(address.format(post.pk)))

        assert policy["default-src"] == policy["script-src"] == ["'self'"]
        assert {word.partition("-")[0] for word in policy["style-src"]} <= {"'self'", "'nonce"}
        for closed in ("object-src", "base-uri", "frame-ancestors"):
            assert policy[closed] == ["'none'"]
        assert policy["form-action"] == ["'self'"]


@pytest.mark.parametrize("address", PAGES)
def test_no_page_has_a_script_a_style_or_a_handler_inside_it(everybody, post, address):
    for answer in (client.get(address.format(post.pk)) for client in everybody):
        page = Page(answer)
        nonces = [word[len("'nonce-") : -1] for word in policy_of(answer)["style-src"] if word.startswith("'nonce-")]

        for script in page.all("script"):
            assert script["src"].startswith("/static/")
            assert not script.text.strip()
        for style in page.all("style"):
            assert [style["nonce"]] == nonces
        for element in page.elements:
            assert [name for name in element.attributes if name == "style" or name.startswith(("on", "hx-on"))] == []
            assert not any(value.strip().startswith(("javascript:", "js:")) for value in element.attributes.values())


@pytest.mark.parametrize("address", PAGES)
def test_everything_a_page_loads_or_leads_to_is_our_own(everybody, post, address):
    for client in everybody:
        for element in Page(client.get(address.format(post.pk))).elements:
            for name in ("src", "href", "action", "formaction", "hx-get", "hx-post"):
                value = element.attributes.get(name, "")
                assert value[:1] in ("/", "?", "#", "")
                assert value[:2] != "//"


@pytest.mark.parametrize("address", PAGES)
def test_no_id_is_on_a_page_twice(everybody, post, address):
    for client in everybody:
        elements = Page(client.get(address.format(post.pk))).elements
        ids = [element["id"] for element in elements if "id" in element.attributes]

        assert len(ids) == len(set(ids))


def test_pages_are_not_framed_not_guessed_at_and_tell_no_other_site_where_one_was(visitor):
    headers = visitor.get("/").headers

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


# --- Reading changes nothing ---


def everything() -> list[Any]:
    tables = (User, Post, Follow, Event)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


@EITHER_WAY
@pytest.mark.parametrize(
    "address",
    [
        *PAGES,
        "/posts/",
        "/posts/?title=x&body=x",
        "/posts/{}/?_method=DELETE",
        "/posts/{}/?body=x&version=1",
        "/@author/follow/",
        "/@author/follow/?_method=DELETE",
        "/healthz",
        "/readyz",
    ],
)
def test_reading_never_changes_anything(everybody, post, address, how):
    before = everything()

    for client in everybody:
        for ask in (client.get, client.head, client.options):
            ask(address.format(post.pk), **how)

    assert everything() == before


# --- Nothing is sent from elsewhere ---


def strict(user: User | None = None) -> Client:
    """A client that is asked for its token like a browser."""
    client = Client(enforce_csrf_checks=True)
    if user:
        client.force_login(user)
    return client


def token_on(client: Client, address: str = "/") -> str:
    return Page(client.get(address)).all("input", name="csrfmiddlewaretoken")[0]["value"]


@EITHER_WAY
def test_a_text_without_a_token_is_not_posted_but_comes_back_with_a_sentence(cast, how):
    text = {"title": "Today", "body": '</textarea><script>alert(1)</script>\r\n"'}

    answer = strict(cast.author).post("/posts/", text, **how)

    page = Page(answer)
    assert answer.status_code == 403
    assert text.items() <= page.typed.items()
    assert page.sentences == ["This page was out of date, so nothing was saved. Send it again: it is all still here."]
    assert not Post.objects.exists()


@EITHER_WAY
def test_what_came_back_can_be_sent_again_as_it_stands(cast, how):
    client = strict(cast.author)
    page = Page(client.post("/posts/", {"title": "Today", "body": "Good morning."}, **how))
    token = page.all("input", name="csrfmiddlewaretoken")[0]["value"]

    answer = client.post("/posts/", {**page.typed, "csrfmiddlewaretoken": token}, **how)

    assert answer.status_code in (200, 302)
    assert Post.objects.get().body == "Good morning."


@EITHER_WAY
def test_what_came_back_still_is_one_post_when_it_is_sent_twice(cast, how):
    client = strict(cast.author)
    page = Page(client.post("/posts/", {"title": "Today", "body": "Good morning."}, **how))
    token = page.all("input", name="csrfmiddlewaretoken")[0]["value"]

    for _ in range(2):
        client.post("/posts/", {**page.typed, "csrfmiddlewaretoken": token}, **how)

    assert Post.objects.count() == 1


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
def test_nothing_is_changed_without_a_token_and_a_sentence_says_so(cast, post, address, fields, how):
    clients = [strict(person) for person in (cast.author, cast.follower, cast.stranger)]
    before = everything()

    for client in clients:
        answer = client.post(address.format(post.pk), fields, **how)

        assert answer.status_code == 403
        assert "nothing was changed" in answer.content.decode()
    assert everything() == before


def test_a_bare_delete_needs_the_token_too(cast, post):
    client = strict(cast.author)
    token = token_on(client)

    assert client.delete(f"/posts/{post.pk}/").status_code == 403
    assert client.delete(f"/posts/{post.pk}/", headers={"X-CSRFToken": token}).status_code == 302


@EITHER_WAY
def test_an_editor_holds_all_it_needs_to_be_sent(cast, post, how):
    client = strict(cast.author)
    editor = Page(client.get(f"/posts/{post.pk}/edit/", **how))
    token = editor.all("input", name="csrfmiddlewaretoken")[0]["value"]

    answer = client.post(editor.one("form", "editor")["action"], {**editor.typed, "csrfmiddlewaretoken": token}, **how)

    assert answer.status_code in (200, 302)
    assert Post.objects.get().version == 2


def test_a_composer_that_comes_back_holds_all_it_needs_to_be_sent(cast):
    client = strict(cast.author)
    page = Page(client.get("/"))

    for body in ("", "Good morning."):
        token = page.all("input", name="csrfmiddlewaretoken")[0]["value"]
        form = {**page.typed, "body": body, "csrfmiddlewaretoken": token}
        page = Page(client.post("/posts/", form, headers=htmx()))

    assert Post.objects.count() == 1


def test_the_tokens_of_a_page_open_every_door_of_it(cast, post):
    client = strict(cast.stranger)
    token = {"csrfmiddlewaretoken": token_on(client, "/@author/")}

    assert client.post("/@author/follow/", token).status_code == 302
    assert client.post("/posts/", {"body": "Hello.", **token}).status_code == 302
    assert cast.stranger.follows(cast.author)


def test_a_visitors_page_sets_no_cookie(visitor, post):
    for address in ("/", "/explore/", f"/posts/{post.pk}/", "/@author/"):
        assert visitor.get(address).cookies == {}


def test_a_session_ends_with_its_person(cast, post):
    client = signed_in(cast.stranger)
    cast.stranger.delete()

    assert client.get("/").status_code == 200
    assert client.post("/posts/", {"body": "Hello."}).status_code == 401
