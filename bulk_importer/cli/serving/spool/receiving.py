"""Receives the bytes of an upload into the spool, within bounds, whoever sends them and however.

What is received is never held in memory but for `_PIECE_BYTES`. Whatever ends it before the last byte is on disk (the
client goes away, is too slow or sends too much, the disk is full, the program ends) leaves nothing.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

import msgspec
from xxhash import xxh3_128

from bulk_importer.cli.serving.spool.folder import Incoming, Spool
from bulk_importer.cli.serving.spool.names import shown_name
from bulk_importer.cli.serving.spool.pace import Pace
from bulk_importer.cli.serving.spool.values import Job
from bulk_importer.settings.units import SIZE

__all__ = ["Bounds", "Reception", "UploadRefused"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_PIECE_BYTES = 1 << 20


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What an upload may take.

    Attributes:
        max_bytes: of one upload.
        keep_free: bytes that stay free on the disk.
        most_at_a_time: uploads that are received at a time.
        most_jobs: uploads that are kept.
        stretch_seconds, least_bytes: within so much waiting for it a client sends so many bytes, at least.
    """

    max_bytes: int = 10 << 30
    keep_free: int = 1 << 30
    most_at_a_time: int = 2
    most_jobs: int = 500
    stretch_seconds: float = 30.0
    least_bytes: int = 30 << 10


class UploadRefused(Exception):
    """An upload is not taken, or not to its end. `str()` is for the person, `status` for the client."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


class Reception:
    """Where uploads come in.

    Args:
        kept: how many uploads there are.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        spool: Spool,
        bounds: Bounds,
        kept: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bounds = bounds
        self._spool = spool
        self._kept = kept
        self._clock = clock
        # Changed by `receive` and `close` alone.
        self._under_way: set[asyncio.Task[object]] = set()
        self._is_closed = False

    @property
    def under_way(self) -> int:
        """How many uploads are being received."""
        return len(self._under_way)

    def close(self) -> None:
        """Take no more, and cut what is under way; of that nothing is left."""
        self._is_closed = True
        for task in self._under_way:
            task.cancel()

    def require_welcome(self, announced: int | None) -> None:
        """Raise `UploadRefused` where an upload need not even begin; `announced` is its size, where that is known."""
        bounds = self.bounds
        if self._is_closed:
            raise UploadRefused(503, "The program is ending, and takes no more uploads.")
        if announced is not None and announced > bounds.max_bytes:
            raise self._too_large()
        if len(self._under_way) >= bounds.most_at_a_time:
            raise UploadRefused(
                503,
                f"{len(self._under_way)} uploads are under way, and no more are taken at a time. Try again soon.",
            )
        if self._kept() >= bounds.most_jobs:
            raise UploadRefused(
                507,
                f"{bounds.most_jobs} uploads are kept, and no more are taken. Remove some that are done with.",
            )
        self._require_room(announced or 0)

    async def receive(self, name: str, announced: int | None, read: Callable[[], Awaitable[bytes]]) -> Job:
        """Receive an upload to its end; it is in the spool when this returns.

        Args:
            name: what a person calls it.
            announced: its size, where that is known.
            read: gives the next bytes that come, none at the end; what it raises ends the upload.

        Raises:
            UploadRefused: it is out of bounds.
        """

        def keep(incoming: Incoming, size: int, digest: str) -> Job:
            job = Job(
                id=incoming.id,
                name=shown_name(name),
                file=incoming.file,
                size=size,
                digest=digest,
                received=time.time(),
            )
            self._spool.keep(incoming, job)
            return job

        return await self._received(name, announced, read, keep)

    async def receive_corrected(
        self, job: Job, name: str, announced: int | None, read: Callable[[], Awaitable[bytes]]
    ) -> str:
        """Receive corrected entries of an upload, likewise; where they are in its folder. Raises as `receive` does."""
        return await self._received(
            name, announced, read, lambda incoming, _size, _digest: self._spool.attach(incoming, job)
        )

    async def _received(
        self,
        name: str,
        announced: int | None,
        read: Callable[[], Awaitable[bytes]],
        keep: Callable[[Incoming, int, str], _T],
    ) -> _T:
        """Receive something; `keep` is given it once it is on disk, with its size and its digest, in a thread."""
        self.require_welcome(announced)
        task = asyncio.current_task()
        assert task is not None  # called in an event loop
        self._under_way.add(task)
        incoming = self._spool.begin(name)
        try:
            await _in_thread(incoming.open)
            size, digest = await self._written(incoming, read)
            if announced is not None and size != announced:
                raise UploadRefused(400, f"{size:,} bytes came of {announced:,}. Upload it again.")
            return await _in_thread(keep, incoming, size, digest)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise UploadRefused(507, "There is no more room on the disk for this upload.") from error
            raise
        finally:
            self._under_way.discard(task)
            # Also where this is cancelled, at any of these awaits; what was kept is elsewhere by now.
            await _in_thread(incoming.discard)

    async def _written(self, incoming: Incoming, read: Callable[[], Awaitable[bytes]]) -> tuple[int, str]:
        """Write all that comes; returns how many bytes that is, and their digest."""
        pace = Pace(self.bounds.stretch_seconds, self.bounds.least_bytes)
        digest, size, waiting = xxh3_128(), 0, bytearray()
        while piece := await self._in_time(read, pace):
            size += len(piece)
            if size > self.bounds.max_bytes:
                raise self._too_large()
            digest.update(piece)
            waiting += piece
            if len(waiting) >= _PIECE_BYTES:
                self._require_room(0)
                await _in_thread(incoming.write, waiting)
                waiting = bytearray()
        await _in_thread(incoming.write, waiting)
        await _in_thread(incoming.finish)
        return size, digest.hexdigest()

    async def _in_time(self, read: Callable[[], Awaitable[bytes]], pace: Pace) -> bytes:
        """What comes next; raises `UploadRefused` where that takes too long."""
        asked = self._clock()
        piece = None
        with suppress(TimeoutError):
            async with asyncio.timeout(pace.patience):
                piece = await read()
        if piece is not None and (not piece or pace.note(self._clock() - asked, len(piece))):
            return piece
        raise UploadRefused(
            408,
            f"The upload was too slow, and was ended: {SIZE.show(self.bounds.least_bytes)} have to come within "
            f"{self.bounds.stretch_seconds:g} seconds. Try again where the connection is better.",
        )

    def _require_room(self, more: int) -> None:
        if self._spool.free_bytes() - more < self.bounds.keep_free:
            raise UploadRefused(
                507,
                f"There is no room for it: {SIZE.show(self.bounds.keep_free)} stay free on the disk. Remove uploads "
                "that are done with, or make room.",
            )

    def _too_large(self) -> UploadRefused:
        return UploadRefused(
            413,
            f"It is larger than {SIZE.show(self.bounds.max_bytes)}, and no more is taken (serve --max-upload). A large "
            "file is imported at the terminal, where it lies.",
        )


async def _in_thread(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run what blocks in a thread. Whoever is cancelled meanwhile waits for its end first: no thread is left behind."""
    work = asyncio.get_running_loop().run_in_executor(None, functools.partial(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
