"""Values are delimited by their structure, whatever their length, and with little memory where they are passed over."""

from __future__ import annotations

import io

import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.documents.coco.text import window as module
from bulk_importer.formats.documents.coco.text.window import Window


@pytest.fixture(params=[1, 3, 1 << 20])
def step(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many bytes are read at a time."""
    found: int = request.param
    monkeypatch.setattr(module, "STRETCH_BYTES", found)
    return found


@pytest.mark.usefixtures("step")
@pytest.mark.parametrize(
    "value", [b'{"a": [1, "}]\\\\\\"", {}]}', b"[[[]]]", b'"a]\\""', b"-1.5e3", b"true", b'"\\\\"', b"[]"]
)
def test_the_end_of_a_value_is_found(value: bytes) -> None:
    """Whatever stands in its texts, and however few bytes are seen at a time."""
    window = Window(io.BytesIO(value + b" , 1]"), "file")
    window.more()
    assert window.end_of_value(0) == len(value)


@pytest.mark.usefixtures("step")
@pytest.mark.parametrize("value", [b'{"a": [1', b'"abc', b'"abc\\"', b"12", b"[[]"])
def test_a_value_that_does_not_end_is_an_error_with_its_place(value: bytes) -> None:
    """At the byte where the file ends."""
    window = Window(io.BytesIO(value), "file")
    window.more()
    with pytest.raises(SourceUnreadable, match=f"at byte {len(value)}"):
        window.end_of_value(0)


@pytest.mark.usefixtures("step")
def test_elements_are_delimited_up_to_the_bracket() -> None:
    """With the blanks around them left out."""
    window = Window(io.BytesIO(b'{"a":"]"} ,\n[1,2], 3 ]x'), "file")
    window.more()
    assert [window.data[start:stop] for start, stop in window.elements(0, 99, 99)] == [
        b'{"a":"]"}',
        b"[1,2]",
        b"3",
    ]


@pytest.mark.parametrize(
    ("value", "is_full"),
    [(b"null", False), (b"[ ]", False), (b'""', False), (b"0", True), (b'{"a": 1}', True)],
)
def test_what_is_passed_over_is_told_to_be_empty_or_not(step: int, value: bytes, is_full: bool) -> None:
    """The window then stands behind it."""
    window = Window(io.BytesIO(value + b", 7]"), "file")
    window.more()
    assert window.pass_value() is is_full
    assert window.offset == len(value)
    assert len(window.data) <= step + 1 or step > 100


def test_a_value_of_any_length_is_passed_over_in_the_memory_of_a_stretch() -> None:
    """Here of eight stretches, in one list and nested deeply."""
    length = 8 * module.STRETCH_BYTES
    window = Window(io.BytesIO(b"[" * 1000 + b"1," * (length // 2) + b"1" + b"]" * 1000 + b"}"), "file")
    window.more()
    assert window.pass_value()
    assert len(window.data) <= 2 * module.STRETCH_BYTES
    assert window.solid(0) == 0
