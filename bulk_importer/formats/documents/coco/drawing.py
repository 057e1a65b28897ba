"""The fast way for the many annotations that are one outline or box, with plain attributes: to the text of an import.

Pure. The numbers are not written anew: between those of the file stand commas, and between those of an import the names
of its coordinates. What is looked at is what `annotations`, `outlines` and `bounds` would look at; where one of them
would have something to say, or to change, the annotation goes their way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from bulk_importer.formats.documents.coco.annotations import NEAR, disagreement
from bulk_importer.formats.documents.coco.attributes import answer_of, rotation_of, values_of
from bulk_importer.formats.documents.coco.classes import CocoClass
from bulk_importer.formats.documents.coco.text.rows import UsualRow
from bulk_importer.formats.documents.coco.text.stretches import NotJson, row_of
from bulk_importer.formats.model import Drawn, Kind, Said, Size
from bulk_importer.formats.numbers import LARGEST

__all__ = ["Drawer"]

_decode = msgspec.json.Decoder(list[list[float]]).decode
_HEAD = b'{"polygon":[{"x":'
_BETWEEN = (b',"y":', b'},{"x":')
_TAIL = b"}]}"
_AROUND = b"[] \t\n\r"
_LINE_END = 10  # a number, as bytes are asked for one faster
_BOX = b'{"rectangle":[{"x":%a,"y":%a,"w":%a,"h":%a}]}'
_EMPTY = (b"[]", b"[[]]", b"null")
_MOST_KEPT = 4096


class Drawer:
    """Draws outlines of the classes of a file."""

    def __init__(self, classes: Mapping[int | str, CocoClass]) -> None:
        # `_patterns` is changed by `_pattern` alone: what stands between so many numbers, with room for them;
        # `_said` by `_attributes`: what texts of attributes say, of an outline and of a box.
        self._kinds = {key: Kind(each.label, False) for key, each in classes.items() if not each.problem}
        self._patterns: dict[int, list[bytes]] = {}
        self._said: dict[tuple[bytes, bool], Said | None] = {}

    def on(self, size: Size | None) -> Callable[[UsualRow], Drawn | None]:
        """What draws annotations of a picture of this size; it gives None where they need another look."""
        # Doubles, as they are compared with doubles alone, which is faster.
        most = float(LARGEST)
        width, height = (float(size.width), float(size.height)) if size else (most, most)
        kinds, patterns, near = self._kinds, self._patterns, float(NEAR)

        def draw(row: UsualRow) -> Drawn | None:
            if row.iscrowd or row.ignore or not (row.keypoints is None or row.keypoints == []):
                return None
            if row.bbox is None or row.category_id is None or type(row.id) is not int:
                return None
            text = bytes(row.segmentation)
            try:
                kind = kinds[row.category_id]
                left, top, box_width, box_height = row.bbox
                (path,) = _decode(text)
            except (KeyError, TypeError, ValueError, msgspec.DecodeError):
                return self._box(row, width, height)
            count = len(path)
            if count < 6 or count % 2:
                return self._box(row, width, height)
            # Sorted, as that is faster than to look for the least and for the greatest.
            across, down = path[::2], path[1::2]
            across.sort()
            down.sort()
            first, last, upper, lower = across[0], across[-1], down[0], down[-1]
            if first < 0.0 or upper < 0.0 or last > width or lower > height:
                return None
            if not (
                -near <= left - first <= near
                and -near <= top - upper <= near
                and -near <= left + box_width - last <= near
                and -near <= top + box_height - lower <= near
            ) and disagreement((left, top, box_width, box_height), (first, upper, last, lower)):
                return None
            numbers = text.strip(_AROUND).split(b", ")
            if len(numbers) != count or _LINE_END in text:  # an entry is a line
                numbers = text.translate(None, _AROUND).split(b",")
            pattern = patterns.get(count) or self._pattern(count)
            pattern[1::2] = numbers
            if row.attributes:
                said = self._attributes(row, is_box=False)
                if said is None:
                    return None
                kind = Kind(kind.label, False, said)
            return Drawn(kind, b"".join(pattern), f"annotation {row.id}")

        return draw

    def _pattern(self, count: int) -> list[bytes]:
        """An outline of so many numbers as an import writes it, with every second place for one."""
        half = [_BETWEEN[1], b"", _BETWEEN[0], b""] * (count // 2)
        pattern = self._patterns[count] = [_HEAD, *half[1:], _TAIL]
        return pattern

    def _box(self, row: UsualRow, width: float, height: float) -> Drawn | None:
        """The box of an annotation that has no outline, where it lies inside the picture."""
        if bytes(row.segmentation) not in _EMPTY or row.category_id not in self._kinds:
            return None
        if row.bbox is None or len(row.bbox) != 4:
            return None
        left, top, box_width, box_height = row.bbox
        is_inside = left >= 0 and top >= 0 and left + box_width <= width and top + box_height <= height
        if not (is_inside and box_width > 0 and box_height > 0):
            return None
        said = self._attributes(row, is_box=True) if row.attributes else ()
        if said is None:
            return None
        text = _BOX % (left, top, box_width, box_height)
        return Drawn(Kind(self._kinds[row.category_id].label, True, said), text, f"annotation {row.id}")

    def _attributes(self, row: UsualRow, *, is_box: bool) -> Said | None:
        """What the attributes of a row say; None where one of them is more than a text, or turns the box."""
        kind = bytes(row.attributes), is_box
        if kind not in self._said:
            if len(self._said) >= _MOST_KEPT:
                self._said.clear()
            self._said[kind] = _said_of(row_of(row.attributes), is_box=is_box)
        return self._said[kind]


def _said_of(attributes: Any, *, is_box: bool) -> Said | None:
    if isinstance(attributes, NotJson):
        return None
    row = {"attributes": attributes}
    if is_box and rotation_of(row):
        return None
    answers = {name: answer_of(value) for name, value in values_of(row, is_box=is_box)}
    if None in answers.values():
        return None
    return tuple((name, answer.values) for name, answer in answers.items() if answer and answer.values)
