"""Arrays are cut into stretches of whole elements, whatever the guess of an end runs into."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.documents.coco.text import sections, window
from bulk_importer.formats.documents.coco.text.rows import Kind
from bulk_importer.formats.documents.coco.text.sections import Document, Look, document_of
from bulk_importer.formats.documents.coco.text.stretches import Stretch
from bulk_importer.formats.documents.coco.text.window import Window


def cut(text: bytes) -> tuple[list[Any], Document]:
    """What is seen of the section `rows`, and the document."""
    seen: list[Any] = []
    document = document_of(Window(io.BytesIO(text), "file"), "file", {"rows": Look(Kind(dict), seen.extend)})
    return seen, document


@pytest.mark.parametrize("size", [10, 60, 1 << 20])
def test_stretches_hold_each_element_once(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """With what looks like an end inside of texts and nested objects, and first keys that differ."""
    monkeypatch.setattr(sections, "STRETCH_BYTES", size)
    rows = [
        {"id": 1, "text": '}, {"id": 2'},
        {"id": 2, "below": [{"id": 1}, {"id": 2}, {"id": 3}]},
        {"other": 3},
        {"id": 4, "below": {"id": [{"id": 1}]}},
        {},
        {"id": 6},
    ] * 3
    text = json.dumps(
        {"before": [{"id": 1}, {"id": 2}], "rows": rows, "after": [{"id": 1}, {"id": 2}]}
    ).encode()
    seen, document = cut(text)
    assert seen == rows
    found = document.sections["rows"]
    assert [
        json.loads(bytes(element))
        for stretch in found.stretches(io.BytesIO(text))
        for element in stretch.elements
    ] == rows
    assert document.others == ["before", "after"]


def test_what_is_not_of_the_kind_is_seen_as_none_in_its_place() -> None:
    """Also what is no JSON between brackets that match."""
    seen, _ = cut(b'{"rows": [{"a": 1}, 2, [3], {"a": NaN}, {"a": 5}]}')
    assert seen == [{"a": 1}, None, None, None, {"a": 5}]


def test_a_stretch_gives_its_elements_though_one_is_no_json() -> None:
    """By their structure."""
    assert Stretch(b'{"a": NaN} , 2,{"b": "},{"}').elements == [b'{"a": NaN}', b"2", b'{"b": "},{"}']


def test_an_empty_section_has_no_stretch() -> None:
    """And no bytes."""
    _, document = cut(b'{ "rows" : [ ] }')
    assert list(document.sections["rows"].stretches(io.BytesIO())) == []
    assert document.sections["rows"].bytes == 0


@pytest.mark.parametrize("behind", [b"{}", b"x", b" \n, 1", b" " * 20 + b"{"])
def test_what_stands_behind_the_document_is_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch, behind: bytes
) -> None:
    """Two files that were joined are not the first one alone."""
    monkeypatch.setattr(window, "STRETCH_BYTES", 8)
    assert cut(b'{"rows": [{"id": 1}]} \r\n\n')[0] == [{"id": 1}]
    with pytest.raises(SourceUnreadable, match="behind the end of the document, at byte"):
        cut(b'{"rows": [{"id": 1}]}' + behind)
