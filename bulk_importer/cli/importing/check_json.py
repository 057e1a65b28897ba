"""Puts what checks found into one object, of the same keys for one source and for many: what `check --json` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from bulk_importer.errors import BulkImporterError, ExitCode, most_important
from bulk_importer.pipeline.check.checking import CheckReport

__all__ = ["together", "unread"]

_COUNTS = ("entries", "accepted", "rejected", "skipped", "bytes", "seconds")
_COUNTED = ("findings", "keep_data", "geometries")


def together(reports: Sequence[CheckReport]) -> dict[str, Any]:
    """The keys of a report, and `sources` with one for each source.

    Args:
        reports: at least one.

    Returns:
        Counts are sums. None where there are several sources: what names one, and what cannot be added up, because
        media may be in more than one. The groups of findings are those of the sources alone.
    """
    each: list[dict[str, Any]] = [msgspec.to_builtins(report) for report in reports]
    if len(each) == 1:
        return {**each[0], "sources": each}
    sums = {name: sum(getattr(report, name) for report in reports) for name in _COUNTS}
    counted = {name: _added(getattr(report, name) for report in reports) for name in _COUNTED}
    replacing = [report.replacing for report in reports if report.replacing is not None]
    return {
        **each[0],
        **sums,
        **counted,
        "seconds": round(sums["seconds"], 3),
        "exit_code": int(most_important([ExitCode(report.exit_code) for report in reports])),
        "source": None,
        "message": " ".join(f"{report.source}: {report.message}" for report in reports if report.message),
        **dict.fromkeys(("media_accepted", "media_rejected", "media_without_entry")),
        "media_replaced": None,
        "replacing": sum(replacing) if replacing else None,
        "groups": [],
        "conversion": None,
        "sources": each,
    }


def unread(source: str, error: BulkImporterError) -> CheckReport:
    """The report on a source of which nothing could be read."""
    return CheckReport(
        entries=0,
        accepted=0,
        rejected=0,
        skipped=0,
        findings={},
        bytes=0,
        seconds=0.0,
        exit_code=error.exit_code,
        source=source,
        message=str(error),
        media_accepted=None,
        media_rejected=None,
        media_without_entry=None,
        replacing=None,
        media_replaced=None,
        keep_data={},
        geometries={},
        groups=[],
        checked=(),
        unchecked=(),
    )


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for each in counts:
        summed.update(each)
    return dict(summed.most_common())
