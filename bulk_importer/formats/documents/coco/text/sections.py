"""Finds the sections of a COCO file in one pass: where the elements of its arrays lie.

Pure, but for the file that it reads. The sections may stand in any order. An array is cut into stretches of whole
elements: a guess where one ends (what stood between the last two that were delimited), and the proof by decoding what
was cut. Where the guess was wrong, and at the end of an array, elements are delimited by their structure.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias

import msgspec

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.documents.coco.text.rows import Kind
from bulk_importer.formats.documents.coco.text.stretches import Stretch
from bulk_importer.formats.documents.coco.text.window import STRETCH_BYTES, Window

__all__ = ["Document", "Look", "Section", "document_of", "section_of"]

_BOM = b"\xef\xbb\xbf"
_joint = re.compile(rb'\}[ \t\n\r]*+,[ \t\n\r]*+\{[ \t\n\r]*+"[^"\\]{0,64}"')


@dataclass(slots=True)
class Section:
    """An array of the document, cut into stretches: its elements, from the first to the last of each, with commas.

    Attributes:
        joint: what seems to stand between two of its elements; empty where it has less than two.
    """

    joint: bytes = b""
    starts: array[int] = field(default_factory=lambda: array("q"))
    stops: array[int] = field(default_factory=lambda: array("q"))

    def add(self, start: int, stop: int) -> None:
        """Put a stretch behind the others."""
        self.starts.append(start)
        self.stops.append(stop)

    @property
    def bytes(self) -> int:
        """About how long it is."""
        return self.stops[-1] - self.starts[0] if self.starts else 0

    def stretches(self, file: BinaryIO, first: int = 0, before: int = 0) -> Iterator[Stretch]:
        """Read its stretches, one after the other.

        Args:
            first: from which one on.
            before: how many bytes of the document are not in the file, at its beginning.
        """
        for start, stop in zip(self.starts[first:], self.stops[first:], strict=True):
            file.seek(start - before)
            yield Stretch(file.read(stop - start))


@dataclass(slots=True)
class Document:
    """What a COCO file has at its top.

    Attributes:
        sections: the arrays that were asked for.
        others: keys of what else there is and is not empty.
    """

    sections: dict[str, Section] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Look:
    """What is taken of the elements of a section while it is passed.

    Attributes:
        kind: as which elements are decoded; what is not of it is seen as None.
        see: called with the elements of each stretch.
        ahead: called behind the first stretch of a section, with where the next one begins: gives parts of the section
            that follow each other from there on, which were looked at and seen elsewhere.
    """

    kind: Kind
    see: Callable[[list[Any]], None]
    ahead: Callable[[Section, int], Iterator[Section]] = lambda _, __: iter(())


_Looks: TypeAlias = Mapping[str, Look]


def document_of(
    window: Window, place: str, looks: _Looks, passing: Callable[[], None] = lambda: None
) -> Document:
    """Pass over a whole document, and look at the sections that are asked for.

    Args:
        passing: called before each stretch of them.

    Raises:
        SourceUnreadable: it is no JSON object, ends too early, has one of these sections twice, or something stands
            behind it, such as another document.
    """
    document = Document()
    _begin(window)
    while (key := _key(window)) is not None:
        if key in looks and window.data[:1] == b"[":
            if key in document.sections:
                reason = f'it has the section "{key}" twice, and which of them counts cannot be told'
                raise SourceUnreadable(place, reason, at_fault=True)
            window.drop(window.solid(1))
            document.sections[key] = section_of(window, looks[key], passing)
            continue
        if key in looks:
            window.fail(0, f'"{key}" is no array')
        if window.pass_value():
            document.others.append(key)
    window.drop(window.solid(0) + 1)
    window.require_end()
    return document


def _begin(window: Window) -> None:
    window.more()
    window.drop(len(_BOM) if window.data.startswith(_BOM) else 0)
    at = window.solid(0)
    if window.data[at : at + 1] != b"{":
        window.fail(at, "an object with images and annotations is expected")
    window.drop(at + 1)


def _key(window: Window) -> str | None:
    """The next key, with the window on its value; None behind the last one."""
    at = window.solid(0)
    if window.data[at : at + 1] == b",":
        at = window.solid(at + 1)
    elif window.data[at : at + 1] == b"}":
        return None
    if window.data[at : at + 1] != b'"':
        window.fail(at, "a key or the closing bracket of an object is missing")
    end = window.end_of_value(at)
    try:
        key = msgspec.json.decode(window.data[at:end], type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        window.fail(at, "a key is no text")
    at = window.solid(end)
    if window.data[at : at + 1] != b":":
        window.fail(at, "a colon is missing behind a key")
    window.drop(window.solid(at + 1))
    return key


def section_of(
    window: Window, look: Look, passing: Callable[[], None] = lambda: None, joint: bytes = b""
) -> Section:
    """Cut an array, from its first element on, and move behind it.

    Args:
        passing: called before each stretch.
        joint: what seems to stand between two elements, where that is known.

    Raises:
        SourceUnreadable: it ends too early.
    """
    section = Section()
    stretches = _Stretches(window, look, joint)
    while window.data[:1] != b"]":
        passing()
        section.add(*stretches.take())
        section.joint = stretches.joint
        if len(section.starts) == 1 and section.joint:
            for part in look.ahead(section, window.offset):
                section.starts += part.starts
                section.stops += part.stops
                window.go_to(part.stops[-1])
                passing()
            stretches.pass_comma()
    window.drop(1)
    return section


class _Stretches:
    """Cuts an array."""

    def __init__(self, window: Window, look: Look, joint: bytes) -> None:
        # Changed by `_exact` alone.
        self.joint = joint
        self._is_first = True
        self._window = window
        self._look = look

    def take(self) -> tuple[int, int]:
        """Where the next stretch lies in the file; the window is moved to what follows it."""
        window = self._window
        while len(window.data) < STRETCH_BYTES and window.more():
            pass
        at = window.data.rfind(self.joint, 0, STRETCH_BYTES) + 1 if self.joint else 0
        if not at or not self._is_proven(window.data[:at]):
            at = self._exact()
        stretch = (window.offset, window.offset + at)
        window.drop(at)
        self.pass_comma()
        return stretch

    def pass_comma(self) -> None:
        """Move from the end of an element to the next one, or to the end of the array."""
        window = self._window
        at = window.solid(0)
        if window.data[at : at + 1] == b",":
            at = window.solid(at + 1)
            if window.data[at : at + 1] == b"]":
                window.fail(at, "an array ends behind a comma")
        window.drop(at)

    def _is_proven(self, text: bytes) -> bool:
        """Decode what seems to be whole elements, and see them; false where it is no such thing."""
        found = self._look.kind.all_of(text)
        if found is None:
            stretch = Stretch(text)
            if stretch.proven is None:
                return False
            found = [self._look.kind.one(each) for each in stretch.proven]
        self._look.see(found)
        return True

    def _exact(self) -> int:
        """Delimit elements by their structure, and see them; what is not JSON in itself is seen as None."""
        window = self._window
        # Two show what stands between them; later, all that were read.
        most = 2 if self._is_first else len(window.data)
        self._is_first = False
        frames = list(window.elements(0, STRETCH_BYTES, most))
        end = frames[-1][1]
        if len(frames) > 1 and (found := _joint.match(window.data, frames[-2][1] - 1)):
            self.joint = found[0]
        if not self._is_proven(window.data[:end]):
            self._look.see([self._look.kind.one(window.data[start:stop]) for start, stop in frames])
        return end
