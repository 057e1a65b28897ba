"""Writes records as skippable zstd frames, and reads them again (see `records`). Pure."""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec
from xxhash import xxh3_64_hexdigest

from bulk_importer.backups.file.mark import KIND, MARK
from bulk_importer.backups.file.records import Record

__all__ = ["HEAD_BYTES", "NotARecord", "frame_of", "payload_bytes", "record_of"]

HEAD_BYTES = 8
"""How many bytes stand before the payload of a skippable frame."""

_HEAD = struct.Struct("<II")
_DIGEST_BYTES = 16
_MOST_BYTES = 1 << 28
_encode = msgspec.json.Encoder().encode
_decode: Callable[[bytes], Record] = msgspec.json.Decoder(Record).decode


class NotARecord(Exception):
    """These bytes are no record that was written here."""


def frame_of(record: Record) -> bytes:
    """The record as it lies in the file."""
    line = _encode(record)
    payload = b"".join((MARK, line, b"\n", xxh3_64_hexdigest(line).encode(), b"\n"))
    return _HEAD.pack(KIND, len(payload)) + payload


def payload_bytes(head: bytes) -> int:
    """How long the payload is that follows these `HEAD_BYTES`. Raises `NotARecord`: they begin no record."""
    if len(head) < HEAD_BYTES:
        raise NotARecord
    kind, length = _HEAD.unpack(head)
    if kind != KIND or not len(MARK) < length <= _MOST_BYTES:
        raise NotARecord
    return int(length)


def record_of(payload: bytes) -> Record:
    """The record of this payload. Raises `NotARecord`: it is none, or not as it was written."""
    end = len(payload) - _DIGEST_BYTES - 2
    line = payload[len(MARK) : end]
    if not payload.startswith(MARK) or payload[end:] != b"\n" + xxh3_64_hexdigest(line).encode() + b"\n":
        raise NotARecord
    try:
        return _decode(line)
    except msgspec.MsgspecError as error:
        raise NotARecord from error
