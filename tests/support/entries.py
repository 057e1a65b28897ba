"""Entries, runs and segments of them, without a source or a server."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bulk_importer.labels.entry import keys_of, lane_of
from bulk_importer.model import Batch, EntryRun, Finding, KeepData, Rejection, Segment, SegmentKey, Severity
from bulk_importer.spans import SpanSet

__all__ = ["ENTRY_BYTES", "batch_of", "entry", "numbered", "rejection_of", "run_of", "segment_of"]

ENTRY_BYTES = 16
"""The length of the short entries below, with the comma behind each."""


def entry(
    media_id: str, at: float = 1, keep: bool | None = None, *, broken: bool = False, **more: object
) -> dict[str, Any]:
    """An entry with a point at `at`, which tells entries apart; `more` adds keys or replaces them.

    A broken entry lacks the other coordinate, which the import schema demands.
    """
    point = {"x": at} if broken else {"x": at, "y": 1}
    keep_data = {} if keep is None else {"keepData": keep}
    return {"internal_media_ID": media_id, **keep_data, "labels": {"poi": [{"point": [point]}]}, **more}


def numbered(number: int, **more: object) -> dict[str, Any]:
    """An entry without labels, for a media that the number names."""
    return {"internal_media_ID": f"media-{number:06d}", "keepData": True, "labels": {}, **more}


def run_of(
    media_ids: Sequence[str],
    raws: Sequence[bytes] | None = None,
    *,
    positions: Sequence[int] | None = None,
    keeps: Iterable[KeepData] | None = None,
    weight: int = 1,
    offset: int = 0,
    separator: bytes = b",",
    padding: int = 0,
) -> EntryRun:
    """One entry for each media, as columns.

    Args:
        raws: the bytes of the entries; a number in place of each, its position, where they do not matter.
        positions: from 0 on unless given.
        keeps: what each entry says about labels that its media holds; nothing unless given.
        weight: what each of them weighs.
        offset: where the segment of the run begins in the source.
        separator: what stands between two entries.
        padding: how many line feeds stand before the first.
    """
    positions = range(len(media_ids)) if positions is None else positions
    raws = [b"%d" % position for position in positions] if raws is None else raws
    starts, at = array("q"), padding
    for raw in raws:
        starts.append(at)
        at += len(raw) + len(separator)
    ids = list(media_ids)
    lanes = [lane_of(media_id) for media_id in ids]
    return EntryRun(
        offset=offset,
        data=b"\n" * padding + separator.join(raws),
        positions=positions,
        starts=starts,
        lengths=array("q", map(len, raws)),
        media_ids=ids,
        lanes=ids if lanes == ids else lanes,
        keeps=bytes(len(ids)) if keeps is None else bytes(keeps),
        weights=array("q", [weight]) * len(ids),
        keys=keys_of(lanes),
    )


def _short_raw(position: int) -> bytes:
    return b'{"n":%09d}' % position


def _short_run(positions: Sequence[int]) -> EntryRun:
    """A run of entries of `ENTRY_BYTES`, each for a media of its own."""
    return run_of(
        [f"m{position}" for position in positions], list(map(_short_raw, positions)), positions=positions
    )


def batch_of(number: int, positions: Sequence[int]) -> Batch:
    """A sealed batch of the short entries at these positions."""
    return Batch(number, (_short_run(positions),), b"[]", len(positions), len(positions))


def rejection_of(position: int, raw: bytes | None = None) -> Rejection:
    """A rejection with one finding."""
    finding = Finding(
        code="schema",
        severity=Severity.ERROR,
        position=position,
        offset=position * ENTRY_BYTES,
        media_id="m",
        pointer="",
        expected="something",
        found="nothing",
        advice="",
    )
    return Rejection(
        position=position,
        offset=position * ENTRY_BYTES,
        media_id="m",
        findings=(finding,),
        raw=_short_raw(position) if raw is None else raw,
    )


def segment_of(
    first: int,
    count: int,
    *,
    rejected: Sequence[int] = (),
    skipped: Sequence[int] = (),
    run: EntryRun | None = None,
    key: Mapping[str, Any] | None = None,
) -> Segment:
    """A segment of `count` short entries from position `first` on, unless its `run` is given.

    `key` replaces fields of its key.
    """
    apart = {*rejected, *skipped}
    fields: dict[str, Any] = {
        "first": first,
        "count": count,
        "offset": first * ENTRY_BYTES,
        "length": count * ENTRY_BYTES,
        "digest": f"{first:032x}",
        **(key or {}),
    }
    return Segment(
        key=SegmentKey(**fields),
        run=run
        or _short_run([position for position in range(first, first + count) if position not in apart]),
        rejections=tuple(map(rejection_of, rejected)),
        skipped=SpanSet.of(skipped).spans,
        counts={"schema": len(rejected)} if rejected else {},
        digests=b"".join(position.to_bytes(8, "big") for position in range(first, first + count)),
    )
