"""The pointers are read out of the server's text, and doubtful texts are not believed."""

from __future__ import annotations

import json

import pytest

from bulk_importer.datagym.answers.schema_text import pointed_entries
from support.places import VECTORS

HEAD = "Schema validation failed with {} error(s)\n\n"


def test_blocks_of_several_entries_are_told_apart() -> None:
    """Each entry gets its own pointers and the words under them."""
    text = (
        HEAD.format(3)
        + "#/2/keepData\nexpected type: Boolean, found: String\n\n"
        + "#/0/labels/car/0/polygon/2/x\nEither: \n-1 is not greater or equal to 0\nexpected type: String, "
        "found: Integer\n\n" + "#/0/labels/car\nexpected type: JSONArray, found: Null\n\n"
    )
    assert pointed_entries(text) == {
        2: {"/keepData": ("expected type: Boolean, found: String",)},
        0: {
            "/labels/car/0/polygon/2/x": (
                "-1 is not greater or equal to 0",
                "expected type: String, found: Integer",
            ),
            "/labels/car": ("expected type: JSONArray, found: Null",),
        },
    }


def test_an_entry_as_a_whole_has_the_empty_pointer() -> None:
    """An element that is not an object is named without a key."""
    text = HEAD.format(1) + "#/7\nexpected type: JSONObject, found: Integer\n\n"
    assert pointed_entries(text) == {7: {"": ("expected type: JSONObject, found: Integer",)}}


def test_escapes_blanks_and_foreign_letters_stay_in_the_pointer() -> None:
    """Nothing is percent-encoded, and a pointer ends at the line's end only."""
    text = HEAD.format(1) + "#/0/labels/a~1b c~0d ä\u2028x/0\nextraneous key [circle] is not permitted\n\n"
    assert list((pointed_entries(text) or {})[0]) == ["/labels/a~1b c~0d ä\u2028x/0"]


def test_a_windows_server_separates_lines_its_own_way() -> None:
    """The separator is the server's."""
    text = HEAD.format(2) + "#/0/keepData\nEither: \na\nb\n\n#/1/keepData\nc\n\n"
    assert pointed_entries(text.replace("\n", "\r\n")) == pointed_entries(text)


@pytest.mark.parametrize(
    "text",
    [
        HEAD.format(1) + "#\nexpected minimum item count: 1, found: 0\n\n",
        HEAD.format(2) + "#/0/keepData\nexpected type: Boolean, found: String\n\n",
        HEAD.format(1) + "#/0/keepData\nstring [x\n\n#/5/labels\ny] does not match pattern\n\n",
        HEAD.format(1) + "#/00/keepData\nno\n\n",
        HEAD.format(1) + "#/-1\nno\n\n",
        HEAD.format(1) + "#/٣\nno\n\n",
        HEAD.format(0),
        HEAD.format(1),
        HEAD.format(1) + "something else",
    ],
)
def test_a_text_that_names_nobody_or_contradicts_itself_points_at_nothing(text: str) -> None:
    """An echoed value with line breaks could point at an innocent entry; then nothing is believed."""
    assert pointed_entries(text) == {}


@pytest.mark.parametrize(
    "text", ["", "no", "line: 1, column: 1\nx", "Schema validation failed with", " " + HEAD.format(1)]
)
def test_another_text_is_not_read(text: str) -> None:
    """Only the head line makes it a schema text."""
    assert pointed_entries(text) is None


def test_an_echoed_line_break_does_not_begin_a_block() -> None:
    """A `#` behind a single line break is part of a value."""
    text = (
        HEAD.format(1)
        + "#/0/labels/car/0/point/0/x\nstring [a\n#/9/labels\nb] does not match pattern ^[0-9]+$\n\n"
    )
    assert set(pointed_entries(text) or {}) == {0}


def test_what_is_kept_of_a_text_is_bounded() -> None:
    """A rejection holds words for people, not a page for one entry."""
    text = HEAD.format(1) + "#/0/k\n" + "\n".join("x" * 5000 for _ in range(500)) + "\n\n"
    (messages,) = (pointed_entries(text) or {})[0].values()
    assert len(messages) == 20
    assert {len(message) for message in messages} == {300}


def test_recorded_texts_are_read_whole() -> None:
    """As many pointers as the head line announces, for each text of the running server."""
    read = 0
    for case in json.loads((VECTORS / "schema.json").read_text()):
        text = case["answer"].get("errorMessages", "")
        if case["stage"] == "schema" and "\n#\n" not in text:
            found = pointed_entries(text)
            assert found
            assert text.startswith(HEAD.format(sum(map(len, found.values()))))
            read += 1
    assert read == 37
