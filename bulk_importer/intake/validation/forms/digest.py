"""The digest of an entry, and a form of any entry that the schema accepts, of which it can be taken.

Pure.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from msgspec import UNSET, UnsetType
from xxhash import xxh64_digest

__all__ = ["MOST_KEYS", "AnyEntry", "digest_of", "encode_canonically", "encode_sorted"]

AnyValue: TypeAlias = float | str | bool | list[object] | dict[str, object] | None
AnyShape: TypeAlias = list[dict[str, AnyValue]]


class AnyNested(msgspec.Struct, gc=False):
    """What the server reads of a nested geometry that the schema accepts."""

    classifications: dict[str, list[object]] | UnsetType = UNSET
    geometry: AnyShape | UnsetType = UNSET
    line: AnyShape | UnsetType = UNSET
    point: AnyShape | UnsetType = UNSET
    polygon: AnyShape | UnsetType = UNSET
    rectangle: AnyShape | UnsetType = UNSET


class AnyGeometry(msgspec.Struct, gc=False):
    """What the server reads of a geometry that the schema accepts."""

    classifications: dict[str, list[object]] | UnsetType = UNSET
    geometry: AnyShape | UnsetType = UNSET
    image_segmentation: list[object] | UnsetType = UNSET
    line: AnyShape | UnsetType = UNSET
    nested_geometries: dict[str, list[AnyNested]] | list[object] | float | str | bool | UnsetType | None = (
        UNSET
    )
    point: AnyShape | UnsetType = UNSET
    polygon: AnyShape | UnsetType = UNSET
    rectangle: AnyShape | UnsetType = UNSET


class AnyEntry(msgspec.Struct, gc=False, kw_only=True):
    """What the server reads of any entry that the schema accepts and a double can hold."""

    global_classifications: dict[str, list[object]] | UnsetType = UNSET
    internal_media_ID: str | UnsetType = UNSET  # noqa: N815  # the key in the file
    keepData: bool | UnsetType = UNSET  # noqa: N815  # the key in the file
    labels: dict[str, list[AnyGeometry]] | UnsetType = UNSET


encode_canonically = msgspec.msgpack.Encoder(order="deterministic").encode_into
"""Writes what the digest of an entry is taken over into a bytearray, in place of what was in it.

For types of which no object has more than `MOST_KEYS` keys.
"""

encode_sorted = msgspec.msgpack.Encoder(order="sorted").encode_into
"""Writes the same bytes, in nearly twice the time, whatever number of keys a type has.

(Of an object of a type of more keys, the other one writes the length in three bytes, however few keys it has.)
"""

MOST_KEYS = 15


def digest_of(entry: msgspec.Struct) -> bytes:
    """Eight bytes by which an entry is known again in a mended source, however that was written.

    Taken over what the server reads, not over the text: white space, escapes, the order of keys, `1.50` for `1.5`
    and keys that the server ignores do not count; the order of geometries, points and values does. A number counts as
    the double that the server stores. MessagePack needs 2 µs for an entry of 2 kB where JSON needs 15, and XXH64 a
    twentieth where a cryptographic hash needs one: nobody gains by an entry that is taken for another. (Not XXH3: its
    wide registers slow down what runs between the hashes.)
    """
    written = bytearray()
    encode_canonically(entry, written)
    return xxh64_digest(written)
