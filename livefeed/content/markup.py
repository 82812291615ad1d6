"""Light Markdown: renders typed text as safe HTML, and finds the mentions and tags in it.

Supported are bold, italic, code, quotes, lists and links; bare addresses, @names and #tags become links. Headings,
pictures, tables and HTML stay text. markdown-it renders; nh3 removes every tag that is not in ALLOWED_HTML_TAGS.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nh3
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from livefeed.models.user import USERNAME_MAX, USERNAME_MIN

TAG_MAX = 50
"""Maximum length of a tag, in characters."""
MENTION = re.compile(rf"@([A-Za-z0-9_]{{{USERNAME_MIN},{USERNAME_MAX}}})(?![\w@])")
TAG = re.compile(rf"#(\w{{1,{TAG_MAX}}})(?![\w#])")
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


@dataclass(frozen=True)
class References:
    """Mentions and tags of a text, in order and without repetition. User names are as typed, tags are normalised."""

    users: tuple[str, ...]
    tags: tuple[str, ...]


def render(text: str) -> SafeString:
    """Returns a text as HTML that is safe in any page."""
    html = nh3.clean(
        _markdown.render(text),
        tags=ALLOWED_HTML_TAGS,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},  # "*": nh3 would allow title and lang everywhere
        url_schemes={"http", "https"},
        link_rel="nofollow noopener noreferrer",
    )
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

    Characters that a tag cannot contain (the dot that remains of a lowercase İ) are removed.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())
    return unicodedata.normalize("NFKC", re.sub(r"\W", "", folded))


def is_tag(text: str) -> bool:
    """True if a text without its # is a tag, both as typed and normalised; the latter may be 18 times as long."""
    normalized = normalize_tag(text)
    fits = all(TAG.fullmatch(f"#{word}") for word in (text, normalized))
    return fits and any(char.isalpha() for char in normalized)


def _reference_rule(state: StateInline, silent: bool) -> bool:
    """Inline rule of markdown-it for @names and #tags, except in the text of links.

    Returns True if there is one at the current position. Adds it to `env` and, unless `silent`, renders it as a link.
    """
    start = state.pos
    pattern = {"@": MENTION, "#": TAG}.get(state.src[start])
    found = pattern.match(state.src, start) if pattern else None
    if found is None or state.linkLevel > 0 or not _may_follow(state.src[start - 1 : start]):
        return False
    word = found[1]
    is_hashtag = state.src[start] == "#"
    if is_hashtag and not is_tag(word):
        return False
    if not silent:
        _push_link(state, found[0], word, is_hashtag)
    state.pos = found.end()
    return True


def _push_link(state: StateInline, text: str, word: str, is_hashtag: bool) -> None:
    if is_hashtag:
        tag = normalize_tag(word)
        state.env.setdefault("tags", {})[tag] = None
        address = reverse("tag", args=[tag])
    else:
        state.env.setdefault("users", {})[word] = None
        address = reverse("profile", args=[word])
    state.push("link_open", "a", 1).attrs = {"href": address}
    state.push("text", "", 0).content = text
    state.push("link_close", "a", -1)


def _may_follow(before: str) -> bool:
    """True if a name or tag may begin after this character: not inside a word, an address or an entity."""
    return not (before.isalnum() or before in tuple("_/&#@.=?:-"))


def _create_parser() -> MarkdownIt:
    markdown = MarkdownIt("zero", {"html": False, "linkify": True, "breaks": True, "typographer": False})
    markdown.enable(RULES)
    markdown.inline.ruler.before("text", "livefeed_name", _reference_rule)
    markdown.linkify = LinkifyIt(options={"fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("ftp:", "mailto:", "//"):
        markdown.linkify.add(scheme, None)
    return markdown


_markdown = _create_parser()
