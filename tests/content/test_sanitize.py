"""Tidying of what people type."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livefeed.content.sanitize import clean_line, clean_text, clean_title

DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
SURVIVORS = [
    "Zoë, 你好, שלום, مرحبا",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",  # a family, held together by joiners
    "\u2764\ufe0f \u2764\ufe0e",  # a heart in colour and one in black and white
    "\U0001f44b\U0001f3fd",  # a hand with a skin tone
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland's flag, spelt in tags
    "می\u200cخواهم",  # Persian needs the joiner that does not join
    "क्\u200dष",
    "e\u0301 n\u0303",
    "<b>&amp;\"'</b>",
]

tricky = st.text(st.sampled_from(" \t\n\r\v\f\0\x1b\x85\xa0\u2028\ufeff\ud800a\u200d" + DIRECTIONS))
texts = st.text(st.characters()) | tricky


@given(texts)
def test_tidying_what_is_tidy_changes_nothing(text):
    assert clean_line(clean_line(text)) == clean_line(text)
    assert clean_text(clean_text(text)) == clean_text(text)


@given(texts)
def test_no_control_character_and_no_half_of_a_pair_is_left(text):
    assert all(unicodedata.category(char) not in ("Cc", "Cs") for char in clean_line(text))
    assert all(unicodedata.category(char) not in ("Cc", "Cs") or char in "\n\t" for char in clean_text(text))


@given(texts)
def test_no_mark_that_turns_the_reading_direction_is_left(text):
    assert not set(DIRECTIONS) & set(clean_line(text) + clean_text(text))


@given(texts)
def test_a_line_is_one_line_with_single_spaces_and_none_around_it(text):
    line = clean_line(text)

    assert line == line.strip()
    assert "  " not in line
    assert not any(char.isspace() for char in line.replace(" ", ""))


@given(texts)
def test_a_text_has_no_white_space_around_it_and_one_kind_of_line_end(text):
    tidied = clean_text(text)

    assert tidied == tidied.strip()
    assert "\r" not in tidied


@given(texts)
def test_tidied_text_can_be_stored_and_sent(text):
    (clean_line(text) + clean_text(text)).encode("utf-8")


@given(texts)
def test_tidying_makes_nothing_longer(text):
    assert len(clean_line(text)) <= len(text)
    assert len(clean_text(text)) <= len(text)


@pytest.mark.parametrize("text", SURVIVORS)
def test_joiners_emoji_and_every_script_survive(text):
    assert clean_line(text) == text
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  two\t\n words \r\n", "two words"),
        ("a\u2028b\xa0c\x85d", "a b c d"),
        ("safe\u202e\u2066txt", "safetxt"),
        ("a \u200f b", "a b"),
        ("a\0b\x07c\ufeffd", "abcd"),
        ("\ud800", ""),
        (" \u202e\n", ""),
    ],
)
def test_a_line_is_folded(text, line):
    assert clean_line(text) == line


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("\r\none\r\ntwo\rthree\n\nfour\n ", "one\ntwo\nthree\n\nfour"),
        ("a\tb  c", "a\tb  c"),
        ("abc\u202edef", "abcdef"),
        ("a\0b\x1bc", "abc"),
        (" \u200e \n", ""),
    ],
)
def test_a_text_keeps_its_lines(text, tidied):
    assert clean_text(text) == tidied


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("the returns box", "The Returns Box"),
        ("a tale of two cities", "A Tale of Two Cities"),
        ("don't look back", "Don't Look Back"),
        ("NASA sells an iPhone", "NASA Sells an iPhone"),
        ("NASA", "NASA"),
        ("WHAT A DAY", "WHAT A DAY"),
        ("see example.org first", "See example.org First"),
        ("日本の話", "日本の話"),
        ("  two\n words\u202e ", "Two Words"),
        ("", ""),
    ],
)
def test_a_title_is_one_line_in_title_case(typed, shown):
    assert clean_title(typed) == shown
    assert clean_title(shown) == shown


@given(st.text())
def test_a_title_never_grows(text):
    assert len(clean_title(text)) <= len(text)


def test_a_title_stays_as_typed_where_that_is_set(settings):
    settings.LIVEFEED_TITLECASE = False
    assert clean_title(" the returns  box ") == "the returns box"
