"""Which annotations are drawn the fast way."""

from __future__ import annotations

import msgspec
import pytest

from bulk_importer.formats.documents.coco.classes import CocoClass
from bulk_importer.formats.documents.coco.drawing import Drawer
from bulk_importer.formats.documents.coco.text.rows import UsualRow
from bulk_importer.formats.model import Size


def drawn(segmentation: bytes, size: Size | None = None) -> bytes | None:
    """The text of an outline in the box of 1, 2 to 3, 5."""
    row = UsualRow(1, 1, 1, msgspec.Raw(segmentation), [1, 2, 2, 3])
    found = Drawer({1: CocoClass("car")}).on(size)(row)
    return None if found is None else found.geometry


def test_numbers_are_those_of_the_file() -> None:
    """Letter by letter, whatever blanks are between them."""
    expected = b'{"polygon":[{"x":1e0,"y":2.00},{"x":3,"y":2},{"x":3,"y":5E+0}]}'
    assert drawn(b"[[1e0, 2.00, 3, 2, 3, 5E+0]]") == expected
    assert drawn(b"[\n[1e0,2.00 ,3,\n2,3,5E+0 ]]", Size(3, 5)) == expected


@pytest.mark.parametrize(
    "segmentation",
    [
        *(b"[[true, 2, 3, 2, 3, 5]]", b"[[1, 2, null, 2, 3, 5]]", b'[["1", "2", "3", "2", "3", "5"]]'),
        *(
            b"[[[1], [2], [3], [2], [3], [5]]]",
            b'{"counts": 1}',
            b'"x"',
            b"1",
            b"[1, 2, 3, 2, 3, 5]",
            b'["123456"]',
        ),
        *(
            b"[[1, 2, 3, 2, 1e999, 5]]",
            b"[[1, 2, 3, 5]]",
            b"[[1, 2, 3, 2, 3, 5, 3]]",
            b"[[1, 2, 3, 2, 3, -5]]",
        ),
    ],
)
def test_what_is_no_outline_of_numbers_inside_is_not_drawn(segmentation: bytes) -> None:
    """It goes the plain way, which says what is wrong with it."""
    assert drawn(segmentation, Size(9, 9)) is None


def test_no_picture_is_endless() -> None:
    """Where its size is not known, a place that no picture has is not drawn either."""
    assert drawn(b"[[1, 2, 3, 2, 3, 1e300]]") is None
    row = UsualRow(1, 1, 1, bbox=[1, 2, 2, 1e300])
    assert Drawer({1: CocoClass("car")}).on(None)(row) is None


def test_attributes_that_cannot_be_read_are_not_drawn() -> None:
    """They are taken as they stand when a row is, and looked into later."""
    row = UsualRow(1, 1, 1, bbox=[1, 2, 2, 3], attributes=msgspec.Raw(b'{"n": 1' + b"0" * 5000 + b"}"))
    assert Drawer({1: CocoClass("car")}).on(None)(row) is None
