"""Users: validation of names, and lookup by name."""

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
    """Returns the validation errors of a name."""
    try:
        User(username=username, password="unused").full_clean()
    except ValidationError as error:
        return error.messages
    return []


def is_stored(username: str) -> bool:
    """True if the database accepts a name without validation."""
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
        ("\u212aelvin", CHARACTERS),  # the kelvin sign, whose lower case is an ordinary k
        ("mara\0", CHARACTERS),
    ],
)
def test_an_invalid_name_is_refused_with_a_message(db, username, sentence):
    assert sentence in complaints(username)


@pytest.mark.parametrize("username", ["Mara", "mara", "MARA"])
def test_a_name_taken_in_another_case_is_refused_with_one_message(db, username):
    make_user("Mara")

    assert complaints(username) == [TAKEN]


@pytest.mark.parametrize("username", ["abc", "x" * 30, "___", "007", "Mara_Lindqvist"])
def test_a_name_at_the_limits_is_accepted(db, username):
    assert complaints(username) == []
    assert is_stored(username)


@pytest.mark.parametrize("username", ["", "ab", "x" * 31, "two words", "naïve", "a-b", "mara\n", "\u212aelvin"])
def test_the_database_refuses_an_invalid_name(db, username):
    assert not is_stored(username)


@pytest.mark.parametrize("username", ["Mara", "mara", "MARA"])
def test_the_database_refuses_a_name_taken_in_another_case(db, username):
    make_user("Mara")

    assert not is_stored(username)


@examples
@given(any_names)
def test_validation_and_the_database_agree_on_every_name(db, username):
    with rolled_back():
        is_valid = complaints(username) == []

        assert is_stored(username) == is_valid


@examples
@given(good_names)
def test_a_user_is_found_by_name_in_any_case(db, username):
    with rolled_back():
        user = make_user(username)

        for cased in (username, username.lower(), username.upper(), username.swapcase()):
            assert User.objects.with_username(cased).get() == user
            assert User.objects.get_by_natural_key(cased) == user


@pytest.mark.parametrize("username", ["", "ma", "maraa", "m%", "mar_", "ma\0ra", "x" * 10_000, "\u0130"])
def test_no_user_is_found_by_another_name(db, username):
    make_user("mara")

    assert not User.objects.with_username(username).exists()


def test_the_display_name_is_shown_or_else_the_user_name(db):
    assert make_user("mara", name="Mara Lindqvist").display_name == "Mara Lindqvist"
    assert make_user("tove", name="").display_name == "tove"


def test_only_a_queryset_deletes_many_users():
    """`User.objects.delete()` would delete all users."""
    assert not hasattr(User.objects, "delete")
    assert hasattr(User.objects.all(), "delete")
