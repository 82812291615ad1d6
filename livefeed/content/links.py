"""Web addresses: how they become links, and what readers see of them.

A host with letters of several scripts, or with letters that look like Latin ones, can look like a host that readers
know. It is shown in its ASCII form (`xn--...`), as browsers do
(https://chromium.googlesource.com/chromium/src/+/main/docs/idn.md). An address with a user name before the host
(`https://bank.example@evil.example/`) is no link at all, nor is one whose host contains a symbol, such as a lookalike
of a slash.
"""

import re
import unicodedata
from functools import lru_cache

import idna

from livefeed.content.characters import IGNORABLE

_HOST = re.compile(
    r"(?P<start>https?://)(?P<host>[^/?#@:\\\[]*)(?P<rest>(?::[0-9]{0,5})?(?:[/?#].*)?)", re.DOTALL | re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{0,5})?(?:[/?#][^\\]*)?", re.IGNORECASE)
_USER_INFO = re.compile(r"[a-z]+:[/\\]*[^/\\?#]*@", re.IGNORECASE)
"""Browsers take a backslash for a slash."""
_HOST_IN_TEXT = re.compile(r"(?<=//)[\w.-]+|(?<![\w.-])[\w-]+(?:[.\u3002][\w-]+)+")
_DECIMAL = re.compile(r"\d+\.\d+")
_NAME_OR_TAG_IN_TEXT = re.compile(r"@\w|#\w*[^\W\d_]")
_IGNORABLE = re.compile(f"[{IGNORABLE}]+")
_EAST_ASIAN = {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO"}
"""Scripts that Chinese and Japanese mix in one word, by the first word of the names of their characters."""
_SINGLE_SCRIPTS = {
    *("ARABIC", "ARMENIAN", "BENGALI", "CYRILLIC", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GREEK", "GUJARATI"),
    *("GURMUKHI", "HANGUL", "HEBREW", "KANNADA", "KHMER", "LAO", "MALAYALAM", "MYANMAR", "ORIYA", "SINHALA", "TAMIL"),
    *("TELUGU", "THAANA", "THAI", "TIBETAN"),
}
"""Other scripts in everyday use (https://www.unicode.org/reports/tr31/#Table_Recommended_Scripts). Rare ones, such as
Lisu, have many letters that look like Latin ones."""
_LATIN = re.compile(
    "[a-z0-9-\u00df-\u00f6\u00f8-\u0130\u0132-\u0137\u0139-\u017e\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]+"
)
"""Latin letters of European languages and Vietnamese, without those that look like another one (ı)."""
_LATIN_LOOKALIKES = re.compile(
    "[0-9-аысԁеԍһіюјӏорԗԛѕԝхуъьҽпгѵѡ]+|[0-9-αβγεηικνορτυχωϲϳ]+|[0-9-ագզէլհյոսւօնցքռ]+"
    "|[0-9-იოყძხჽჿ]+|[0-9-דוחיןסװײ]+|[0-9-ทนบพรห]+|[0-9-ခဂငထပဝ၀]+"
)
"""Labels of Cyrillic, Greek, Armenian, Georgian, Hebrew, Thai or Myanmar letters that look like Latin ones (Chromium's
list, and a few more)."""


def encode_host(url: str) -> str:
    """Returns a URL with its host in ASCII, as browsers resolve it; the URL itself if it has none, and an empty text if
    its host is not valid."""
    found = None if url.isascii() else _HOST.fullmatch(url)
    if found is None:
        return url
    try:
        host = idna.encode(found["host"], uts46=True).decode()
    except idna.IDNAError:
        return ""
    return f"{found['start']}{host}{found['rest']}"


def is_web_address(url: str) -> bool:
    """True if a URL with an encoded host is absolute, of http or https, and has no user name or password."""
    return _ADDRESS.fullmatch(url) is not None


def has_user_info(url: str) -> bool:
    """True if a URL has a user name or password before its host."""
    return _USER_INFO.match(url) is not None


def host_of(url: str) -> str:
    """Returns the host of a URL in ASCII; empty if it has none."""
    found = _HOST.fullmatch(encode_host(url))
    return found["host"].lower() if found else ""


def show_host(url: str) -> str:
    """Returns a URL with its host as readers may see it: in its own script if that cannot mislead, else in ASCII."""
    if url.isascii() and "xn--" not in url.lower():
        return url
    found = _HOST.fullmatch(encode_host(url))
    return f"{found['start']}{_readable_host(found['host'])}{found['rest']}" if found else url


def is_misleading(text: str, url: str) -> bool:
    """True if the text of a link names a host other than the one it leads to, or reads as a mention or a tag."""
    plain = _IGNORABLE.sub("", unicodedata.normalize("NFKC", text)).lower()
    if _NAME_OR_TAG_IN_TEXT.search(plain):
        return True
    named_hosts = [found[0].replace("\u3002", ".").strip(".") for found in _HOST_IN_TEXT.finditer(plain)]
    return any(not _leads_to(named, url) for named in named_hosts if not _DECIMAL.fullmatch(named))


def readable_host(url: str) -> str:
    """Returns the host of a URL as readers may see it."""
    return _readable_host(host_of(url))


def _leads_to(named: str, url: str) -> bool:
    """True if a host that a text names is the URL's host, or the domain of that."""
    domain = named.removeprefix("www.")
    return any(host == domain or host.endswith(f".{domain}") for host in (host_of(url), readable_host(url)))


@lru_cache(maxsize=256)
def _readable_host(host: str) -> str:
    try:
        readable = idna.decode(host)
    except idna.IDNAError:
        return host
    return readable if all(map(_is_unmistakable, readable.split("."))) else host


def _is_unmistakable(label: str) -> bool:
    """True if a label is of one script and cannot be taken for a Latin word."""
    if _LATIN.fullmatch(label):
        return True
    scripts = {_script(char) for char in label if not (char.isascii() and not char.isalpha())}
    is_one_script = scripts <= _EAST_ASIAN or (len(scripts) == 1 and scripts <= _SINGLE_SCRIPTS)
    return is_one_script and not _LATIN_LOOKALIKES.fullmatch(label)


def _script(char: str) -> str:
    """Returns the script of a letter or mark, which its name begins with: LATIN, CYRILLIC, DEVANAGARI."""
    return unicodedata.name(char, "UNKNOWN").split()[0]
