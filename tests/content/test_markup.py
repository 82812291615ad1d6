"""Light Markdown: rendering of typed text, mentions and tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livefeed.content.markup import is_tag, normalize_tag, references_in, render
from tests.views.html import Page


def inside(text: str) -> str:
    """Returns the HTML of a text of one paragraph, without the paragraph and the `rel` attribute of links."""
    return (
        render(text).strip().removeprefix("<p>").removesuffix("</p>").replace(' rel="nofollow noopener noreferrer"', "")
    )


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("plain", "plain"),
        ("**bold** and *italic*", "<strong>bold</strong> and <em>italic</em>"),
        ("~~gone~~", "<s>gone</s>"),
        ("`a < b`", "<code>a &lt; b</code>"),
        ("one\ntwo", "one<br>\ntwo"),
        (r"\*as typed\*", "*as typed*"),
        ("snake_case_name", "snake_case_name"),
        ("[here](https://example.org/a?b=1&c=2)", '<a href="https://example.org/a?b=1&amp;c=2">here</a>'),
        ("see https://example.org/#top.", 'see <a href="https://example.org/#top">https://example.org/#top</a>.'),
        ("see example.org", 'see <a href="http://example.org">example.org</a>'),
        ("@mara hello", '<a href="/@mara/">@mara</a> hello'),
        ("(@mara, @Jonas_2)", '(<a href="/@mara/">@mara</a>, <a href="/@Jonas_2/">@Jonas_2</a>)'),
        ("#Garden", '<a href="/tags/garden/">#Garden</a>'),
        ("**#two** words", '<strong><a href="/tags/two/">#two</a></strong> words'),
        ("#grün", '<a href="/tags/gr%C3%BCn/">#grün</a>'),
    ],
)
def test_inline_markup_is_rendered(typed, shown):
    assert inside(typed) == shown


@pytest.mark.parametrize("title", ['"shown as a tooltip"', "'one'", "(two)"])
def test_the_title_of_a_link_is_removed(title):
    assert inside(f"[here](https://example.org {title})") == '<a href="https://example.org">here</a>'


@pytest.mark.parametrize(
    ("typed", "tag"),
    [("> quoted", "blockquote"), ("- one\n- two", "ul"), ("1. one\n2. two", "ol"), ("```\nx\n```", "pre")],
)
def test_blocks_are_rendered(typed, tag):
    assert Page(render(typed)).one(tag)


@pytest.mark.parametrize(
    "typed",
    [
        "# no heading",
        "<b>no HTML</b>",
        "![no picture](https://example.org/a.png)",
        "| no | table |\n|---|---|",
        "[no script](javascript:alert(1))",
        "[no data](data:text/html,x)",
        "me@example.org",
        "mara@example.org wrote",
        "ftp://example.org",
        "//example.org",
        "issue #42",
        "a#b",
        "&#39;",
        "@me",
        "@" + "x" * 31,
        r"\@mara \#garden",
        "`@mara #garden`",
        "foo@bar@baz",
    ],
)
def test_unsupported_markup_stays_text(typed):
    page = Page(f'<div class="post-body">{render(typed)}</div>')
    assert {element.tag for element in page.elements if element.is_written} <= {"p", "br", "code", "a"}
    assert not any("/@" in link["href"] or "/tags/" in link["href"] for link in page.all("a"))
    assert not any(link["href"].startswith(("javascript", "data", "ftp", "mailto")) for link in page.all("a"))


def test_external_links_have_nofollow_and_noreferrer():
    assert Page(render("https://example.org")).one("a")["rel"] == "nofollow noopener noreferrer"


def test_references_are_listed_once_and_in_order():
    references = references_in(
        "@mara and @jonas, @mara: #Garden #b2 #garden `@code #code` [@link #link](https://example.org)"
    )
    assert references.users == ("mara", "jonas")
    assert references.tags == ("garden", "b2")


def test_tags_are_normalised_in_case_and_unicode_form():
    assert normalize_tag("Straße") == normalize_tag("STRASSE") == "strasse"
    assert normalize_tag("\uff27arden") == "garden"
    assert normalize_tag("İstanbul") == normalize_tag("istanbul") == "istanbul"


@given(st.text(alphabet=st.characters(categories=["L", "N", "M"]), min_size=1, max_size=60))
def test_a_normalised_tag_is_a_tag_and_stays_the_same(typed):
    assert normalize_tag(normalize_tag(typed)) == normalize_tag(typed)
    if is_tag(typed):
        assert is_tag(normalize_tag(typed))
    assert all(is_tag(tag) for tag in references_in(f"#{typed}").tags)


@pytest.mark.parametrize("typed", ["ß" * 26, "\ufb03" * 17, "\ufdfa" * 4, "\uff9e", "\ufc5e"])
def test_a_tag_too_long_when_normalised_stays_text(typed):
    assert not is_tag(typed)
    assert inside(f"#{typed}") == f"#{typed}"


@pytest.mark.parametrize(
    ("text", "expected"), [("garden", True), ("b2", True), ("42", False), ("", False), ("a b", False)]
)
def test_a_tag_contains_a_letter(text, expected):
    assert is_tag(text) is expected


@given(
    st.text(
        alphabet=st.sampled_from(list("ab @#*_~`[]()<>!\\/&:;\"'-.1\n>")) | st.characters(exclude_categories=["Cs"]),
        max_size=200,
    )
)
def test_any_text_renders_as_safe_html(typed):
    page = Page(f'<div class="post-body">{render(typed)}</div>')
    assert page.is_safe
    assert page.unmatched == []
    assert all(name.isascii() for name in references_in(typed).users)
