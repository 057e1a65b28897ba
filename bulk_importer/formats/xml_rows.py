"""Reads XML files of other tools: the elements below the root one after the other, or a small file as a whole.

Pure. A file with a DOCTYPE is refused, so that no entity is ever expanded or fetched; no tool that labels pictures
writes one. What is not XML, ends too early, or has an element beyond all measure is `SourceUnreadable` with the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from bulk_importer.errors import SourceUnreadable

__all__ = ["element_of", "elements_of", "root_of"]

_PIECE_BYTES = 1 << 16
_MOST_ELEMENT_BYTES = 64 << 20
_MOST_DEPTH = 64
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)")
_ASIDE = re.compile(rb"<\?.*?\?>|<!--.*?-->", re.DOTALL)


def root_of(head: bytes) -> str:
    """The name of the root, as far as the first bytes of a file show it; empty where they are no XML."""
    text = _ASIDE.sub(b"", head.removeprefix(b"\xef\xbb\xbf")).lstrip()
    found = _ROOT.match(text)
    return found[1].decode("ascii", "replace") if found else ""


def element_of(content: bytes, place: str) -> Element:
    """A small file as a whole."""
    parser = _Parser(place, depth=1)
    parser.feed(content, is_last=True)
    return parser.taken()[0]


def elements_of(file: BinaryIO, place: str) -> Iterator[Element]:
    """The elements below the root, in their order, each let go of when the next one is asked for."""
    parser = _Parser(place, depth=2)
    while piece := file.read(_PIECE_BYTES):
        parser.feed(piece, is_last=False)
        yield from parser.taken()
    parser.feed(b"", is_last=True)
    yield from parser.taken()


class _Parser:
    """Collects the elements of one depth."""

    def __init__(self, place: str, depth: int) -> None:
        self._place = place
        self._wanted = depth
        # What follows changes with each element that begins or ends.
        self._depth = 0
        self._begun = 0
        self._fed = 0
        self._builder = TreeBuilder()
        self._done: list[Element] = []
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._data
        self._expat.StartDoctypeDeclHandler = self._refuse

    def feed(self, piece: bytes, *, is_last: bool) -> None:
        try:
            self._expat.Parse(piece, is_last)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise SourceUnreadable(self._place, f"it is not XML ({error})") from error
        self._fed += len(piece)
        # Outside of an element only what is not understood yet is held: a tag that does not end.
        held = self._fed - (self._begun if self._depth >= self._wanted else self._expat.CurrentByteIndex)
        if not is_last and held > _MOST_ELEMENT_BYTES:
            reason = f"an element in it is larger than {_MOST_ELEMENT_BYTES >> 20} MiB, which none should be"
            raise SourceUnreadable(self._place, reason)

    def taken(self) -> list[Element]:
        """The elements that have ended since it was asked last."""
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise SourceUnreadable(self._place, f"it is nested deeper than {_MOST_DEPTH} elements")
        if self._depth == self._wanted:
            self._builder = TreeBuilder()
            self._begun = self._expat.CurrentByteIndex
        if self._depth >= self._wanted:
            self._builder.start(name, attributes)

    def _end(self, name: str) -> None:
        if self._depth >= self._wanted:
            self._builder.end(name)
        if self._depth == self._wanted:
            self._done.append(self._builder.close())
        self._depth -= 1

    def _data(self, text: str) -> None:
        if self._depth >= self._wanted:
            self._builder.data(text)

    def _refuse(self, *_: object) -> NoReturn:
        raise SourceUnreadable(
            self._place, "it has a DOCTYPE, which is not read", advice="Take it out of the file."
        )
