"""Reads a stretch of an open file. A module of its own: a worker process needs this, and nothing else of `sources`."""

from __future__ import annotations

import os

__all__ = ["read_at"]


def read_at(descriptor: int, length: int, offset: int) -> bytes:
    """`os.pread` that goes on until all is read or the file ends; the kernel gives at most 2 GiB at once."""
    first = os.pread(descriptor, length, offset)
    if len(first) == length or not first:
        return first
    pieces = [first]
    have = len(first)
    while have < length:
        piece = os.pread(descriptor, length - have, offset + have)
        if not piece:
            break
        pieces.append(piece)
        have += len(piece)
    return b"".join(pieces)
