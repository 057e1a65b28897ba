"""Elements of HTML, made of what strangers wrote."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.observe.markup import Markup, element, link, name


class Reader(HTMLParser):
    """What a browser makes of a page: the tags with their attributes, and the texts."""

    def __init__(self, markup: Markup) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts = ""
        self.feed(markup.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts += data


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.sampled_from("\n\tä漢🙂")))
def test_a_text_is_read_as_it_is_and_makes_no_element(text: str) -> None:
    read = Reader(element("p", text, title=text))
    assert read.tags == [("p", {"title": text})]
    assert read.texts == text


def test_a_class_named_like_a_script_is_a_text() -> None:
    shown = element("td", '<script>alert("1")</script>').text
    assert shown == '<td>&lt;script&gt;alert("1")&lt;/script&gt;</td>'


def test_what_nobody_sees_is_written_out() -> None:
    assert element("p", "a\u202eb\x00\u200b\r").text == "<p>a\\u202eb\\u0000\\u200b\\u000d</p>"
    assert name("\ufeffx", title="\u2066").text == '<bdi title="\\u2066">\\ufeffx</bdi>'


def test_a_name_that_is_not_utf_8_is_readable() -> None:
    shown = element("p", b"caf\xe9".decode("utf-8", "surrogateescape")).text
    assert shown == "<p>caf\\xe9</p>"


def test_markup_stands_as_it_is_and_nothing_is_nothing() -> None:
    inner = element("b", 1)
    assert (
        element("p", "1 < ", inner, None, (each for each in ("&", 2))).text == "<p>1 &lt; <b>1</b>&amp;2</p>"
    )


def test_attributes_are_left_out_or_stand_alone() -> None:
    made = element("input", class_="a b", disabled=True, hidden=False, title=None, aria_label='"')
    assert made.text == '<input class="a b" disabled aria-label="&quot;">'


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "blob:x",
    ],
)
def test_an_address_that_could_run_is_no_link(href: str) -> None:
    assert link(href, "media 7").text == "media 7"
    assert element("img", src=href).text == "<img>"


@pytest.mark.parametrize(
    "href",
    [
        "rejected.jsonl",
        "#top",
        "https://datagym.example/a?b=c:d",
        "http://x",
        "a/b:c",
        "data:image/png;base64,",
    ],
)
def test_an_address_that_shows_something_is_a_link(href: str) -> None:
    assert link(href, "x").text == f'<a href="{href}">x</a>'


@pytest.mark.parametrize("tag", ["script", "style", "p><script", "", "1"])
def test_what_would_run_is_no_element(tag: str) -> None:
    with pytest.raises(ValueError, match="no element"):
        element(tag, "alert(1)")


@pytest.mark.parametrize("attribute", ["onclick", "ONLOAD", "style", "a b", "x>", "style_"])
def test_what_would_run_or_is_blocked_is_no_attribute(attribute: str) -> None:
    with pytest.raises(ValueError, match="no attribute"):
        element("p", **{attribute: "x"})
