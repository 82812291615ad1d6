"""The example app of docs/live-models.md under `serve`: its forms, with pages and programs that are connected."""

import pytest
from websockets.sync.client import connect

from links.models import Link
from livefeed.models import Event, Token, User
from tests.factories import Cast, make_cast, signed_in
from tests.stack.people import Listener, Person
from tests.stack.servers import Site

FIELDS = {"title": "Bread", "address": "https://example.org/bread"}


@pytest.fixture
def cast(site: Site) -> Cast:
    return make_cast()


def program(site: Site, user: User, after: int) -> Listener:
    """Opens a program's socket."""
    _, text = Token.objects.issue(user)
    address = f"{site.url.replace('http', 'ws', 1)}/ws/events/?view=links&after={after}"
    return Listener(connect(address, additional_headers={"Authorization": f"Bearer {text}"}, legacy=True))


def test_pages_and_programs_follow_the_forms(site, cast):
    start = Event.objects.head()
    author, stranger = Person(site, cast.author), Person(site, cast.stranger)
    page, visitor = (Person(site, user).listen(view="links", after=start) for user in (cast.follower, None))
    with page, visitor, program(site, cast.follower, start) as reads:
        assert author.send("/links/", **FIELDS, for_followers="on") == 200
        link = Link.objects.get()
        assert f'id="link-{link.pk}"' in page.frame()["html"]
        expected = {"id": link.pk, **FIELDS, "added_by": "author"}
        assert reads.frame()["link"] == expected

        assert stranger.send(f"/links/{link.pk}/", title="Mine", address="https://evil.example/") == 404
        assert stranger.send(f"/links/{link.pk}/delete/") == 404
        assert author.send(f"/links/{link.pk}/", title="Rye bread", address=FIELDS["address"]) == 200
        assert "Rye bread" in page.frame()["html"]
        assert reads.frame()["link"] == expected | {"title": "Rye bread"}

        assert author.send(f"/links/{link.pk}/delete/") == 200
        for reader in (page, reads):
            assert reader.frame() == {"type": "link.deleted", "cursor": reader.cursor, "id": link.pk}

        assert author.send("/links/", **FIELDS) == 200
        assert [reader.frame()["type"] for reader in (page, visitor, reads)] == ["link.created"] * 3

        public = Link.objects.get()
        public.for_followers = True
        public.save()
        assert [reader.frame()["type"] for reader in (page, visitor, reads)] == ["link.deleted"] * 3
        assert [reader.frame()["type"] for reader in (page, reads)] == ["link.created"] * 2

        Link.objects.filter(pk=public.pk).update(for_followers=False, title="Rolls")
        assert [reader.frame()["type"] for reader in (page, reads)] == ["link.deleted"] * 2
        assert [reader.frame()["type"] for reader in (page, visitor, reads)] == ["link.created"] * 3

    with program(site, cast.stranger, start) as returning:
        assert returning.frame()["link"]["title"] == "Rolls"


def test_the_list_shows_what_its_viewer_may_see_and_keeps_what_was_typed(db):
    cast = make_cast()
    author = signed_in(cast.author)
    author.post("/links/", FIELDS | {"for_followers": "on"})

    assert "link-" in signed_in(cast.follower).get("/links/").text
    assert "link-" not in signed_in(cast.stranger).get("/links/").text
    answer = author.post("/links/", {"title": "No address", "address": "javascript:alert(1)"})
    assert 'value="No address"' in answer.text
    assert "Enter a valid URL" in answer.text
    assert Link.objects.count() == 1


def test_an_account_that_is_not_activated_cannot_add_links(db):
    User.objects.filter(pk=(user := make_cast().author).pk).update(activated_at=None)

    assert '<form class="form' not in signed_in(user).post("/links/", FIELDS).text
    assert not Link.objects.exists()
