"""Makes the report of a plan: one page for all shards, from their logs and from the rejected entries of all.

What it keeps is bounded: examples of each kind, parts of the source, stretches of time, a row for each of the shards
that need something most.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import msgspec

from bulk_importer.checkpoint.rejects import REJECTED
from bulk_importer.cli.fleet.together.chapter import chapter_of_all
from bulk_importer.cli.reporting.images import Images
from bulk_importer.cli.reporting.places import NONE
from bulk_importer.cli.reporting.rejects import sample_of
from bulk_importer.cli.reporting.samples import Samples
from bulk_importer.cli.reporting.writing import REPORT, refuse_unusable, try_to_write
from bulk_importer.distributed.gathering.values import Gathered
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.observe.outcome import Step
from bulk_importer.observe.timeline.accumulating import Timeline
from bulk_importer.observe.timeline.places import Places
from bulk_importer.observe.timeline.reading import read_timeline
from bulk_importer.observe.timeline.together import Together
from bulk_importer.observe.timeline.values import Course
from bulk_importer.spans import Span
from bulk_importer.summary import Summary

__all__ = ["ReportOfAll"]


class _Code(msgspec.Struct):
    code: str


class _Codes(msgspec.Struct):
    findings: list[_Code]


_codes = msgspec.json.Decoder(_Codes)


class ReportOfAll:
    """The report: `see` the rejected entries in order, then `write` it once."""

    def __init__(self, place: Place, folder: Path | None, report: str | None, images: str | None) -> None:
        """Look where it can be.

        Args:
            folder: where the rejected entries of all go; None: nowhere.
            report, images: the settings.

        Raises:
            UsageError: it cannot be there, or there are no images where they are said to be.
        """
        self._place = place
        self._images = Images(images)
        self._path = None if folder is None else folder / REPORT
        if report is not None:
            self._path = None if report == NONE else Path(report)
        if self._path is not None and report is not None:
            refuse_unusable(self._path, "--report", made_later=[] if folder is None else [folder])
        self._rejected = None if folder is None else folder / REJECTED
        # Changed by `see` alone.
        self._samples = Samples()
        self._places = Places(parts={}, codes=[])

    def see(self, number: int, position: int, line: bytes) -> None:
        """Take a line of the rejected entries of all into account; its `number` is from 1."""
        if self._path is None:
            return
        codes = Counter(each.code for each in _codes.decode(line).findings)
        self._places.add([Span(position, position + 1)], codes)
        if (
            any(map(self._samples.lacks, codes))
            and (sample := sample_of(line, number, self._href())) is not None
        ):
            self._samples.offer(sample)

    def write(self, gathered: Gathered, whole: Summary, steps: Sequence[Step]) -> Path | None:
        """Write it, and return where it is; where that is not possible it is said in a line, and None returned."""
        path = self._path
        if path is None:
            return None
        examples = self._samples.examples(whole.findings, self._images.known_by(self._first_folder(gathered)))
        chapter = chapter_of_all(gathered, whole, steps, self._course(gathered), examples)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path if try_to_write(path, [chapter], image_hosts=self._images.hosts) else None

    def _course(self, gathered: Gathered) -> Course:
        together = Together()
        for standing in gathered.standings:
            if standing.folder and standing.summary is not None:
                timeline = self._timeline(f"{standing.folder}/run.log")
                together.add(timeline, f"Shard {standing.shard.index}")
        return together.course(
            most_in_flight=sum(seat.max_in_flight for seat in gathered.plan.seats),
            places=list(self._places.values()),
            positions=gathered.plan.entries,
        )

    def _timeline(self, key: str) -> Timeline:
        """What the `run.log` of a shard adds up to; that of a bucket is there once its worker has ended."""
        if self._place.folder is not None:
            return read_timeline(self._place.folder / key)
        with tempfile.TemporaryDirectory(prefix="bulk-importer-") as scratch:
            path = Path(scratch) / "run.log"
            path.write_bytes(self._place.read(key) or b"")
            return read_timeline(path)

    def _first_folder(self, gathered: Gathered) -> Path | None:
        """A checkpoint that may know how large images are: one knows as much of that as another."""
        key = next((each.folder for each in gathered.standings if each.folder), "")
        return self._place.folder / key if key and self._place.folder is not None else None

    def _href(self) -> str:
        """Where the rejected entries are, as the page has it."""
        if self._path is None or self._rejected is None:
            return ""
        return quote(os.fsencode(os.path.relpath(self._rejected, self._path.parent)))
