"""Makes a chapter of what a conversion carried and what it left behind."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from bulk_importer.cli.reporting.accounts import ledger_of_books
from bulk_importer.cli.reporting.kinds import found_of
from bulk_importer.formats.model import Left
from bulk_importer.observe import source_called
from bulk_importer.observe.outcome import Step
from bulk_importer.observe.report import Chapter, Count, Place, Verdict
from bulk_importer.readable import counted
from bulk_importer.summary import Books

__all__ = ["LeftPlaces", "chapter_of_conversion"]

_MOST_PLACES = 500


class LeftPlaces:
    """What a conversion left behind or decided, grouped by what was found; bounded, whatever is left behind."""

    def __init__(self) -> None:
        # By code, what was expected and what was found: where it was first, and how often. Changed by `add` alone.
        self._groups: dict[tuple[str, str, str], tuple[str, int]] = {}

    def add(self, left: Left) -> None:
        """Count one in."""
        key = (left.code, left.expected, left.found)
        origin, count = self._groups.get(key, (left.origin, 0))
        if count or len(self._groups) < _MOST_PLACES:
            self._groups[key] = (origin, count + 1)

    def places(self) -> list[Place]:
        """The groups, the most frequent first."""
        by_number = sorted(self._groups.items(), key=lambda pair: -pair[1][1])
        return [
            Place(code=code, path=origin, found=found, expected=expected, count=count)
            for (code, expected, found), (origin, count) in by_number
        ]


def chapter_of_conversion(source: str, output: Path | None, books: Books, left: LeftPlaces) -> Chapter:
    """All that there is to say of a source that was converted.

    Args:
        output: the file of the entries; None where they went to standard output.
    """
    read, behind = sum(books.read.values()), sum(books.left_behind.values())
    place = "standard output" if output is None else str(output)
    return Chapter(
        name=source_called(source),
        verdict=Verdict.DONE if books.is_complete else Verdict.PARTLY,
        headline="Converted" if books.is_complete else "Converted, and something is left behind",
        outcome=f"{read - behind:,} of {counted(read, 'object')} carried, into {counted(books.entries, 'entry')}",
        route=f"{source_called(source)} ({books.format}) -> {place}",
        counts=[
            Count("pictures", books.pictures),
            Count("entries", books.entries),
            Count("objects", read),
            Count("carried", read - behind),
            Count("left behind", behind, is_bad=not books.is_complete),
        ],
        missing=[f"{counted(behind, 'object', 'is')} left behind."] if behind else [],
        steps=list(_steps(output, books)),
        ledgers=[ledger_of_books(books)],
        findings=found_of(books.findings, {}),
        places_title="What was left behind or decided, and where first",
        places=left.places(),
    )


def _steps(output: Path | None, books: Books) -> Iterator[Step]:
    if books.findings:
        yield Step("Look at what was found; 'bulk-importer explain CODE' says what a code means.")
    if output is not None:
        yield Step(
            "To send the entries, run",
            command=f"bulk-importer import {shlex.quote(str(output))} --server URL --project P",
        )
