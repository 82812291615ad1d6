"""Search: the same results on both databases, for rows written in any way, limited to visible posts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from livefeed.models import Post, User, search_index
from livefeed.models.search import Search, search_posts, search_users
from tests.factories import make_post, make_user

pytestmark = pytest.mark.django_db


def found(text: str, viewer: User | None = None) -> list[str]:
    return [post.body for post in search_posts(Search.parse(text), viewer, "", 50)]


@pytest.mark.parametrize(
    "text",
    [
        "kettle",
        "KETTLE tea",
        "tea kettle",
        '"kettle is on"',
        '"is on"',
        "kett*",
        "cafe",
        "CAFÉ",
        "zürich",
        "Zurich",
        "example",
        "foo bar",
        "grandmother",
        "3rd",
        "от*",
        "“kettle”",
        "“kettle is on”",
        "kettle -coffee",
        '-"on kettle" -coffee tea -from:stranger -#garden',
        "-coffee -nothing",
        "coffee OR kettle",
        "coffee OR kettle tea",
        'coffee OR "is on" OR milk -sugar',
        "#garden OR kettle",
        "from:nobody OR kettle",
    ],
)
def test_words_phrases_prefixes_and_accents(cast, text):
    body = "The kettle is on (tea, café) in Zürich: https://example.org/foo_bar my grand-mother's grandmother, 3rd от"
    make_post(cast.author, body)
    make_post(cast.author, "Nothing of the kind.")

    assert found(text) == [body]


@pytest.mark.parametrize(
    "text",
    [
        *("kettles", '"on kettle"', "kett", "tea coffee", '"is', "'; DROP TABLE livefeed_post; --"),
        *("-tea", "tea -kettle", '-"of tea"', "-kett*", "-from:author", "coffee OR milk", "tea OR coffee -kettle"),
        *("coffee OR tea milk", "tea or coffee", 'tea "OR" coffee'),
    ],
)
def test_texts_that_do_not_match_are_not_found(cast, text):
    make_post(cast.author, "The kettle of tea: on it.")

    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "-",
            "--",
            "- -",
            '-"',
            '-""',
            "-*",
            "OR",
            "OR OR",
            "a OR",
            "OR a",
            "-OR",
            "a OR -b",
            "a OR before:x",
            "-from:",
        ),
        *('"a""b"', "a NEAR b", "words:a", "(a OR b)", "{a}", "^a", "a + b", "$$", "%s", "-tag:", "tag:42", "-#"),
        *("", "   ", '"', '""', "*", "()", "AND", "OR NOT", "a:b:c", "\0", "&|!<->", "\\", "'", "from:", "x" * 999),
    ],
)
def test_any_input_is_accepted(cast, text):
    make_post(cast.author, "Hello.")

    assert found(text) in ([], ["Hello."])


def test_a_title_is_searched_too(cast):
    make_post(cast.author, "Body.", title="Of Kettles")

    assert found("kettles") == ["Body."]


def test_by_author_and_by_tag(cast):
    for author in (cast.author, cast.stranger):
        make_post(author, f"Tea by {author.username}. #Garden")
        make_post(author, f"Tea by {author.username}, again.")

    assert found("from:author") == ["Tea by author, again.", "Tea by author. #Garden"]
    assert found("tea from:@AUTHOR") == ["Tea by author, again.", "Tea by author. #Garden"]
    assert found("#garden") == ["Tea by stranger. #Garden", "Tea by author. #Garden"]
    assert found("tag:GARDEN from:author tea") == ["Tea by author. #Garden"]
    assert found("tea from:nobody") == []


def test_exclusions_and_alternatives_of_authors_and_tags(cast):
    for author in (cast.author, cast.stranger):
        make_post(author, f"Tea by {author.username}. #Garden")
        make_post(author, f"Coffee by {author.username}.")

    assert found("-from:author -tea") == ["Coffee by stranger."]
    assert found("by -#garden -from:stranger") == ["Coffee by author."]
    assert found("from:author -from:nobody -tag:garden") == ["Coffee by author."]
    assert found("#garden OR from:author -stranger") == ["Coffee by author.", "Tea by author. #Garden"]
    assert found("from:author OR from:stranger coffee") == ["Coffee by stranger.", "Coffee by author."]
    assert found("from:nobody OR from:nobody_else") == []


@pytest.mark.parametrize(
    ("tag", "other"),
    [("ज़रूरत", "ज़र"), ("ぼっち・ざ", "ぼっち"), ("tea_cup", "tea"), ("café", "cafe"), ("می\u200cخواهم", "می")],
)
def test_a_tag_is_found_whole(cast, tag, other):
    make_post(cast.author, f"#{tag}")

    assert found(f"#{tag}") == found(f"tag:{tag}") == [f"#{tag}"]
    assert found(f"#{other}") == []
    assert found(f"-#{other}") == [f"#{tag}"]


@pytest.mark.parametrize(
    "text", ["ज़रूरत", "ज़रू*", '"बड़ी ज़रूरत"', "ज़रूरत -रत", "தமிழ்", "ภาษาไทย", "می\u200cخواهم", "ぼっち"]
)
def test_words_of_any_script_are_found_whole(cast, text):
    body = "बड़ी ज़रूरत है। தமிழ் ภาษาไทย می\u200cخواهم ぼっち・ざ・ろっく"
    make_post(cast.author, body)

    assert found(text) == [body]


def test_by_days(cast):
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for day in range(3):
        post = make_post(cast.author, f"Tea on day {day}.")
        Post.objects.filter(pk=post.pk).update(created_at=noon + timedelta(days=day))

    assert found("tea before:2026-03-02") == ["Tea on day 0."]
    assert found("tea after:2026-03-02") == ["Tea on day 2.", "Tea on day 1."]
    assert found("after:2026-03-02 before:2026-03-03") == ["Tea on day 1."]


def test_an_invalid_day_is_reported():
    assert Search.parse("tea before:yesterday").problems == ["before: takes a day, such as before:2026-01-31."]


def test_hidden_posts_are_not_found(cast):
    make_post(cast.author, "Secret tea.", audience="followers")
    make_post(cast.author, "Removed tea.").remove()

    assert found("tea", cast.follower) == found("tea", cast.author) == ["Secret tea."]
    assert found("tea", cast.stranger) == found("tea") == []


def test_edits_and_deletions_update_the_index(cast):
    post = make_post(cast.author, "Tea.")
    other = make_post(cast.author, "Tea too.")
    post.edit(title="", body="Coffee.", seen_version=post.version)

    assert found("tea") == ["Tea too."]
    assert found("coffee") == ["Coffee."]
    other.delete()
    assert found("too") == []


def test_rows_written_without_signals_are_found(cast):
    Post.objects.bulk_create([Post(author=cast.author, body="Bulk tea.")])

    assert found("bulk") == ["Bulk tea."]


def test_paging_finds_every_visible_match_once(cast, monkeypatch):
    monkeypatch.setattr(search_index, "FIRST_BATCH", 3)
    monkeypatch.setattr(search_index, "MAX_BATCH", 5)
    monkeypatch.setattr(search_index, "RECENT", 7)
    for number in range(30):
        make_post(cast.author, f"Tea {number}.", audience="public" if number % 4 == 0 else "followers")
    start = ""
    seen = []
    while page := search_posts(Search.parse("tea"), None, start, 3):
        seen += [post.body for post in page]
        start = page[-1].sort_key

    assert seen == [f"Tea {number}." for number in reversed(range(0, 30, 4))]


def test_users_are_found_by_prefixes_of_their_names(cast):
    mara = make_user("mara", name="Mara Lindqvist")
    make_user("gone", name="Lind Gone", is_active=False)

    assert search_users(Search.parse("lind"), 5) == [mara]
    assert search_users(Search.parse("mar lindq"), 5) == [mara]
    mara.name = "Mara"
    mara.save()
    assert search_users(Search.parse("lind"), 5) == []
    assert search_users(Search.parse(""), 5) == []


def test_the_triggers_and_indexes_of_search_exist_after_all_migrations():
    """A migration that makes SQLite rebuild a table drops its triggers."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'livefeed_%_search_%'",
        "postgresql": "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'livefeed_%_search'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        assert len(cursor.fetchall()) == {"sqlite": 6, "postgresql": 2}[connection.vendor]
