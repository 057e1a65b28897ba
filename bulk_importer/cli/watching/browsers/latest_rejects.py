"""Reads the entries that were rejected last, with their pictures, at the end of `rejected.jsonl`.

The latest of each code that is met there come before others: one that most entries have does not hide the rest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bulk_importer.machine.aside import aside

if TYPE_CHECKING:
    from bulk_importer.cli.reporting.samples import Sample
    from bulk_importer.observe.report import Example

__all__ = ["LatestRejects"]

_MOST = 6
_MOST_LINES = 500
_LOOKED_AT_BYTES = 512 << 10
_SECONDS_BETWEEN = 2.0
"""Reading and drawing takes some ten milliseconds, which a run that rejects all the time does not notice then."""


class LatestRejects:
    """The latest rejected entries of one checkpoint after another; read anew now and then, when more are rejected."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Changed by `of`: of which folder, and of how many rejected entries, the examples are the latest; since when.
        self._known: tuple[str, int] = ("", 0)
        self._at: float | None = None
        self._examples: Sequence[Example] = ()

    async def of(self, checkpoint: str, rejected: int) -> Sequence[Example]:
        """The latest first; read in a thread, because disks can be slow.

        Args:
            rejected: how many there are by now.
        """
        now = self._clock()
        is_due = self._at is None or now - self._at >= _SECONDS_BETWEEN or checkpoint != self._known[0]
        if is_due and self._known != (checkpoint, rejected):
            self._known, self._at = (checkpoint, rejected), now
            found: list[Example] = []
            if rejected:
                await aside(_read, Path(checkpoint), found)
            self._examples = found
        return self._examples


def _read(folder: Path, found: list[Example]) -> None:
    from bulk_importer.cli.reporting.images import no_image
    from bulk_importer.cli.reporting.rejects import sample_of

    samples: list[Sample] = []
    for line in _last_lines(folder):
        if (sample := sample_of(line, None, "")) is not None and sample.findings:
            code = str(sample.findings[0]["code"])
            samples.append(msgspec.structs.replace(sample, code=code, href=""))
    found.extend(each.shown(no_image) for each in _told_apart(samples))


def _told_apart(samples: Sequence[Sample]) -> Sequence[Sample]:
    """As many as are shown, of those that there are: the first of each code, and then others; in their order."""
    first: dict[str, Sample] = {}
    for each in samples:
        first.setdefault(each.code, each)
    rest = [each for each in samples if first[each.code] is not each]
    kept = [*first.values(), *rest][:_MOST]
    return [each for each in samples if any(each is one for one in kept)]


def _last_lines(folder: Path) -> Iterator[bytes]:
    """Some of the last whole lines, the last one first; fewer where they are long."""
    from bulk_importer.checkpoint.rejects import REJECTED

    try:
        with (folder / REJECTED).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _LOOKED_AT_BYTES))
            end = file.read(_LOOKED_AT_BYTES)
    except OSError:
        return
    lines = end.split(b"\n")[:-1]
    whole = lines if size <= _LOOKED_AT_BYTES else lines[1:]
    yield from reversed(whole[-_MOST_LINES:])
