"""Goes over the files of a YOLO dataset, some hundred pictures at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.folders.yolo.classes import Classes, classes_of, is_settings_file
from bulk_importer.formats.folders.yolo.layout import Labelled, Layout, first_line, layout_of
from bulk_importer.formats.folders.yolo.rows import looks_like_a_row, objects_of
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Annotation, Drawn, Left, Picture
from bulk_importer.formats.sharing import read_in_shares

__all__ = ["plans", "read", "recognises"]

_FILES_LOOKED_AT = 8
_PICTURES_AT_ONCE = 256


def recognises(members: Members) -> bool:
    """Whether one of its first text files begins with a row of numbers, or is empty beside names of classes."""
    texts = (path for path in members.paths if path.endswith(".txt") and not is_settings_file(path))
    lines = [first_line(members, path) for path in islice(texts, _FILES_LOOKED_AT)]
    return any(map(looks_like_a_row, lines))


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures of a dataset, ascending by the place where they stand."""
    return read_in_shares(plans(members, choices), members, choices)


def plans(members: Members, choices: Choices) -> Iterator[YoloPlan]:
    """The one plan of a dataset.

    Raises:
        SourceUnreadable: a file that says what its numbers mean cannot be read.
        ChoiceNeeded: no file does, or two say different things.
    """
    classes = classes_of(members, choices)
    yield YoloPlan(classes, layout_of(members, classes.lists), members.name)


@dataclass(frozen=True, slots=True)
class YoloPlan:
    """What a dataset holds; `ground` is what its numbers mean."""

    ground: Classes
    layout: Layout
    name: str
    unit = "pictures"

    @property
    def weight(self) -> int:
        """How many pictures there are."""
        return self.layout.count

    def shares(self) -> Iterator[YoloShare | Left]:
        """The pictures, some hundred at a time."""
        for path in self.layout.passed_over:
            yield Left("member-passed-over", path, "", "label files", "another kind of file", objects=0)
        while pictures := tuple(islice(self.layout.pictures, _PICTURES_AT_ONCE)):
            yield YoloShare(pictures)

    def finish(self, noted: Collection[str]) -> None:
        """Look at the class numbers of all rows: those that are counted from 1 on have no 0."""
        if noted and self.ground.are_counted and not any(float(number) == 0 for number in noted):
            raise ChoiceNeeded(
                f"{self.name}: no row has class number 0, which is the first name in {self.ground.source}. "
                "Either no picture has such an object, or whoever wrote the rows counted from 1 on. Say what the "
                "numbers mean with --class-names FILE, which has a name a line, that of number 0 first."
            )


class YoloShare(msgspec.Struct, frozen=True):
    """Pictures that follow each other."""

    pictures: tuple[Labelled, ...]

    @property
    def weight(self) -> int:
        """How many there are."""
        return len(self.pictures)

    def read(
        self, ground: Classes, members: Members, choices: Choices, note: Callable[[str], None]
    ) -> Iterator[Picture | Left]:
        """The pictures; the class numbers of their rows are noted."""
        for labelled in self.pictures:
            yield from _picture(members, labelled, ground, choices, note)


def _picture(
    members: Members, labelled: Labelled, classes: Classes, choices: Choices, note: Callable[[str], None]
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
    objects, numbers = objects_of(text, labelled.rows, classes, size, choices)
    for number in numbers:
        note(number)
    annotations: list[Annotation | Drawn] = []
    for each in objects:
        if isinstance(each, Left):
            yield each
        else:
            annotations.append(each)
    yield Picture(labelled.name, labelled.rows, size, tuple(annotations), is_stem=labelled.is_stem)
