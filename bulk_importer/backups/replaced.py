"""What an import replaced: the labels that media held before, in a file of the checkpoint folder.

Each time that labels are about to be replaced, two frames are put behind the others and synced: one that unpackers
skip, and one of zstd with JSON Lines. The lines are entries as `entries` makes them, so that `import` takes the file as
it is. What is skipped says of which media the lines are:

    magic    4 bytes, `0x184D2A5B`, little-endian
    length   4 bytes, of what follows, likewise
    JSON     `{"bytes": N, "digest": D, "media": [[MEDIA_ID, POSITION, LINES], ...]}`: length and XXH3-64 of the frame
             behind it; POSITION is that of the first entry that what is kept does not hold

What a crash left of two frames that were not synced is cut off when the file is opened to go on: nothing of these media
was sent. Damage in front of other frames is an error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import BinaryIO

import msgspec
from xxhash import xxh3_64_intdigest

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import DurableFile, sync_folder
from bulk_importer.files.small_files import reason_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["REPLACED", "KeptMedia", "ReplacedFile", "kept_media"]

REPLACED = "replaced.jsonl.zst"
_MAGIC = 0x184D2A5B
_HEAD = Struct("<II")


class KeptMedia(msgspec.Struct, frozen=True):
    """What one media held.

    Attributes:
        position: of the first entry that it was kept before; of those at lower positions it holds what was delivered.
        entries: the first of them empties the media; one at least.
    """

    media_id: str
    position: int
    entries: tuple[bytes, ...]


class _Contents(msgspec.Struct, frozen=True):
    """What the frame behind it holds; of each media its id, the position, and the number of lines."""

    bytes: int
    digest: int
    media: tuple[tuple[str, int, int], ...]


class ReplacedFile:
    """The file of one checkpoint, open to go on with. Used by one thread at a time.

    Attributes:
        media_ids: of the media whose labels it held when it was opened.
    """

    def __init__(self, folder: Path, open_file: Callable[[Path], DurableFile] = DurableFile) -> None:
        """Read what it holds. It is created, and written through `open_file`, when something is kept. Blocks.

        Raises:
            CheckpointUnusable: it cannot be read, or is damaged.
        """
        self._path = folder / REPLACED
        self._open_file = open_file
        self.media_ids: list[str] = []
        # Where the last whole frame ends, and the file from the first `append` on.
        self._end = 0
        self._file: DurableFile | None = None
        try:
            if self._path.exists():
                with self._path.open("rb") as file:
                    for contents, _ in _frames(file, self._path):
                        self.media_ids += (media_id for media_id, _, _ in contents.media)
                        self._end = file.tell()
        except OSError as error:
            raise CheckpointUnusable(str(self._path), reason_of(error)) from error

    def append(self, kept: Sequence[KeptMedia]) -> None:
        """Keep what these media hold; it is on disk when this returns. Blocks.

        Raises:
            CheckpointUnusable: it cannot be written.
        """
        frame = zstd.compress(b"".join(line + b"\n" for each in kept for line in each.entries))
        contents = _Contents(
            len(frame),
            xxh3_64_intdigest(frame),
            tuple((each.media_id, each.position, len(each.entries)) for each in kept),
        )
        said = msgspec.json.encode(contents)
        try:
            if self._file is None:
                self._file = self._opened()
            self._file.append(_HEAD.pack(_MAGIC, len(said)) + said + frame)
            self._file.sync()
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error

    def close(self) -> None:
        """Give the file back; a second time does nothing."""
        if self._file is not None:
            self._file.close()

    def _opened(self) -> DurableFile:
        """The file, without what a crash left of its last frames."""
        file = self._open_file(self._path)
        if file.size != self._end:
            file.cut(self._end)
            file.sync()
        sync_folder(self._path.parent)
        return file


def kept_media(folder: Path) -> Iterator[KeptMedia]:
    """What the media held whose labels were replaced, in the order in which it was kept; none without a file. Blocks.

    Raises:
        CheckpointUnusable: the file cannot be read, or is damaged.
    """
    path = folder / REPLACED
    try:
        with path.open("rb") as file:
            for contents, frame in _frames(file, path):
                lines = iter(zstd.decompress(frame).splitlines())
                for media_id, position, count in contents.media:
                    yield KeptMedia(media_id, position, tuple(next(lines) for _ in range(count)))
    except FileNotFoundError:
        return
    except OSError as error:
        raise CheckpointUnusable(str(path), reason_of(error)) from error


def _frames(file: BinaryIO, path: Path) -> Iterator[tuple[_Contents, bytes]]:
    """Each whole frame with what is said of it, up to what a crash left of the last.

    Raises:
        CheckpointUnusable: a frame is damaged and has others behind it.
    """
    while True:
        start = file.tell()
        pair = _next_frame(file)
        if pair is None:
            file.seek(start)
            _require_torn(file, path)
            return
        yield pair


def _next_frame(file: BinaryIO) -> tuple[_Contents, bytes] | None:
    """The next frame and what is said of it; None where it is not whole."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or _HEAD.unpack(head)[0] != _MAGIC:
        return None
    try:
        contents = msgspec.json.decode(file.read(_HEAD.unpack(head)[1]), type=_Contents)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    frame = file.read(contents.bytes)
    is_whole = len(frame) == contents.bytes and xxh3_64_intdigest(frame) == contents.digest
    return (contents, frame) if is_whole else None


def _require_torn(file: BinaryIO, path: Path) -> None:
    """Raise `CheckpointUnusable` where what is left is more than the last two frames, not written to their end."""
    offset = file.tell()
    rest = file.read()
    if _HEAD.pack(_MAGIC, 0)[:4] in rest[1:] and rest.strip(b"\0"):
        raise CheckpointUnusable(
            str(path),
            f"what it keeps of replaced labels is damaged at byte {offset:,}",
            advice="Restore the file from a copy. Without it, what was replaced cannot be brought back.",
        )
