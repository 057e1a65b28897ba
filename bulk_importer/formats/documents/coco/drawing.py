"""The fast way for the many annotations that are one outline, or one box, and nothing else: to the text of an import.

Pure. The numbers are not written anew: between those of the file stand commas, and between those of an import the names
of its coordinates. What is looked at is what `annotations`, `outlines` and `bounds` would look at; where one of them
would have something to say, or to change, the annotation goes their way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

import msgspec

from bulk_importer.formats.documents.coco.annotations import NEAR, disagreement
from bulk_importer.formats.documents.coco.classes import CocoClass
from bulk_importer.formats.documents.coco.rows import UsualRow
from bulk_importer.formats.model import Drawn, Size

__all__ = ["Drawer"]

_decode = msgspec.json.Decoder(list[list[float]]).decode
_HEAD = b'{"polygon":[{"x":'
_BETWEEN = (b',"y":', b'},{"x":')
_TAIL = b"}]}"
_AROUND = b"[] \t\n\r"
_BOX = b'{"rectangle":[{"x":%a,"y":%a,"w":%a,"h":%a}]}'
_EMPTY = (b"[]", b"[[]]", b"null")
_SHORTEST = 5
_NO_KEYPOINTS: tuple[object, ...] = (None, [])


class Drawer:
    """Draws outlines of the classes of a file."""

    def __init__(self, classes: Mapping[int | str, CocoClass]) -> None:
        # `_patterns` is changed by `_geometry` alone: what stands between so many numbers, with room for them.
        self._labels = {key: each.label for key, each in classes.items() if not each.problem}
        self._patterns: dict[int, list[bytes]] = {}

    def on(self, size: Size | None) -> Callable[[UsualRow], Drawn | None]:
        """What draws annotations of a picture of this size; it gives None where they need another look."""
        width, height = (size.width, size.height) if size else (inf, inf)
        labels, geometry = self._labels, self._geometry

        def draw(row: UsualRow) -> Drawn | None:
            if row.iscrowd or row.ignore or row.keypoints not in _NO_KEYPOINTS:
                return None
            if row.bbox is None or row.category_id is None or not isinstance(row.id, int):
                return None
            try:
                label = labels[row.category_id]
                left, top, box_width, box_height = row.bbox
                if len(row.segmentation) < _SHORTEST and bytes(row.segmentation) in _EMPTY:
                    return _box(row, label, width, height)
                (path,) = _decode(row.segmentation)
            except (KeyError, TypeError, ValueError, msgspec.DecodeError):
                return None
            count = len(path)
            if count < 6 or count % 2:
                return None
            # Sorted, as that is faster than to look for the least and for the greatest.
            across, down = path[::2], path[1::2]
            across.sort()
            down.sort()
            first, last, upper, lower = across[0], across[-1], down[0], down[-1]
            if first < 0 or upper < 0 or last > width or lower > height:
                return None
            if not (
                -NEAR <= left - first <= NEAR
                and -NEAR <= top - upper <= NEAR
                and -NEAR <= left + box_width - last <= NEAR
                and -NEAR <= top + box_height - lower <= NEAR
            ) and disagreement((left, top, box_width, box_height), (first, upper, last, lower)):
                return None
            text = geometry(bytes(row.segmentation), count)
            return None if text is None else Drawn(label, text, f"annotation {row.id}")

        return draw

    def _geometry(self, text: bytes, count: int) -> bytes | None:
        """The outline as an import writes it; None where its numbers are not told apart as they usually are."""
        if b"\n" in text:  # of a file that is indented; an entry is a line
            text = text.translate(None, _AROUND)
        numbers = text.strip(_AROUND).split(b", " if b", " in text else b",")
        if len(numbers) != count:
            return None
        pattern = self._patterns.get(count)
        if pattern is None:
            pattern = [b"", _BETWEEN[0], b"", _BETWEEN[1]] * (count // 2)
            pattern[-1] = _TAIL
            self._patterns[count] = pattern
        pattern[::2] = numbers
        return _HEAD + b"".join(pattern)


def _box(row: UsualRow, label: str, width: float, height: float) -> Drawn | None:
    """The box of an annotation that has no outline, where it lies inside the picture."""
    assert row.bbox is not None
    left, top, box_width, box_height = row.bbox
    is_inside = left >= 0 and top >= 0 and left + box_width <= width and top + box_height <= height
    if not (is_inside and box_width > 0 and box_height > 0):
        return None
    return Drawn(label, _BOX % (left, top, box_width, box_height), f"annotation {row.id}", is_box=True)
