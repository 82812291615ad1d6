"""Light Markdown: what people type, as safe HTML; and whom and what it names.

Bold, italic, code, quotes, lists and links; bare addresses, @names and #tags become links. No headings, pictures,
tables or HTML of one's own: what looks like it stays text. markdown-it renders, nh3 lets only the tags below through.
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
"""Characters of a tag."""
MENTION = re.compile(rf"@([A-Za-z0-9_]{{{USERNAME_MIN},{USERNAME_MAX}}})(?![\w@])")
TAG = re.compile(rf"#(\w{{1,{TAG_MAX}}})(?![\w#])")
ALLOWED = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "s", "strong", "ul"}
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
    """Whom and what a text names, in its order, each once: user names as typed, tags as `normalize_tag` makes them."""

    users: tuple[str, ...]
    tags: tuple[str, ...]


def render(text: str) -> SafeString:
    """A text as HTML that may stand in any page."""
    html = nh3.clean(
        _markdown.render(text),
        tags=ALLOWED,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},  # "*": nh3 would let any title and lang through
        url_schemes={"http", "https"},
        link_rel="nofollow noopener noreferrer",
    )
    return mark_safe(html)  # noqa: S308  # nh3 is what makes it so


@lru_cache(maxsize=64)  # several ask for the same text while a post is saved
def references_in(text: str) -> References:
    """Whom and what the text names where it is not code and no link."""
    env: dict[str, Any] = {"users": {}, "tags": {}}
    if "@" in text or "#" in text:
        _markdown.parse(text, env)
    return References(tuple(env["users"]), tuple(env["tags"]))


def normalize_tag(tag: str) -> str:
    """A tag as it is compared and addressed: #Straße and #STRASSE are one. What could not stand in a tag itself (the
    dot that a small İ keeps) is left out."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())
    return unicodedata.normalize("NFKC", re.sub(r"\W", "", folded))


def is_tag(text: str) -> bool:
    """Whether a text, less its #, is a tag: as typed and as compared, which may be 18 times as long."""
    word = normalize_tag(text)
    return all(TAG.fullmatch(f"#{each}") for each in (text, word)) and any(char.isalpha() for char in word)


def _name(state: StateInline, silent: bool) -> bool:
    """An inline rule for @names and #tags. A link's own text names nobody."""
    start = state.pos
    found = {"@": MENTION, "#": TAG}.get(state.src[start], _NEVER).match(state.src, start)
    if found is None or state.linkLevel > 0 or not _may_follow(state.src[start - 1 : start]):
        return False
    word = found[1]
    if state.src[start] == "#":
        if not is_tag(word):
            return False
        kind, key, address = "tags", normalize_tag(word), reverse("tag", args=[normalize_tag(word)])
    else:
        kind, key, address = "users", word, reverse("profile", args=[word])
    if not silent:
        state.env.setdefault(kind, {})[key] = None
        state.push("link_open", "a", 1).attrs = {"href": address}
        state.push("text", "", 0).content = found[0]
        state.push("link_close", "a", -1)
    state.pos = found.end()
    return True


_NEVER = re.compile(r"(?!)")


def _may_follow(before: str) -> bool:
    """Whether a name may begin after this character: not inside a word, an address or an entity."""
    return not (before.isalnum() or before in tuple("_/&#@.=?:-"))


def _made() -> MarkdownIt:
    markdown = MarkdownIt("zero", {"html": False, "linkify": True, "breaks": True, "typographer": False})
    markdown.enable(RULES)
    markdown.inline.ruler.before("text", "livefeed_name", _name)
    markdown.linkify = LinkifyIt(options={"fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("ftp:", "mailto:", "//"):
        markdown.linkify.add(scheme, None)
    return markdown


_markdown = _made()
