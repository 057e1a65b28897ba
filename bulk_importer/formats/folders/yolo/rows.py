"""One row of YOLO: a box, an outline, an oriented box, or a box with keypoints.

Pure. The first number is the class. Five numbers are a box by its centre and size; an odd number from seven on is an
outline, which an oriented box with its four corners is, too. In a dataset with keypoints they stand behind the box, two
or three numbers each. Tools mix these in one file, so each row is judged by itself. What is one number too many is how
sure a model was, and a person says where that stands: nothing in the row does.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from itertools import zip_longest
from typing import TypeAlias

from bulk_importer.formats.choices import ChoiceNeeded, Choices, Confidence
from bulk_importer.formats.folders.yolo.classes import Classes
from bulk_importer.formats.folders.yolo.drawing import drawn_rows
from bulk_importer.formats.model import Annotation, Box, Drawn, Keypoint, Left, Polygon, Size
from bulk_importer.formats.numbers import EXACT, decimal_of, nearest_double

__all__ = ["looks_like_a_row", "objects_of"]

_BOX, _LEAST_OUTLINE = 5, 7

_Numbers: TypeAlias = Sequence[Decimal]


class _Broken(Exception):
    """A row that cannot be carried.

    Attributes:
        code: of the catalogue.
        label: class of the object; empty where that is not known.
    """

    def __init__(self, code: str, label: str, expected: str, found: str) -> None:
        super().__init__(code)
        self.code, self.label, self.expected, self.found = code, label, expected, found


def looks_like_a_row(line: bytes) -> bool:
    """Whether a line begins with a class number and has numbers enough behind it."""
    words = line.split()
    return len(words) >= _BOX and words[0].isdigit() and all(map(_is_number, words[1:_BOX]))


def objects_of(
    text: str, path: str, classes: Classes, size: Size | None, choices: Choices
) -> tuple[list[Annotation | Drawn | Left], set[str]]:
    """The objects of a file, or why they cannot be carried; and its class numbers, as they are written.

    Raises:
        ChoiceNeeded: a row can be read in more than one way.
    """
    found: list[Annotation | Drawn | Left] = []
    numbers: set[str] = set()
    rows = text.splitlines()
    drawn = drawn_rows(text, classes, size)
    if drawn and len(drawn) >= len(rows) and all(drawn[: len(rows)]):
        return [*filter(None, drawn)], {row.partition(" ")[0] for row in rows}
    with localcontext(EXACT):
        for at, (row, known) in enumerate(zip_longest(rows, drawn[: len(rows)]), 1):
            if known is not None:
                found.append(known)
                numbers.add(row[: row.index(" ")])
                continue
            words = row.split()
            if not words:
                continue
            try:
                found.append(_object(words, classes, size, choices, (path, f"line {at}")))
            except _Broken as broken:
                origin = f"{path}, line {at}"
                found.append(Left(broken.code, origin, broken.label, broken.expected, broken.found))
            else:
                numbers.add(words[0])
    return found, numbers


def _object(
    words: list[str], classes: Classes, size: Size | None, choices: Choices, place: tuple[str, str]
) -> Annotation:
    number = _class_number(words[0])
    label = classes.names.get(number)
    if label is None and not classes.are_chosen:
        raise ChoiceNeeded(_beyond(number, classes, place))
    if label is None:
        raise _Broken("annotation-broken", "", "a class number that has a name", str(number))
    try:
        numbers = list(map(decimal_of, words[1:]))
    except ValueError as error:
        raise _Broken("shape-broken", label, "numbers", str(error)) from error
    if len(words) > _BOX and _may_have_keypoints(words, classes):
        raise ChoiceNeeded(_asked_for_keypoints(len(words), place))
    each = _numbers_each(len(words), classes)
    if each is None and len(words) > _BOX and len(words) % 2 == 0:
        numbers = _without_confidence(numbers, choices, place)
        each = _numbers_each(len(numbers) + 1, classes)
    if not _is_of_a_form(len(numbers) + 1, each, classes):
        raise _Broken("annotation-broken", label, _forms(classes), f"{len(words)}")
    if size is None:
        raise _Broken("size-missing", label, "width and height of the picture", "none")
    return _annotation(numbers, each, label, classes, size, place[1])


def _annotation(
    numbers: _Numbers, each: int | None, label: str, classes: Classes, size: Size, origin: str
) -> Annotation:
    if len(numbers) + 1 == _BOX or each:
        points = _keypoints(numbers[_BOX - 1 :], each, classes, size) if each else ()
        return Annotation(label, _box(numbers, size), origin, keypoints=points)
    path = tuple(
        nearest_double(share * (size.height if at % 2 else size.width)) for at, share in enumerate(numbers)
    )
    return Annotation(label, Polygon((path,)), origin)


def _box(numbers: _Numbers, size: Size) -> Box:
    x, y, width, height = numbers[: _BOX - 1]
    return Box(
        nearest_double((x - width / 2) * size.width),
        nearest_double((y - height / 2) * size.height),
        nearest_double(width * size.width),
        nearest_double(height * size.height),
    )


def _keypoints(numbers: _Numbers, each: int, classes: Classes, size: Size) -> tuple[Keypoint, ...]:
    """Those that are there: with a visibility above 0, or without one, with no number below 0."""
    found = []
    for name, at in zip(classes.keypoints or (), range(0, len(numbers), each), strict=True):
        x, y = numbers[at], numbers[at + 1]
        if numbers[at + 2] > 0 if each == 3 else x >= 0 and y >= 0:
            found.append(Keypoint(name, nearest_double(x * size.width), nearest_double(y * size.height)))
    return tuple(found)


def _numbers_each(length: int, classes: Classes) -> int | None:
    """How many numbers a keypoint has in a row of so many; None where it has no keypoints."""
    if not classes.keypoints:
        return None
    each = (length - _BOX) / len(classes.keypoints)
    is_so = each == classes.numbers_each if classes.numbers_each else each in {2, 3}
    return int(each) if is_so else None


def _is_of_a_form(length: int, each: int | None, classes: Classes) -> bool:
    if length == _BOX or each:
        return True
    return not classes.keypoints and length >= _LEAST_OUTLINE and length % 2 == 1


def _forms(classes: Classes) -> str:
    if classes.keypoints:
        many = [
            _BOX + len(classes.keypoints) * each for each in (2, 3) if classes.numbers_each in {None, each}
        ]
        return f"5 numbers, or {' or '.join(map(str, many))} with keypoints"
    return "5 numbers, or 7, 9, 11, ..."


def _class_number(word: str) -> int:
    if word.isdecimal() and len(word) < 10:
        return int(word)
    try:
        number = decimal_of(word)
    except ValueError as error:
        raise _Broken("annotation-broken", "", "a class number", word[:40]) from error
    if number != number.to_integral_value() or number < 0:
        raise _Broken("annotation-broken", "", "a class number, a whole one from 0 on", word[:40])
    return int(number)


def _without_confidence(numbers: list[Decimal], choices: Choices, place: tuple[str, str]) -> list[Decimal]:
    if choices.confidence is Confidence.ASK:
        raise ChoiceNeeded(
            f"{', '.join(place)}: the row has {len(numbers) + 1} numbers, one more than its shape. Say where it has "
            "how sure a model was (or the number of a track): --confidence last, or --confidence second, behind the "
            "class."
        )
    return numbers[:-1] if choices.confidence is Confidence.LAST else numbers[1:]


def _may_have_keypoints(words: Sequence[str], classes: Classes) -> bool:
    """Whether a row of a dataset that says nothing of keypoints looks as if it had some, with their visibility."""
    seen = words[_BOX + 2 :: 3]
    if classes.keypoints is not None or not seen or (len(words) - _BOX) % 3:
        return False
    values = {word: float(word) for word in seen}
    return all(value in {0, 1, 2} for value in values.values()) and (
        2 in values.values() or all(word.isdigit() for word in seen)
    )


def _asked_for_keypoints(length: int, place: tuple[str, str]) -> str:
    return (
        f"{', '.join(place)}: the row looks like a box with {(length - _BOX) // 3} keypoints, and nothing in the "
        "source says that there are any. Name them with --keypoint-names FILE, one a line in their order; an empty "
        "file says that there are none."
    )


def _beyond(number: int, classes: Classes, place: tuple[str, str]) -> str:
    return (
        f"{', '.join(place)}: class number {number} has no name in {classes.source}, which has those of "
        f"{min(classes.names)} to {max(classes.names)}. Some tools write the ids of COCO categories in place of "
        "numbers from 0 on. Say what the numbers mean with --class-names FILE, which has a name a line, that of number "
        "0 first; where a number has no name, the line is empty."
    )


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
