"""Light Markdown: renders typed text as safe HTML, and finds the mentions and tags in it.

Supported are bold, italic, code, quotes, lists and links; bare addresses, @names and #tags become links. Headings,
pictures, tables and HTML stay text. markdown-it renders; nh3 removes every tag that is not in ALLOWED_HTML_TAGS.

static/js/completion.js finds mentions and tags by the same rules.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nh3
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from linkify_it import LinkifyIt
from linkify_it.ucre import SRC_CC, SRC_P, SRC_Z, SRC_ZCC, SRC_ZPCC, TEXT_SEPARATORS
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from livefeed.content import links
from livefeed.content.characters import (
    HIDDEN,
    INVISIBLE_ALONE,
    MARKS,
    MEDIAL,
    PUNCTUATION,
    VARIATION_SELECTORS,
    has_visible,
)
from livefeed.content.sanitize import remove_hidden
from livefeed.models.user import USERNAME_MAX, USERNAME_MIN

TAG_MAX = 50
"""Maximum length of a tag, in characters."""
MENTION = re.compile(rf"@([A-Za-z0-9_]{{{USERNAME_MIN},{USERNAME_MAX}}})(?![A-Za-z0-9_@])")
TAG = re.compile(rf"#(\w[\w{MARKS}]*+(?:[{MEDIAL}]+[\w{MARKS}]++)*+)(?![\w{MARKS}#])")
"""Letters, digits, underscores and marks, and between them the characters that scripts put between letters."""
ALLOWED_HTML_TAGS = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "s", "strong", "ul"}
RULES = [
    "backticks",
    "blockquote",
    "emphasis",
    "escape",
    "fence",
    "link",
    "linkify",
    "list",
    "newline",
    "strikethrough",
]


_NOT_IN_TAG = re.compile(rf"[^\w{MARKS}{MEDIAL}]|[{VARIATION_SELECTORS}]")
_WORD_CHARACTER = re.compile(rf"[\w{MARKS}]")
_MARK = re.compile(f"[{MARKS}]")
_BEFORE_NO_MENTION = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/&#@.=?+%-")
"""The characters of user names, email addresses and URLs."""
_BEFORE_NO_TAG = frozenset("/&#@.=?:-")
_DEAD_LINK = re.compile(r'<a (?:href="" )?rel="[^"]*">(.*?)</a>', re.DOTALL)
_VISIBLE_HTML = re.compile(rf">(?:&nbsp;|[{INVISIBLE_ALONE}])*+[^<{INVISIBLE_ALONE}]")


@dataclass(frozen=True)
class References:
    """Mentions and tags of a text, in order and without repetition. User names are as typed, tags are normalised."""

    users: tuple[str, ...]
    tags: tuple[str, ...]


def render(text: str) -> SafeString:
    """Returns a text as HTML that is safe in any page. A text that would render as nothing, such as an empty quote, is
    shown as typed."""
    html = nh3.clean(
        _markdown.render(text),
        tags=ALLOWED_HTML_TAGS,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},  # "*": nh3 would allow title and lang everywhere
        url_schemes={"http", "https"},
        link_rel="nofollow noopener noreferrer",
    )
    if "<a rel" in html or '<a href=""' in html:  # an address that browsers reject, or none
        html = _DEAD_LINK.sub(r"\1", html)
    if not _VISIBLE_HTML.search(html):
        html = f"<p>{escape(text)}</p>"
    return mark_safe(html)  # noqa: S308  # nh3 has sanitised it


@lru_cache(maxsize=64)  # several receivers need it for the same text while a post is saved
def references_in(text: str) -> References:
    """Returns the mentions and tags of a text, without those in code and in the text of links."""
    env: dict[str, Any] = {"users": {}, "tags": {}}
    if "@" in text or "#" in text:
        _markdown.parse(text, env)
    return References(tuple(env["users"]), tuple(env["tags"]))


def normalize_tag(tag: str) -> str:
    """Returns the form in which tags are compared and used in URLs: #Straße and #STRASSE are the same tag.

    Characters that make no visible difference are removed, as are those that a tag cannot contain.
    """
    if tag.isascii():
        return _NOT_IN_TAG.sub("", tag.lower())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())
    folded = folded.replace("i\u0307", "i")  # a lower-case İ
    return unicodedata.normalize("NFKC", remove_hidden(_NOT_IN_TAG.sub("", folded)))


def is_tag(text: str) -> bool:
    """True if a text without its # is a tag, both as typed and normalised; the latter may be 18 times as long."""
    normalized = normalize_tag(text)
    fits = all(len(word) <= TAG_MAX and TAG.fullmatch(f"#{word}") for word in (text, normalized))
    return fits and any(char.isalpha() for char in normalized)


