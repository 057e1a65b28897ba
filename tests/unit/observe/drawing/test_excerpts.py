"""An excerpt shows the place of a finding, and little else, whatever the entry holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from bulk_importer.observe.drawing.excerpts import Excerpt, entry_in, excerpt_of

ENTRY: dict[str, Any] = {
    "internal_media_ID": "a",
    "labels": {
        "car": [
            {"polygon": [{"x": at, "y": 2} for at in range(9)], "classifications": {}},
            {"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4, "z": 5}]},
        ]
    },
}
CAR = '{"polygon": […], "classifications": {}}'
BOX = '{"x": 1, "y": 2, "w": 3, "h": 4, "z": 5}'
TEXTS = some.text(some.characters(codec=None))
ANYTHING = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | some.just(10**4000) | TEXTS,
    lambda inner: some.lists(inner, max_size=5) | some.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


def shown(entry: object, pointer: object, text: str | None = None, **finding: object) -> str:
    """The excerpt in one line, its middle between brackets."""
    excerpt = excerpt_of(entry, {"pointer": pointer, **finding}, text)
    return "" if excerpt is None else f"{excerpt.before}⟦{excerpt.wrong}⟧{excerpt.after}"


@pytest.mark.parametrize(
    ("pointer", "found", "expected"),
    [
        (
            "/labels/car/0/polygon/8/x",
            "8",
            '… {"polygon": […, {"x": 6, "y": 2}, {"x": 7, "y": 2}, {"x": ⟦8⟧, "y": 2}], "classifications": {}} …',
        ),
        ("/internal_media_ID", '"a"', '{"internal_media_ID": ⟦"a"⟧, "labels": {"car": […]}}'),
        (
            "/labels/car/1/rectangle/0",
            '"z"',
            '… {"rectangle": [{…, "w": 3, "h": 4, ⟦"z"⟧: 5}]} …',
        ),
        ("/labels/car/1/rectangle/0/v", "", f'… [{CAR}, {{"rectangle": [⟦{BOX}⟧]}}] …'),
        ("", "", '⟦{"internal_media_ID": "a", "labels": {"car": [{…}, {…}]}}⟧'),
    ],
)
def test_the_place_stands_between_its_neighbours(pointer: str, found: str, expected: str) -> None:
    """A value, or a key where that is what was found; of what is far away only that it is there."""
    assert shown(ENTRY, pointer, found=found) == expected


def test_a_place_that_is_missing_is_shown_by_what_it_is_missing_in() -> None:
    """As far as the pointer leads."""
    assert shown({"labels": {"car": {}}}, "/labels/car/0/x") == '{"labels": {"car": ⟦{}⟧}}'


def test_a_text_that_is_no_json_is_shown_at_the_byte_that_the_finding_names() -> None:
    """Bytes are not letters."""
    text = '{"ä": [1, 2,\n\n], "b": 3}'
    found = "a comma too many at byte 15 of the element: ], b"
    assert shown(None, "", text, found=found) == '{"ä": [1, 2, ⟦]⟧, "b": 3}'


def test_what_is_json_but_for_a_word_is_decoded() -> None:
    """`NaN` is in the way of a request, and not of a picture."""
    line = {"entry_text": '{"x": NaN, "y": 1}', "findings": []}
    entry = entry_in(line)
    assert shown(entry, "/x", line["entry_text"], found="NaN") == '{"x": ⟦NaN⟧, "y": 1}'  # type: ignore[arg-type]  # a text
    assert entry_in({"entry": {"a": 1}}) == {"a": 1}
    for text in ("{", "[" * 100_000, "1" * 5000):
        assert entry_in({"entry_text": text}) is None
    assert entry_in({"entry_base64": "AA=="}) is None


def test_what_turns_a_line_around_is_escaped() -> None:
    """So that an excerpt reads as it is."""
    assert shown({"a\u202e": "\x00\u2028\ud800"}, "/a\u202e") == '{"a\\u202e": ⟦"\\u0000\\u2028\\ud800"⟧}'


@example({"a" * 10_000: ["b" * 10_000, 10**4000]}, ["0"], None, "")
@given(ANYTHING, some.lists(TEXTS | some.integers(0, 4).map(str), max_size=6), some.none() | TEXTS, TEXTS)
def test_an_excerpt_is_short_and_can_be_written(
    entry: object, path: list[str], text: str | None, found: str
) -> None:
    """Of anything, at any place."""
    pointer = "".join(f"/{each}" for each in path)
    excerpt = excerpt_of(entry, {"pointer": pointer, "found": found}, text)
    if excerpt is not None:
        whole = f"{excerpt.before}{excerpt.wrong}{excerpt.after}"
        assert len(whole) < 2500
        whole.encode()


@given(some.text(), some.integers(0, 10**6))
def test_an_excerpt_of_a_text_is_short_too(text: str, byte: int) -> None:
    """Also where the byte is none of it."""
    excerpt = excerpt_of(None, {"found": f"a slip at byte {byte} of the element"}, text * 50)
    assert isinstance(excerpt, Excerpt)
    assert len(f"{excerpt.before}{excerpt.wrong}{excerpt.after}") < 1700
