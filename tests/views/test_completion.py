"""What is offered to somebody who types the beginning of an @name or a #tag."""

import pytest

from livefeed.models import User
from tests.factories import make_post, make_user
from tests.views.html import Page
from tests.views.htmx import htmx

ADDRESS = "/posts/complete/"


def offered(client, typed: str) -> list[str]:
    """What choosing each of the options would write, from top to bottom."""
    answer = client.get(ADDRESS, {"q": typed}, headers=htmx("div#composer-body-completions"))
    assert answer.status_code == 200
    return [option["data-text"] for option in Page(answer).all(role="option")]


@pytest.mark.parametrize("headers", [{}, htmx()], ids=["plain", "htmx"])
def test_a_visitor_is_refused_and_led_nowhere_while_writing(visitor, cast, headers):
    answer = visitor.get(ADDRESS, {"q": "@author"}, headers=headers)

    assert (answer.status_code, answer.content) == (401, b"")
    assert not answer.headers.keys() & {"Location", "HX-Redirect"}


@pytest.mark.parametrize("typed", ["@m", "@MAR", "@mara_l"])
def test_people_are_found_by_the_beginning_of_their_user_name_whatever_its_case(stranger, typed):
    make_user("Mara_L", name="Somebody")
    for other in ("xmara_l", "maxmara", "marxl"):
        make_user(other, name="Mara")

    assert "@Mara_L" in offered(stranger, typed)
    assert offered(stranger, "@mara_") == ["@Mara_L"]


@pytest.mark.parametrize("typed", ["@åsa", "@ÅSA", "@lin", "@Lindq", "@ö", "@asa_"])
def test_those_one_follows_are_found_by_a_word_of_their_display_name_too(cast, stranger, typed):
    cast.stranger.follow(make_user("asa_1", name="Åsa Lindqvist Öberg"))

    assert offered(stranger, typed) == ["@asa_1"]


@pytest.mark.parametrize("typed", ["@sa", "@qvist", "@lindqvists", "@asa1"])
def test_the_middle_of_a_name_finds_nobody(cast, stranger, typed):
    cast.stranger.follow(make_user("asa_1", name="Åsa Lindqvist"))

    assert offered(stranger, typed) == []


def test_those_one_follows_come_first_and_nobody_comes_twice(cast, stranger):
    for name in ("mara", "marb", "marc"):
        make_user(name)
    cast.stranger.follow(User.objects.get(username="marc"))

    assert offered(stranger, "@mar") == ["@marc", "@mara", "@marb"]


def test_whoever_is_suspended_is_left_out(cast, stranger):
    cast.stranger.follow(make_user("mara"))
    make_user("marb", is_active=False)
    User.objects.filter(username="mara").update(is_active=False)

    assert offered(stranger, "@mar") == []


def test_a_person_is_shown_with_both_names(stranger, cast):
    User.objects.filter(pk=cast.author.pk).update(name="<b>Mara</b>")
    option = Page(stranger.get(ADDRESS, {"q": "@aut"})).one(role="option")

    assert "<b>Mara</b>" in option.text
    assert "@author" in option.text


@pytest.mark.parametrize("typed", ["#g", "#GARD", "#ga"])
def test_tags_are_found_by_their_beginning_whatever_its_case(cast, stranger, typed):
    make_post(cast.author, "#Garden #bread #newgarden")

    assert offered(stranger, typed) == ["#garden"]


def test_a_tag_is_compared_as_it_is_addressed(cast, stranger):
    make_post(cast.author, "#Straßenfest")

    assert offered(stranger, "#STRASS") == offered(stranger, "#straß") == ["#strassenfest"]


def test_what_the_newest_posts_bear_most_comes_first_then_older_tags(cast, stranger, monkeypatch):
    monkeypatch.setattr("livefeed.models.tagging.MAX_TAGGINGS_SEARCHED", 3)
    for body in ("#gac", "#gab", "#game", "#garden", "#game"):
        make_post(cast.author, body)

    assert offered(stranger, "#ga") == ["#game", "#garden", "#gab", "#gac"]


def test_a_tag_is_offered_only_to_those_who_may_see_a_post_that_bears_it(cast, author, follower, stranger):
    make_post(cast.author, "#secret", audience="followers")
    make_post(cast.stranger, "#secondary")

    for client in (author, follower):
        assert sorted(offered(client, "#sec")) == ["#secondary", "#secret"]
    assert offered(stranger, "#sec") == ["#secondary"]
    User.objects.filter(pk=cast.author.pk).update(is_active=False)
    assert offered(follower, "#sec") == ["#secondary"]


def test_six_are_offered_at_most(cast, stranger):
    for number in range(8):
        make_post(make_user(f"mara{number}"), f"#garden{number}")
    for number in range(2):
        cast.stranger.follow(User.objects.get(username=f"mara{number}"))

    assert len(offered(stranger, "@mara")) == len(offered(stranger, "#garden")) == 6


@pytest.mark.parametrize(
    "typed",
    ["", "@", "#", "author", "@@author", "@a b", "@a\0", "@%", "#%", "@a.b", "@[", "#a\n", "@" + "a" * 51],
    ids=ascii,
)
def test_what_begins_no_name_is_answered_with_nothing(cast, stranger, typed):
    make_post(cast.author, "#abc")

    assert offered(stranger, typed) == []
    assert stranger.get(ADDRESS).status_code == 200


@pytest.mark.parametrize("typed", ["@m", "#g"])
def test_the_number_of_queries_does_not_hang_on_how_many_there_are(
    cast, stranger, typed, django_assert_max_num_queries
):
    for number in range(9):
        make_post(make_user(f"mara{number}"), f"#garden{number}")
        cast.stranger.follow(User.objects.get(username=f"mara{number}"))

    with django_assert_max_num_queries(5):  # two of them for the session and the viewer
        assert len(offered(stranger, typed)) == 6
