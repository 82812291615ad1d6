"""Classes of Unicode characters, as the inside of a `[...]` of a regular expression, and what depends on them.

They are written as escapes, because most of them cannot be seen.
"""

import re
import unicodedata

DIRECTION_MARKS = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that change the reading direction of the text after them. They can make one name look like another."""
JOINERS = r"\u200c\u200d"
"""The characters that make their neighbours join, or keep them apart: in Persian, in Indic scripts and in emoji."""
VARIATION_SELECTORS = r"\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Characters that choose a variant of the character before them: an emoji in colour, a form of an ideograph."""
HIDDEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
"""Other characters that are not displayed."""
IGNORABLE = f"{HIDDEN}{JOINERS}{VARIATION_SELECTORS}"
"""Default_Ignorable_Code_Point of Unicode 17: https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt."""
BLANK = r"\u115f\u1160\u2800\u3164\uffa0\ufffc\U00013441\U00013442\U0001d159"
"""Characters that are displayed as empty space, though Unicode counts them as letters or symbols."""
INVISIBLE = rf"\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufff9-\ufffb{IGNORABLE}{BLANK}"
"""All characters that display nothing: the above, white space, control characters and lone surrogates."""
MEDIAL = rf"\u00b7\u05be\u05f3\u05f4\u0f0b\u0f0c\u30a0\u30fb\uff65{JOINERS}"
"""Characters that belong to a word between two of its letters, though they are no letters: the dots of Catalan and
Katakana, the marks of Hebrew and Tibetan, joiners (as in hashtags elsewhere: https://github.com/twitter/twitter-text)."""
PUNCTUATION = (
    r"\u00ab\u00bb\u201c-\u201f\u2026\u2039\u203a\u0589\u060c\u061b\u061f\u06d4\u0964\u0965\u104a\u104b\u1362\u17d4"
    r"\u3001-\u3003\u3008-\u3011\u3014-\u301f\ufe10-\ufe19\ufe30-\ufe52"
    r"\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d\uff5f-\uff64"
)
"""Punctuation, of East Asia above all, that follows an address without a space and is not part of it."""


def _marks() -> str:
    """Returns the combining marks (vowel signs, accents), which `\\w` lacks, as ranges. They end below 0x20000, except
    for variation selectors."""
    marks = [code for code in range(0x300, 0x20000) if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me")]
    starts = [code for code, before in zip(marks, [0, *marks], strict=False) if code != before + 1]
    ends = [code for code, after in zip(marks, [*marks[1:], 0], strict=True) if code + 1 != after]
    ranges = [f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True)]
    return "".join(ranges) + r"\U000e0100-\U000e01ef"


MARKS = _marks()
INVISIBLE_ALONE = f"{INVISIBLE}{MARKS}"
"""All characters that display nothing, or nothing of their own: marks belong to a letter before them."""
_VISIBLE = re.compile(f"[^{INVISIBLE_ALONE}]")


def has_visible(text: str) -> bool:
    """True if a text displays anything."""
    return _VISIBLE.search(text) is not None
