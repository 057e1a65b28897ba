"""JSON is read row by row, whatever stands in front of it."""

from __future__ import annotations

import io
from typing import Any

import ijson
import pytest

from bulk_importer.formats.json_rows import pairs_of, rows_of, top_keys

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("front", [b"", BOM, BOM + b"\r\n ", b" "])
def test_a_byte_order_mark_is_passed_over(front: bytes) -> None:
    """However the file is read."""
    assert top_keys(front + b'{"a": 1, "b": {}}') == ("a", "b")
    assert list(rows_of(io.BytesIO(front + b"[1, 2]"), "item", "file")) == [1, 2]
    assert list(rows_of(io.BytesIO(front + b'{"a": [1, 2]}'), "a.item", "file")) == [1, 2]
    assert list(pairs_of(io.BytesIO(front + b'{"a": 1}'), "", "file")) == [("a", 1)]


def test_keys_are_found_behind_numbers_of_many_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which are cut short: a whole number that Python does not make of so many digits is more than ijson bears."""
    given: list[bytes] = []
    parse = ijson.basic_parse

    def spied(file: Any) -> Any:
        given.append(file.read())
        return parse(io.BytesIO(given[-1]))

    monkeypatch.setattr(ijson, "basic_parse", spied)
    assert top_keys(b'{"a": -%b, "b": [%b.5]}' % (b"7" * 100, b"7" * 100)) == ("a", "b")
    assert given == [b'{"a": -%b, "b": [%b.5]}' % (b"7" * 64, b"7" * 64)]
