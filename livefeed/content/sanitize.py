"""Normalisation of typed text."""

import re
import unicodedata

from django.conf import settings
from titlecase import titlecase

# Characters that change the reading direction of the text after them. They can make one name look like another.
_DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_UNWANTED = _DIRECTION_MARKS + "\ufeff"


def clean_line(text: str) -> str:
    """Returns a text as one line, with single spaces and without control characters and direction marks."""
    visible = "".join(" " if char.isspace() else char for char in text)
    return re.sub(r" +", " ", strip_control_characters(visible)).strip()


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
    """Returns a text of several lines: uniform line ends, no control characters, no surrounding white space."""
    return strip_control_characters(text.replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t").strip()


def strip_control_characters(text: str, keep: str = "") -> str:
    """Removes control characters, direction marks and lone surrogates from a text, except for those in `keep`."""
    return "".join(
        char for char in text if char in keep or not (char in _UNWANTED or unicodedata.category(char) in ("Cc", "Cs"))
    )
