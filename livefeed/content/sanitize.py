"""Tidying of what people type."""

import re
import unicodedata

from django.conf import settings
from titlecase import titlecase

# Marks that turn the reading direction of what follows: with them a name can be made to read as another one.
_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_UNWANTED = _DIRECTIONS + "\ufeff"


def clean_line(text: str) -> str:
    """One line: white space folded, control and bidirectional characters gone."""
    visible = "".join(" " if char.isspace() else char for char in text)
    return re.sub(r" +", " ", strip_control_characters(visible)).strip()


def clean_title(text: str) -> str:
    """A title: one line, on an English site in title case. Words with capitals of their own (NASA, iPhone) and titles
    that are all capitals stay as they are."""
    line = clean_line(text)
    if not settings.LIVEFEED_TITLECASE or line.isupper():
        return line
    cased = titlecase(line)
    return cased if len(cased) == len(line) else line  # a capital ß is two letters, and there may be no room


def clean_text(text: str) -> str:
    """Several lines: line ends made alike, controls gone, no white space around it."""
    return strip_control_characters(text.replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t").strip()


def strip_control_characters(text: str, keep: str = "") -> str:
    """`text` less control characters, direction marks and halves of surrogate pairs, but for those in `keep`."""
    return "".join(
        char for char in text if char in keep or not (char in _UNWANTED or unicodedata.category(char) in ("Cc", "Cs"))
    )
