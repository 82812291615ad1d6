"""Light Markdown: what becomes of what people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livefeed.content.markup import is_tag, normalize_tag, references_in, render
from tests.views.html import Page


def inside(text: str) -> str:
    """A one-paragraph text's HTML without the paragraph and without what all links bear."""
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
def test_what_is_typed_is_shown(typed, shown):
    assert inside(typed) == shown


@pytest.mark.parametrize("title", ['"what a pointer is told"', "'one'", "(two)"])
def test_a_link_says_nothing_that_is_not_seen(title):
    assert inside(f"[here](https://example.org {title})") == '<a href="https://example.org">here</a>'


@pytest.mark.parametrize(
    ("typed", "tag"),
    [("> quoted", "blockquote"), ("- one\n- two", "ul"), ("1. one\n2. two", "ol"), ("```\nx\n```", "pre")],
)
def test_blocks(typed, tag):
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
def test_the_rest_is_text(typed):
    page = Page(f'<div class="post-body">{render(typed)}</div>')
    assert {element.tag for element in page.elements if element.is_written} <= {"p", "br", "code", "a"}
    assert not any("/@" in link["href"] or "/tags/" in link["href"] for link in page.all("a"))
    assert not any(link["href"].startswith(("javascript", "data", "ftp", "mailto")) for link in page.all("a"))


def test_links_of_others_carry_no_weight_and_no_address():
    assert Page(render("https://example.org")).one("a")["rel"] == "nofollow noopener noreferrer"


def test_whom_and_what_a_text_names_each_once_and_in_order():
    named = references_in(
        "@mara and @jonas, @mara: #Garden #b2 #garden `@code #code` [@link #link](https://example.org)"
    )
    assert named.users == ("mara", "jonas")
    assert named.tags == ("garden", "b2")


def test_tags_are_compared_whatever_their_case_and_form():
    assert normalize_tag("Straße") == normalize_tag("STRASSE") == "strasse"
    assert normalize_tag("\uff27arden") == "garden"
    assert normalize_tag("İstanbul") == normalize_tag("istanbul") == "istanbul"


@given(st.text(alphabet=st.characters(categories=["L", "N", "M"]), min_size=1, max_size=60))
def test_a_tag_as_it_is_compared_is_the_same_tag(typed):
    assert normalize_tag(normalize_tag(typed)) == normalize_tag(typed)
    if is_tag(typed):
        assert is_tag(normalize_tag(typed))
    assert all(is_tag(tag) for tag in references_in(f"#{typed}").tags)


@pytest.mark.parametrize("typed", ["ß" * 26, "\ufb03" * 17, "\ufdfa" * 4, "\uff9e", "\ufc5e"])
def test_what_is_no_tag_as_it_is_compared_stays_text(typed):
    assert not is_tag(typed)
    assert inside(f"#{typed}") == f"#{typed}"


@pytest.mark.parametrize(
    ("text", "is_one"), [("garden", True), ("b2", True), ("42", False), ("", False), ("a b", False)]
)
def test_what_is_a_tag(text, is_one):
    assert is_tag(text) is is_one


@given(
    st.text(
        alphabet=st.sampled_from(list("ab @#*_~`[]()<>!\\/&:;\"'-.1\n>")) | st.characters(exclude_categories=["Cs"]),
        max_size=200,
    )
)
def test_nothing_typed_gives_anything_but_light_markdown(typed):
    page = Page(f'<div class="post-body">{render(typed)}</div>')
    assert page.is_safe
    assert page.unmatched == []
    assert all(name.isascii() for name in references_in(typed).users)
