"""Goes over the files of a YOLO dataset."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.folders.yolo.classes import Classes, classes_of, is_settings_file
from bulk_importer.formats.folders.yolo.layout import Labelled, first_line, layout_of
from bulk_importer.formats.folders.yolo.rows import looks_like_a_row, objects_of
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Annotation, Left, Picture

__all__ = ["read", "recognises"]

_FILES_LOOKED_AT = 8


def recognises(members: Members) -> bool:
    """Whether one of its first text files begins with a row of numbers, or is empty beside names of classes."""
    texts = (path for path in members.paths if path.endswith(".txt") and not is_settings_file(path))
    lines = [first_line(members, path) for path in islice(texts, _FILES_LOOKED_AT)]
    return any(map(looks_like_a_row, lines))


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures of a dataset, ascending by the place where they stand."""
    classes = classes_of(members, choices)
    layout = layout_of(members, classes.lists)
    for path in layout.passed_over:
        yield Left("member-passed-over", path, "", "label files", "another kind of file", objects=0)
    numbers: set[str] = set()
    for labelled in layout.pictures:
        yield from _picture(members, labelled, classes, choices, numbers)
    if numbers and classes.are_counted and not any(float(number) == 0 for number in numbers):
        raise ChoiceNeeded(
            f"{members.name}: no row has class number 0, which is the first name in {classes.source}. "
            "Either no picture has such an object, or whoever wrote the rows counted from 1 on. Say what the numbers "
            "mean with --class-names FILE, which has a name a line, that of number 0 first."
        )


def _picture(
    members: Members, labelled: Labelled, classes: Classes, choices: Choices, numbers: set[str]
) -> Iterator[Picture | Left]:
    if labelled.rows is None:
        yield Picture(labelled.name, labelled.name, choices.sizes(labelled.name))
        return
    try:
        text = members.read(labelled.rows).decode("utf-8-sig")
    except UnicodeDecodeError:
        yield Left("member-unread", labelled.rows, "", "rows of numbers", "bytes that are no text", objects=0)
        return
    size = choices.sizes(labelled.name) if text.strip() else None
    objects, seen = objects_of(text, labelled.rows, classes, size, choices)
    numbers |= seen
    for each in objects:
        if isinstance(each, Left):
            yield each
    annotations = tuple(each for each in objects if isinstance(each, Annotation))
    yield Picture(labelled.name, labelled.rows, size, annotations, is_stem=labelled.is_stem)
