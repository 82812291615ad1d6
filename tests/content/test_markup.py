"""Light Markdown: rendering of typed text, mentions and tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livefeed.content.characters import has_visible
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
        ("see example.org", 'see <a href="https://example.org">example.org</a>'),
        ("www.example.org/a", '<a href="https://www.example.org/a">www.example.org/a</a>'),
        ("http://example.org", '<a href="http://example.org">http://example.org</a>'),
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
        "josé@example.org",
        "@josé",
        "x+@demo",
        "日本語#タグ",
        "#️⃣",
        "[no path](/posts/)",
        "[no host](//example.org)",
        "[nowhere]()",
        "https://bank.example@evil.example/",
        "[user](https://bank.example@evil.example/)",
        r"[backslash](https://evil.example\\@me)",
        "https://exa\u200cmple.org",
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


@pytest.mark.parametrize(
    "tag",
    [
        "ज़रूरत",
        "ভাষা",
        "தமிழ்",
        "ภาษาไทย",
        "မြန်မာ",
        "བོད་ཡིག",
        "العَرَبِيَّة",
        "می\u200cخواهم",
        "עברית־ש״ס",
        "ぼっち・ざ・ろっく",
        "コーヒー",
        "한국어",
        "中文",
        "việt",
        "col·legi",
    ],
)
def test_a_tag_of_any_script_is_whole(tag):
    assert references_in(f"#{tag}、#x・ #{tag}.").tags == (tag, "x")
    assert Page(render(f"#{tag}!")).one("a").text == f"#{tag}"


@pytest.mark.parametrize(
    ("typed", "tag"),
    [("cafe\u0301", "café"), ("ﾎﾞｯﾁ･ｻﾞ", "ボッチ・ザ"), ("葛\U000e0100城", "葛城"), ("gar\u200dden", "garden")],
)
def test_tags_that_look_the_same_are_the_same(typed, tag):
    assert references_in(f"#{typed}").tags == (tag,)


@pytest.mark.parametrize(
    "typed",
    ["从@demo看", "「@demo」", "，@demo。", "cc:@demo", "👋@demo👋", "@demo님", "é@demo", "(@demo)", "ไป@demoไป"],
)
def test_a_mention_may_touch_anything_but_names_and_email_addresses(typed):
    assert references_in(typed).users == ("demo",)


@pytest.mark.parametrize(
    "typed",
    [
        "https://example.org/a。",
        "「https://example.org/a」です",
        "（https://example.org/a。）",
        "(https://example.org/a。)",
        "【https://example.org/a】",
        "https://example.org/a、と",
        "https://example.org/a.。",
        "https://example.org/a！",
        "“https://example.org/a”",
        "https://example.org/a।",
        "https://example.org/a؟",
        "看https://example.org/a",
        "https://example.org/a\u200b",
        "https://example.org/a\u2060b",
    ],
)
def test_an_address_ends_before_punctuation_of_any_script_and_invisible_characters(typed):
    link = Page(render(typed)).one("a")
    assert link["href"] == link.text == "https://example.org/a"


@pytest.mark.parametrize(
    "typed", ["https://ja.wikipedia.org/wiki/京都_(曖昧さ回避)", "https://fa.example/می\u200cخواهم"]
)
def test_an_address_keeps_letters_and_joiners_of_its_path(typed):
    assert Page(render(typed)).one("a").text == typed


@pytest.mark.parametrize(
    "typed", ["https://exa\u200bmple.org/", "https://1.2.3.456/", "https://a.org:99999/", "[x](https://a.org:99999)"]
)
def test_there_is_no_link_without_an_address(typed):
    assert all("href" in link.attributes for link in Page(render(typed)).all("a"))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("[bank.example](https://evil.example)", "bank.example (evil.example)"),
        ("[https://bank.example/a](https://evil.example)", "https://bank.example/a (evil.example)"),
        ("[BANK․example](https://evil.example)", "BANK․example (evil.example)"),
        ("[ba\u00adnk.example](https://evil.example)", "ba\u00adnk.example (evil.example)"),
        ("[**bank**`.`example](https://evil.example)", "bank.example (evil.example)"),
        ("[me@bank.example](https://evil.example)", "me@bank.example (evil.example)"),
        ("[bank.example](https://bank.example.evil.example)", "bank.example (bank.example.evil.example)"),
        ("[@demo](https://evil.example)", "@demo (evil.example)"),
        ("[＠demo](https://evil.example)", "＠demo (evil.example)"),
        ("[#tag](https://evil.example)", "#tag (evil.example)"),
        ("[аррӏе.com](https://аррӏе.com)", "аррӏе.com (xn--80ak6aa92e.com)"),
        ("[example.org](https://www.example.org/a)", "example.org"),
        ("[www.example.org](https://example.org/a)", "www.example.org"),
        ("[例え.jp](https://例え.jp)", "例え.jp"),
        ("[version 2.5](https://example.org)", "version 2.5"),
        ("[](https://example.org/a)", "https://example.org/a"),
        ("[\u200b](https://example.org/a)", "\u200bhttps://example.org/a"),
    ],
)
def test_a_link_that_names_another_destination_shows_its_own(typed, shown):
    assert Page(render(typed)).one("a").text == shown


def test_only_the_misleading_one_of_several_links_is_changed():
    page = Page(render("#tag [a](https://x.org) @demo [b.org](https://y.org) [](https://z.org) [c](https://x.org)"))
    assert [link.text for link in page.all("a")] == ["#tag", "a", "@demo", "b.org (y.org)", "https://z.org", "c"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("https://pаypal.com/a", "https://xn--pypal-4ve.com/a"),
        ("https://аррӏе.com", "https://xn--80ak6aa92e.com"),
        ("https://xn--80ak6aa92e.com", "https://xn--80ak6aa92e.com"),
        ("https://bıg.example", "https://xn--bg-hpa.example"),
        ("https://ꓮꓑꓑꓡꓰ.com", "https://xn--4l8aa2c7bn.com"),
        ("https://סוח.com", "https://xn--9dbe2a.com"),
        ("https://例え.jp/テスト", "https://例え.jp/テスト"),
        ("https://пример.рф", "https://пример.рф"),
        ("https://bücher.example", "https://bücher.example"),
        ("https://ｂｉｇ.example", "https://big.example"),
    ],
)
def test_a_host_that_looks_like_another_is_shown_in_ascii(typed, shown):
    assert Page(render(typed)).one("a").text == shown


@pytest.mark.parametrize(
    "typed",
    ["https://bank.example⁄evil.example", "https://bank.example∕a.org", "[x](https://bank.example⁄evil.example)"],
)
def test_a_host_that_is_not_valid_makes_no_link(typed):
    assert not Page(render(typed)).all("a")


@pytest.mark.parametrize(
    "typed",
    [
        *("> ", "> > >", "- ", "* * *", "1.", "```\n```", "~~~~", "`\xa0`", "> \u200b", "> \u0301"),
        *("[x]()", "\\", "&nbsp;"),
        *("[](https://x.org)", "![](https://x.org/a.png)", "[a]: b", "[a]: https://b.org", "---", "**", "<!-- -->"),
    ],
)
def test_a_text_renders_as_something_visible(typed):
    assert has_visible(Page(f"<div>{render(typed)}</div>").one("div").text)


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
    assert all("href" in link.attributes for link in page.all("a"))
    assert has_visible(page.one(css="post-body").text) or not has_visible(typed)
