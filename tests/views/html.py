"""Parsed HTML: the elements of a page, their attributes, and the text that a reader sees in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

WRITTEN = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "s", "strong", "ul"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Element:
    """An element: `text` is all text inside it, `depth` the number of its ancestors; `is_written` is True inside a
    post's body, whose author wrote it, and `is_inert` inside a template, whose content is not part of the page."""

    tag: str
    attributes: dict[str, str]
    depth: int
    is_written: bool = False
    is_inert: bool = False
    text: str = ""

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()


@dataclass(repr=False)
class Page(HTMLParser):
    """Parser of HTML: of a text, or of the response to a request."""

    source: Any
    elements: list[Element] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    """End tags without a start tag."""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.html: str = self.source if isinstance(self.source, str) else self.source.content.decode()
        self.feed(self.html)
        self.close()

    def all(self, tag: str = "", css: str = "", **attributes: str) -> list[Element]:
        """Returns the elements with this tag, this class and these attributes (`data_post` is `data-post`)."""
        return list(self._matching(tag, css, {name.replace("_", "-"): value for name, value in attributes.items()}))

    def one(self, tag: str = "", css: str = "", **attributes: str) -> Element:
        """Returns the only such element; fails if there is none or more than one."""
        found = self.all(tag, css, **attributes)
        assert len(found) == 1, f"{len(found)} x {tag} {css} {attributes}"
        return found[0]

    @property
    def posts(self) -> list[int]:
        """The ids of the posts on the page, from top to bottom."""
        return [int(article["data-post"]) for article in self.all("article", "post")]

    @property
    def skeleton(self) -> list[tuple[int, str, list[str]]]:
        """The structure of the page without its texts and values, which no user's text may change."""
        return [(each.depth, each.tag, sorted(each.attributes)) for each in self.elements if not each.is_written]

    @property
    def is_safe(self) -> bool:
        """True if the texts of users contain only the elements of light Markdown."""
        return all(
            element.tag in WRITTEN
            and element.attributes.keys() <= {"href", "rel", "start"}
            and element.attributes.get("href", "/").startswith(("http://", "https://", "/"))
            for element in self.elements
            if element.is_written
        )

    @property
    def errors(self) -> list[str]:
        """The error messages at fields."""
        return [error.text for error in self.all("p", "field-error")]

    @property
    def field_values(self) -> dict[str, str]:
        """The values of the page's form fields, without the CSRF token, the marker of the pictures part, files, the
        search field and the fields of a poll."""
        inputs = {
            each["name"]: each.attributes.get("value", "")
            for each in self.all("input")
            if "name" in each.attributes and each.attributes.get("type") not in ("file", "search")
        }
        areas = {each["name"]: each.text.removeprefix("\n") for each in self.all("textarea")}
        left_out = ("csrfmiddlewaretoken", "pictures")
        return {
            name: value
            for name, value in (inputs | areas).items()
            if name not in left_out and not name.startswith("poll-")
        }

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self._open[-1] if self._open else None
        is_written = parent is not None and (parent.is_written or "post-body" in parent.classes)
        is_inert = parent is not None and (parent.is_inert or parent.tag == "template")
        element = Element(tag, {name: value or "" for name, value in attrs}, len(self._open), is_written, is_inert)
        if not is_inert:
            self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1].tag == tag:
            self._open.pop()
        else:
            self.unmatched.append(tag)

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def _matching(self, tag: str, css: str, attributes: dict[str, str]) -> Iterator[Element]:
        for element in self.elements:
            named = not tag or element.tag == tag
            if named and (not css or css in element.classes) and attributes.items() <= element.attributes.items():
                yield element
