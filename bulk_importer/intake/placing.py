"""Puts what a worker judged, which counts from its segment, where the segment stands in the source.

Pure.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from bulk_importer.intake.framing.scan import Scan
from bulk_importer.intake.validation.segment_builder import Flawed, Judged
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.model import Element, Finding, Rejection, Segment, SegmentKey, Severity
from bulk_importer.spans import Span

__all__ = ["placed"]


def placed(
    key: SegmentKey, found: Scan, judged: Judged, data: bytes, severities: Mapping[str, Severity]
) -> Segment:
    """The segment `key`, of which `found` and `judged` tell the elements.

    Args:
        data: the bytes of the segment.
        severities: what each code counts as in this run.
    """

    def element(flawed: Flawed) -> Element:
        start, length = found.starts[flawed.index], found.lengths[flawed.index]
        return Element(
            position=key.first + flawed.index,
            offset=key.offset + start,
            media_id=flawed.media_id,
            raw=data[start : start + length],
        )

    def findings(flawed: Flawed) -> list[Finding]:
        about = element(flawed)
        return [
            Finding.of(CATALOGUE[code], about, *said, severity=severities[code])
            for code, *said in flawed.flaws
        ]

    run = judged.run
    return Segment(
        key,
        replace(run, offset=key.offset, data=run.data or data, positions=_shifted(run.positions, key.first)),
        tuple(Rejection.of(element(each), findings(each)) for each in judged.rejected),
        tuple(Span(start + key.first, stop + key.first) for start, stop in judged.skipped),
        judged.counts,
        judged.digests,
        tuple(finding for each in judged.warned for finding in findings(each)),
        judged.geometries,
    )


def _shifted(indexes: Sequence[int], first: int) -> Sequence[int]:
    if isinstance(indexes, range):
        return range(indexes.start + first, indexes.stop + first)
    return array("q", [index + first for index in indexes])
