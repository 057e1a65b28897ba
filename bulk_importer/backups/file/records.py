"""What is written into a backup beside the entries, and how: the chapter on its format.

A backup is a zstd stream that holds a JSON array of entries (see `making.entries`), so `import`, `check` and `zstd -d`
take it as it is. Between the frames of that stream stand *skippable frames* (RFC 8878, 3.1.2), which every decompressor
passes over. They hold records:

    header | chunk, zstd frame | chunk, zstd frame | ... | trailer

- A record is one skippable frame: its payload is the mark `bulk-importer backup\\n`, a line of JSON, and the XXH3-64 of
  that line in 16 hexadecimal digits. A skippable frame without the mark is somebody else's, and damage here.
- The **header** says what was backed up: server, project, label configuration, how many media, when, by which program.
- A **chunk** stands before the zstd frame that it tells of: its length, its content, and counts of what is in it. So
  one hops from chunk to chunk without unpacking, and can begin at any. A frame holds whole entries, one a line, of some
  MiB; the first of all begins with `[`, the last ends with `]`.
- The **trailer** closes the file: it has the sums, and the digest of the chain that every chunk is a link of. A file
  with a trailer is finished; one without is a part, which `backup` goes on with.

The chain: the digest of the header's line; then for each chunk the digest of the digest before it and of the chunk's
line. A chunk's line has the digests of the frame as it lies there and of what that unpacks to. So the trailer proves
every byte of the file, and no chunk can be missing, doubled or moved.

A crash leaves a prefix: what follows the last chunk whose frame is there whole, and as the chunk says, is cut off. The
chunk and its frame reach the disk together, and before the next one is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

__all__ = ["FORMAT_VERSION", "Chunk", "Header", "Record", "Trailer"]

FORMAT_VERSION = 1


class Header(msgspec.Struct, frozen=True, tag="header", tag_field="record"):
    """What was backed up.

    Attributes:
        format: version of the format.
        server: URL.
        project, name: id and name of the project.
        media: how many media it was to hold when it was begun.
        left_out: media of the project that it was not to hold, by the reason.
        listed: digest of the list of media that a person gave; empty where all of the project were asked for.
        writes: whether the labels were read by the route that writes what is missing.
        began: ISO 8601, UTC.
        program: version of this program.
        label_config: the label configuration, as the server writes it.
    """

    format: int
    server: str
    project: str
    name: str
    media: int
    left_out: Mapping[str, int]
    listed: str
    writes: bool
    began: str
    program: str
    label_config: list[Any]


class Chunk(msgspec.Struct, frozen=True, tag="chunk", tag_field="record", omit_defaults=True):
    """What the zstd frame behind it holds; counts are those of this frame alone.

    Attributes:
        packed, digest: bytes of the frame, and their XXH3-128.
        size, content: bytes of what it unpacks to, and their XXH3-128.
        media: media that were asked for, whatever came of them; 0 in the last chunk, which only closes the array.
        labelled: media that hold any label.
        gone, unread: media that the server does not know any more, or that could not be read; they have no entry.
        values: labels in the entries, by class.
        lost: what an import does not bring back, by kind.
    """

    packed: int
    digest: str
    size: int
    content: str
    media: int = 0
    entries: int = 0
    labelled: int = 0
    gone: int = 0
    unread: int = 0
    values: Mapping[str, int] = {}
    lost: Mapping[str, int] = {}


class Trailer(msgspec.Struct, frozen=True, tag="trailer", tag_field="record"):
    """The end of a finished backup: the sums of its chunks, and the digest of the chain.

    Attributes:
        size: bytes of the JSON array.
        changed: the label configuration was another one at the end.
        ended: ISO 8601, UTC.
        seconds: how long the run took that finished it.
    """

    chain: str
    chunks: int
    size: int
    media: int
    entries: int
    labelled: int
    gone: int
    unread: int
    values: Mapping[str, int]
    lost: Mapping[str, int]
    changed: bool
    ended: str
    seconds: float


Record: TypeAlias = Header | Chunk | Trailer
