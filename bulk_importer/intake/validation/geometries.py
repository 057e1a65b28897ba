"""How many geometries entries have, by class: what an import would write.

Pure.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import cast

import msgspec
from msgspec import UNSET

from bulk_importer.model import EntryRun

__all__ = ["add_decoded", "add_geometries", "geometries_in"]


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


def add_decoded(entry: bytes, labels: object, counted: Counter[str]) -> None:
    """Add the geometries of an entry that has been decoded, in less time.

    Args:
        labels: what a form made of its key of that name: lists by class in a dict or a struct, or `UNSET`.
    """
    if b'"nested_geometries"' in entry or b"\\" in entry:  # a key may be written with escapes
        add_geometries([entry], counted)
    elif isinstance(labels, dict):
        for key, geometries in labels.items():
            if geometries:
                counted[key] += len(geometries)
    elif labels is not UNSET:
        for name, key in _keys_of(cast("Hashable", type(labels))).items():
            geometries = getattr(labels, name)
            if geometries is not UNSET and geometries:
                counted[key] += len(geometries)


@functools.cache
def _keys_of(kind: Hashable) -> Mapping[str, str]:
    """The keys in JSON of the fields of a type of structs, by their names."""
    fields = msgspec.structs.fields(cast("type[msgspec.Struct]", kind))
    return {each.name: each.encode_name for each in fields}
