"""Keeps when a run was quiet, and when something changed: of each kind so many at most.

Pure. Times are seconds since 1970 and come in order. Where there are too many of a kind, those go that are missed
least: of quiet times the shortest, of marks the one whose neighbours are nearest. So the first hours of a night stay.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bulk_importer.observe.timeline.values import Mark, Quiet
from bulk_importer.readable import readable

__all__ = ["MOST", "Moments"]

MOST = 60
"""Of a kind; more could not be told apart in a plot."""
_LONGEST_TEXT = 200


class Moments(msgspec.Struct):
    """Quiet times and marks, by kind, each in the order of time; `open` are the quiet times that go on,
    `left_out` how many of a kind are not kept."""

    quiet: dict[str, list[Quiet]] = {}
    open: dict[str, Quiet] = {}
    marks: dict[str, list[Mark]] = {}
    left_out: dict[str, int] = {}

    def mark(self, mark: Mark) -> None:
        """Keep a mark; of a text its beginning."""
        marks = self.marks.setdefault(mark.kind, [])
        marks.append(msgspec.structs.replace(mark, text=_short(mark.text)))
        if len(marks) > MOST:
            inner = range(1, len(marks) - 1)
            del marks[min(inner, key=lambda index: marks[index + 1].at - marks[index - 1].at)]
            self._count_out(mark.kind)

    def begin(self, kind: str, at: float, reason: str = "") -> None:
        """A quiet time begins, if one of this kind does not go on."""
        self.open.setdefault(kind, Quiet(kind=kind, at=at, reason=_short(reason)))

    def end(self, kind: str, at: float) -> None:
        """The quiet time of this kind is over, if there is one."""
        begun = self.open.pop(kind, None)
        if begun is None:
            return
        quiet = self.quiet.setdefault(kind, [])
        quiet.append(msgspec.structs.replace(begun, until=max(begun.at, at)))
        if len(quiet) > MOST:
            del quiet[min(range(len(quiet)), key=lambda index: _seconds(quiet[index]))]
            self._count_out(kind)

    def end_all(self, at: float) -> None:
        """Nothing goes on any more."""
        for kind in list(self.open):
            self.end(kind, at)

    def _count_out(self, kind: str) -> None:
        self.left_out[kind] = self.left_out.get(kind, 0) + 1

    def all_quiet(self) -> Iterator[Quiet]:
        """All quiet times, in the order in which they began."""
        kept = [*(each for some in self.quiet.values() for each in some), *self.open.values()]
        yield from sorted(kept, key=lambda each: each.at)

    def all_marks(self) -> Iterator[Mark]:
        """All marks, in order."""
        yield from sorted((each for some in self.marks.values() for each in some), key=lambda each: each.at)


def _seconds(quiet: Quiet) -> float:
    return quiet.until - quiet.at if quiet.until is not None else 0.0


def _short(text: str) -> str:
    text = readable(text)
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