def _reference_rule(state: StateInline, silent: bool) -> bool:
    """Inline rule of markdown-it for @names and #tags, except in the text of links.

    Returns True if there is one at the current position. Adds it to `env` and, unless `silent`, renders it as a link.
    """
    find = {"@": _find_mention, "#": _find_tag}.get(state.src[state.pos])
    found = find(state.src, state.pos) if find and state.linkLevel == 0 else None
    if found is None:
        return False
    if not silent:
        _push_link(state, found[0], found[1])
    state.pos = found.end()
    return True


def _find_mention(text: str, start: int) -> re.Match[str] | None:
    """Finds the mention at `start`. It may touch words of scripts without spaces, but is no part of an email address or
    of a longer name."""
    found = MENTION.match(text, start)
    before = text[start - 1 : start]
    if found is None or before in _BEFORE_NO_MENTION or _continues_name(text[found.end() : found.end() + 1]):
        return None
    is_email = before.isalnum() and re.match(r"\.\w", text[found.end() : found.end() + 2])  # josé@example.org
    return None if is_email else found


def _continues_name(char: str) -> bool:
    """True after `jos` in `@josé`: for letters of scripts that separate words, and for digits and marks."""
    is_cased = char.lower() != char.upper()
    return is_cased or char.isnumeric() or _MARK.match(char) is not None


def _find_tag(text: str, start: int) -> re.Match[str] | None:
    """Finds the tag at `start`: not inside a word, an address or an entity."""
    found = TAG.match(text, start)
    before = text[start - 1 : start]
    if found is None or before in _BEFORE_NO_TAG or _WORD_CHARACTER.match(before):
        return None
    return found if is_tag(found[1]) else None


def _push_link(state: StateInline, text: str, word: str) -> None:
    if text[0] == "#":
        tag = normalize_tag(word)
        state.env.setdefault("tags", {})[tag] = None
        address = reverse("tag", args=[tag])
    else:
        state.env.setdefault("users", {})[word] = None
        address = reverse("profile", args=[word])
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": address}
    opening.info = "auto"  # as for bare addresses: the text is not chosen freely
    state.push("text", "", 0).content = text
    state.push("link_close", "a", -1)


def _link_text_rule(state: StateCore) -> None:
    """Core rule of markdown-it: shows where a link leads if its text is empty or misleading. Links contain no links."""
    for block in state.tokens:
        children = block.children or []
        closing = 0
        for index in reversed(range(len(children))):  # from the end: an insertion moves only indexes that were visited
            token = children[index]
            if token.type == "link_close":
                closing = index
            elif token.type == "link_open" and token.info != "auto":
                text = "".join(inner.content for inner in children[index:closing])
                if destination := _destination_to_show(text, str(token.attrs["href"])):
                    children.insert(closing, Token("text", "", 0, content=destination))


def _destination_to_show(text: str, address: str) -> str:
    """Returns what to add to the text of a link: the address if the text is empty, the host if it is misleading."""
    if not has_visible(text):
        return links.show_host(address)
    return f" ({links.readable_host(address)})" if links.is_misleading(text, address) else ""


class _Markdown(MarkdownIt):
    """Parser that accepts only absolute addresses of web pages as links and shows hosts that cannot mislead."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802  # markdown-it's name
        return super().normalizeLink(links.encode_host(url))

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return links.show_host(super().normalizeLinkText(link))

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return links.is_web_address(url)


class _Linkify(LinkifyIt):  # type: ignore[misc]  # shipped without types
    """Finder of bare addresses. They end before invisible characters and punctuation of all scripts; https is the
    default."""

    def normalize(self, match: Any) -> None:
        if not match.schema:
            match.url = f"https://{match.url}"

    def _on_compile(self) -> None:
        """Replaces the classes of characters that end addresses, in all of the library's patterns."""
        space, control, punctuation = (each[1:-1] for each in (SRC_Z, SRC_CC, SRC_P))
        ends = f"><\uff5c{PUNCTUATION}{HIDDEN}"
        classes = {
            TEXT_SEPARATORS: f"[{ends}]",
            SRC_ZPCC: f"[{space}{punctuation}{control}]",
            SRC_ZCC: f"[{space}{control}{ends}]",
        }
        for name, pattern in self.re.items():
            for library_class, own_class in classes.items():
                pattern = pattern.replace(library_class, own_class)
            self.re[name] = pattern


def _create_parser() -> MarkdownIt:
    markdown = _Markdown("zero", {"html": False, "linkify": True, "breaks": True, "typographer": False})
    markdown.enable(RULES)
    markdown.inline.ruler.before("text", "livefeed_name", _reference_rule)
    markdown.linkify = _Linkify(options={"fuzzy_email": False, "fuzzy_ip": False})
    markdown.core.ruler.push("livefeed_link_text", _link_text_rule)
    for scheme in ("ftp:", "mailto:", "//"):
        markdown.linkify.add(scheme, None)
    return markdown


_markdown = _create_parser()
