"""How many geometries entries have, by class: what an import would write.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from bulk_importer.model import EntryRun

__all__ = ["add_geometries", "geometries_in"]


class _Geometry(msgspec.Struct, gc=False):
    nested_geometries: dict[str, list[msgspec.Raw]] | None = None


class _Labels(msgspec.Struct, gc=False):
    labels: dict[str, list[_Geometry]] | None = None


_decode_labels = msgspec.json.Decoder(_Labels).decode


def geometries_in(run: EntryRun) -> Counter[str]:
    """The geometries of all entries of a run."""
    data = memoryview(run.data)
    counted: Counter[str] = Counter()
    spans = zip(run.starts, run.lengths, strict=True)
    add_geometries((data[start : start + length] for start, length in spans), counted)
    return counted


def add_geometries(entries: Iterable[bytes | memoryview], counted: Counter[str]) -> None:
    """Add the geometries of entries that the rules accept to `counted`, nested ones as `class/nested class`.

    Nothing is added for an entry of which `nested_geometries` is no object, which rules may let pass.
    """
    for entry in entries:
        try:
            labels = _decode_labels(entry).labels or {}
        except msgspec.ValidationError:
            continue
        for key, geometries in labels.items():
            if geometries:
                counted[key] += len(geometries)
            for geometry in geometries:
                for below, inner in (geometry.nested_geometries or {}).items():
                    if inner:
                        counted[f"{key}/{below}"] += len(inner)
