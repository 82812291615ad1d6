"""Normalisation of typed text."""

import re
import unicodedata

from django.conf import settings
from titlecase import titlecase

from livefeed.content.characters import BLANK, DIRECTION_MARKS, IGNORABLE, JOINERS, VARIATION_SELECTORS, has_visible

_SPACES = re.compile(rf"[\s{BLANK}]+")
_UNWANTED_IN_LINE = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff{DIRECTION_MARKS}]")
_UNWANTED_IN_TEXT = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff{DIRECTION_MARKS}]")
_IGNORABLE = re.compile(f"[{IGNORABLE}]")
_JOINER = re.compile(f"[{JOINERS}]")
_VARIATION_SELECTOR = re.compile(f"[{VARIATION_SELECTORS}]")
# A black flag, letters and an end: the flag of England.
_FLAG_OR_CHARACTER = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]+\U000e007f|.")
_JOINED = {"Lo", "Mn", "Mc", "So", "Sk"}
_VARIED = {"Lo", "So", "Sm", "Po", "Pd", "Nd"}


def clean_line(text: str) -> str:
    """Returns a text as one line, with single spaces and without control characters and direction marks.

    Other characters that are not displayed are removed too, since they make two names look the same. Those that shape
    the text stay: joiners in scripts and in emoji, variants, and flags spelt in tags. Returns an empty text if nothing
    in the line is visible.
    """
    line = _UNWANTED_IN_LINE.sub("", _SPACES.sub(" ", text))
    line = _SPACES.sub(" ", remove_hidden(line)).strip()
    return line if has_visible(line) else ""


def clean_title(text: str) -> str:
    """Returns a title as one line, in title case if LIVEFEED_TITLECASE is set.

    Words with capitals inside (NASA, iPhone) and titles in capitals only stay as they are.
    """
    line = clean_line(text)
    if not settings.LIVEFEED_TITLECASE or line.isupper():
        return line
    cased = titlecase(line)
    return cased if len(cased) == len(line) else line  # a capital ß is two letters, and the field has a maximum length


def clean_text(text: str) -> str:
    """Returns a text of several lines: uniform line ends, no control characters and direction marks, no surrounding
    white space. Returns an empty text if nothing in it is visible."""
    cleaned = _UNWANTED_IN_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return cleaned if has_visible(cleaned) else ""


def remove_hidden(line: str) -> str:
    """Removes the characters that are not displayed, except those that shape the text."""
    if not _IGNORABLE.search(line):
        return line
    kept: list[str] = []
    for part in _FLAG_OR_CHARACTER.findall(line):
        is_hidden = len(part) == 1 and _IGNORABLE.match(part)
        if not is_hidden or (kept and _shapes(part, kept[-1])):
            kept.append(part)
    return "".join(kept)


def _shapes(char: str, before: str) -> bool:
    """True if a character that is not displayed changes how text is displayed: a joiner after a letter of a script
    without capitals, a mark or an emoji; a variation selector after a character that has variants."""
    category = unicodedata.category(before[-1])
    if _JOINER.match(char):
        return category in _JOINED
    is_information_emoji = before == "\u2139"  # the one emoji that is a lower-case letter
    return bool(_VARIATION_SELECTOR.match(char)) and (category in _VARIED or is_information_emoji)
