"""Completion of @names and #tags."""

import pytest

from livefeed.models import User
from tests.factories import make_post, make_user
from tests.views.html import Page
from tests.views.htmx import htmx

ADDRESS = "/posts/complete/"


def completions(client, query: str) -> list[str]:
    """Returns the texts that the options would insert, from top to bottom."""
    answer = client.get(ADDRESS, {"q": query}, headers=htmx("div#composer-body-completions"))
    assert answer.status_code == 200
    return [option["data-text"] for option in Page(answer).all(role="option")]


@pytest.mark.parametrize("headers", [{}, htmx()], ids=["plain", "htmx"])
def test_a_visitor_gets_401_without_a_redirect(visitor, cast, headers):
    answer = visitor.get(ADDRESS, {"q": "@author"}, headers=headers)

    assert (answer.status_code, answer.content) == (401, b"")
    assert not answer.headers.keys() & {"Location", "HX-Redirect"}


@pytest.mark.parametrize("query", ["@m", "@MAR", "@mara_l"])
def test_users_are_found_by_a_prefix_of_their_name_in_any_case(stranger, query):
    make_user("Mara_L", name="Somebody")
    for other in ("xmara_l", "maxmara", "marxl"):
        make_user(other, name="Mara")

    assert "@Mara_L" in completions(stranger, query)
    assert completions(stranger, "@mara_") == ["@Mara_L"]


@pytest.mark.parametrize("query", ["@åsa", "@ÅSA", "@lin", "@Lindq", "@ö", "@asa_"])
def test_followed_users_are_found_by_a_word_of_their_display_name_too(cast, stranger, query):
    cast.stranger.follow(make_user("asa_1", name="Åsa Lindqvist Öberg"))

    assert completions(stranger, query) == ["@asa_1"]


@pytest.mark.parametrize("query", ["@sa", "@qvist", "@lindqvists", "@asa1"])
def test_the_middle_of_a_name_finds_no_user(cast, stranger, query):
    cast.stranger.follow(make_user("asa_1", name="Åsa Lindqvist"))

    assert completions(stranger, query) == []


def test_followed_users_come_first_and_no_user_twice(cast, stranger):
    for name in ("mara", "marb", "marc"):
        make_user(name)
    cast.stranger.follow(User.objects.get(username="marc"))

    assert completions(stranger, "@mar") == ["@marc", "@mara", "@marb"]


def test_suspended_users_are_not_found(cast, stranger):
    cast.stranger.follow(make_user("mara"))
    make_user("marb", is_active=False)
    User.objects.filter(username="mara").update(is_active=False)

    assert completions(stranger, "@mar") == []


def test_a_user_is_shown_with_both_names(stranger, cast):
    User.objects.filter(pk=cast.author.pk).update(name="<b>Mara</b>")
    option = Page(stranger.get(ADDRESS, {"q": "@aut"})).one(role="option")

    assert "<b>Mara</b>" in option.text
    assert "@author" in option.text


@pytest.mark.parametrize("query", ["#g", "#GARD", "#ga"])
def test_tags_are_found_by_a_prefix_in_any_case(cast, stranger, query):
    make_post(cast.author, "#Garden #bread #newgarden")

    assert completions(stranger, query) == ["#garden"]


def test_a_prefix_is_normalized_as_tags_are(cast, stranger):
    make_post(cast.author, "#Straßenfest")

    assert completions(stranger, "#STRASS") == completions(stranger, "#straß") == ["#strassenfest"]


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("ज़रू", "ज़रूरत"),
        ("ぼっち・", "ぼっち・ざ・ろっく"),
        ("ﾎﾞｯﾁ", "ボッチ・ザ"),
        ("می\u200c", "می\u200cخواهم"),
        ("cafe\u0301", "cafés"),
    ],
)
def test_tags_of_any_script_are_found(cast, stranger, typed, tag):
    make_post(cast.author, f"#{tag}")

    assert completions(stranger, f"#{typed}") == [f"#{tag}"]


def test_followed_users_are_found_by_names_of_any_script(cast, stranger):
    cast.stranger.follow(make_user("priya", name="प्रिया शर्मा"))

    assert completions(stranger, "@प्रि") == completions(stranger, "@शर्") == ["@priya"]


def test_the_most_frequent_recent_tags_come_first(cast, stranger, monkeypatch):
    monkeypatch.setattr("livefeed.models.tagging.MAX_TAGGINGS_SEARCHED", 3)
    for body in ("#gac", "#gab", "#game", "#garden", "#game"):
        make_post(cast.author, body)

    assert completions(stranger, "#ga") == ["#game", "#garden", "#gab", "#gac"]


def test_a_tag_is_found_only_by_viewers_of_a_post_with_it(cast, author, follower, stranger):
    make_post(cast.author, "#secret", audience="followers")
    make_post(cast.stranger, "#secondary")

    for client in (author, follower):
        assert sorted(completions(client, "#sec")) == ["#secondary", "#secret"]
    assert completions(stranger, "#sec") == ["#secondary"]
    User.objects.filter(pk=cast.author.pk).update(is_active=False)
    assert completions(follower, "#sec") == ["#secondary"]


def test_at_most_six_are_found(cast, stranger):
    for number in range(8):
        make_post(make_user(f"mara{number}"), f"#garden{number}")
    for number in range(2):
        cast.stranger.follow(User.objects.get(username=f"mara{number}"))

    assert len(completions(stranger, "@mara")) == len(completions(stranger, "#garden")) == 6


@pytest.mark.parametrize(
    "query",
    ["", "@", "#", "author", "@@author", "@a b", "@a\0", "@%", "#%", "@a.b", "@[", "#a\n", "@" + "a" * 51],
    ids=ascii,
)
def test_other_queries_find_nothing(cast, stranger, query):
    make_post(cast.author, "#abc")

    assert completions(stranger, query) == []
    assert stranger.get(ADDRESS).status_code == 200


@pytest.mark.parametrize("query", ["@m", "#g"])
def test_the_number_of_queries_is_constant(cast, stranger, query, django_assert_max_num_queries):
    for number in range(9):
        make_post(make_user(f"mara{number}"), f"#garden{number}")
        cast.stranger.follow(User.objects.get(username=f"mara{number}"))

    with django_assert_max_num_queries(5):  # two of them for the session and the viewer
        assert len(completions(stranger, query)) == 6
