"""Normalisation of typed text."""

import unicodedata

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from livefeed.content.sanitize import clean_line, clean_text, clean_title

DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
UNCHANGED_TEXTS = [
    "Zoë, 你好, שלום, مرحبا",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",  # a family, held together by joiners
    "\u2764\ufe0f \u2764\ufe0e",  # a heart in colour and one in black and white
    "\U0001f44b\U0001f3fd",  # a hand with a skin tone
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland's flag, spelt in tags
    "می\u200cخواهم",  # Persian needs the joiner that does not join
    "क्\u200dष",
    "\u2764\ufe0f\u200d\U0001f525 1\ufe0f\u20e3 \u2139\ufe0f",
    "\U0001f3f4\u200d\u2620\ufe0f",  # a pirate flag
    "\u845b\U000e0100",  # an ideograph, and a selector of its form
    "ه\u200d",
    "e\u0301 n\u0303",
    "<b>&amp;\"'</b>",
]

tricky = st.text(st.sampled_from(" \t\n\r\v\f\0\x1b\x85\xa0\u2028\ufeff\ud800a\u200d" + DIRECTION_MARKS))
texts = st.text(st.characters()) | tricky


@given(texts)
def test_cleaning_twice_is_the_same_as_cleaning_once(text):
    assert clean_line(clean_line(text)) == clean_line(text)
    assert clean_text(clean_text(text)) == clean_text(text)


@given(texts)
def test_control_characters_and_lone_surrogates_are_removed(text):
    assert all(unicodedata.category(char) not in ("Cc", "Cs") for char in clean_line(text))
    assert all(unicodedata.category(char) not in ("Cc", "Cs") or char in "\n\t" for char in clean_text(text))


@given(texts)
def test_direction_marks_are_removed(text):
    assert not set(DIRECTION_MARKS) & set(clean_line(text) + clean_text(text))


@given(texts)
def test_a_line_has_single_spaces_and_none_around_it(text):
    line = clean_line(text)

    assert line == line.strip()
    assert "  " not in line
    assert not any(char.isspace() for char in line.replace(" ", ""))


@given(texts)
def test_a_text_has_no_white_space_around_it_and_uniform_line_ends(text):
    cleaned = clean_text(text)

    assert cleaned == cleaned.strip()
    assert "\r" not in cleaned


@given(texts)
def test_cleaned_text_can_be_encoded(text):
    (clean_line(text) + clean_text(text)).encode("utf-8")


@given(texts)
def test_cleaning_never_lengthens_a_text(text):
    assert len(clean_line(text)) <= len(text)
    assert len(clean_text(text)) <= len(text)


@pytest.mark.parametrize("text", UNCHANGED_TEXTS)
def test_joiners_emoji_and_all_scripts_are_kept(text):
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
        *[(f"ma{hidden}ra", "mara") for hidden in "\u200b\u200c\u200d\u2060\u00ad\u034f\u180e\ufe0f\U000e0041\u206a"],
        ("a\u3164\u2800 \u115fb", "a b"),
        ("\U0001f3f4\U000e0067", "\U0001f3f4"),  # no complete flag
        ("\u200d\U0001f468", "\U0001f468"),
        *[(f" {blank} \u200b", "") for blank in "\u200b\u2060\u3164\U000e0041\u115f\u1160\uffa0\u2800\ufe0f\u180b"],
        *[(f" {blank} ", "") for blank in "\u0301\u20e3\ufffc"],
    ],
)
def test_a_text_becomes_one_line(text, line):
    assert clean_line(text) == line


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\r\none\r\ntwo\rthree\n\nfour\n ", "one\ntwo\nthree\n\nfour"),
        ("a\tb  c", "a\tb  c"),
        ("abc\u202edef", "abcdef"),
        ("a\0b\x1bc", "abc"),
        (" \u200e \n", ""),
        ("a\u200bb \u2800", "a\u200bb \u2800"),
        *[
            (f"{blank}\n{blank}", "")
            for blank in "\u200b\u2060\u3164\U000e0041\u115f\u1160\uffa0\u2800\u00ad\ufe0f\u20e3"
        ],
    ],
)
def test_a_text_keeps_its_lines(text, cleaned):
    assert clean_text(text) == cleaned


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
def test_a_title_is_one_line_in_title_case(settings, typed, shown):
    settings.LIVEFEED_TITLECASE = True
    assert clean_title(typed) == shown
    assert clean_title(shown) == shown


@given(st.text())
def test_cleaning_never_lengthens_a_title(text):
    with override_settings(LIVEFEED_TITLECASE=True):
        assert len(clean_title(text)) <= len(text)


def test_a_title_keeps_its_case_unless_title_case_is_on():
    assert clean_title(" the returns  box ") == "the returns box"
