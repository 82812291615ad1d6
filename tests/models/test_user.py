"""People: which names will do, and who finds whom by which."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from livefeed.models import User
from tests.factories import make_user
from tests.models.rollback import examples, rolled_back

CHARACTERS = "Use only letters a to z, digits and underscores."
TOO_SHORT = "Use at least 3 characters."
TOO_LONG = "Ensure this value has at most 30 characters (it has 31)."
TAKEN = "That name is taken."

good_names = st.from_regex(r"[A-Za-z0-9_]{3,30}", fullmatch=True)
any_names = good_names | st.text(st.sampled_from("aZ9_ -.@éK\n\u200d"), min_size=1, max_size=32)


def complaints(username: str) -> list[str]:
    """What a form would say about a name."""
    try:
        User(username=username, password="unused").full_clean()
    except ValidationError as error:
        return error.messages
    return []


def is_stored(username: str) -> bool:
    """Whether the database takes a name that nothing else has looked at."""
    try:
        with transaction.atomic():
            User.objects.create(username=username)
    except (IntegrityError, DataError):
        return False
    return True


@pytest.mark.parametrize(
    ("username", "sentence"),
    [
        ("ab", TOO_SHORT),
        ("x" * 31, TOO_LONG),
        ("two words", CHARACTERS),
        ("naïve", CHARACTERS),
        ("a-b", CHARACTERS),
        ("mara\n", CHARACTERS),
        ("mara\u202e", CHARACTERS),
        ("\u212aelvin", CHARACTERS),  # the sign for kelvin, whose lower case is an ordinary k
        ("mara\0", CHARACTERS),
    ],
)
def test_a_name_that_will_not_do_is_refused_with_a_sentence(db, username, sentence):
    assert sentence in complaints(username)


@pytest.mark.parametrize("username", ["Mara", "mara", "MARA"])
def test_a_name_is_taken_whatever_its_case_and_that_is_said_once(db, username):
    make_user("Mara")

    assert complaints(username) == [TAKEN]


@pytest.mark.parametrize("username", ["abc", "x" * 30, "___", "007", "Mara_Lindqvist"])
def test_a_name_at_the_edge_of_what_will_do_is_taken(db, username):
    assert complaints(username) == []
    assert is_stored(username)


@pytest.mark.parametrize("username", ["", "ab", "x" * 31, "two words", "naïve", "a-b", "mara\n", "\u212aelvin"])
def test_the_database_too_refuses_a_name_that_will_not_do(db, username):
    assert not is_stored(username)


@pytest.mark.parametrize("username", ["Mara", "mara", "MARA"])
def test_the_database_too_keeps_names_apart_whatever_their_case(db, username):
    make_user("Mara")

    assert not is_stored(username)


@examples
@given(any_names)
def test_forms_and_the_database_agree_on_every_name(db, username):
    with rolled_back():
        will_do = complaints(username) == []

        assert is_stored(username) == will_do


@examples
@given(good_names)
def test_somebody_is_found_however_their_name_is_cased(db, username):
    with rolled_back():
        person = make_user(username)

        for cased in (username, username.lower(), username.upper(), username.swapcase()):
            assert User.objects.with_username(cased).get() == person
            assert User.objects.get_by_natural_key(cased) == person


@pytest.mark.parametrize("username", ["", "ma", "maraa", "m%", "mar_", "ma\0ra", "x" * 10_000, "\u0130"])
def test_nobody_is_found_under_another_name(db, username):
    make_user("mara")

    assert not User.objects.with_username(username).exists()


def test_others_read_the_display_name_and_else_the_user_name(db):
    assert make_user("mara", name="Mara Lindqvist").display_name == "Mara Lindqvist"
    assert make_user("tove", name="").display_name == "tove"


def test_only_a_query_deletes_many():
    """`User.objects.delete()` would be everybody."""
    assert not hasattr(User.objects, "delete")
    assert hasattr(User.objects.all(), "delete")
