"""What is watched while one request is under way: its deadline, how far its body has left, how long the answer is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from bulk_importer.loading.http_library import aiohttp

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter

__all__ = ["Deadline", "OutgoingBody", "Permit", "whole_body"]

Permit = Callable[[], bool]
"""Whether a request may leave, asked at the last moment; may be asked from the event loop at any time."""

_PIECE_BYTES = 256 << 10
_LAST_BYTES = 1  # a bracket closes our bodies: without it none of them can be executed
_LARGEST_ANSWER_BYTES = 64 << 20


class Deadline:
    """When a request has to be over and, while its answer is awaited, when the answer has to begin.

    Attributes:
        has_begun: the head of the answer has come.
        is_given_up: the request was ended before its time.
        timeout: the context in which the request runs.
    """

    def __init__(self, seconds: float, first_byte_seconds: float | None) -> None:
        self._end = asyncio.get_running_loop().time() + seconds
        self._first_byte_seconds = first_byte_seconds
        # Changed by `answer_begins` and `give_up`; a request that was given up stays so.
        self.has_begun = False
        self.is_given_up = False
        self.timeout = asyncio.timeout_at(self._end)

    def body_left(self) -> None:
        """Let the time for the first byte begin: the whole body is handed over."""
        if self._first_byte_seconds is not None:
            self._move(min(self._end, asyncio.get_running_loop().time() + self._first_byte_seconds))

    def answer_begins(self) -> None:
        """Leave the answer the rest of the time: its head has come."""
        self.has_begun = True
        self._move(self._end)

    def piece_came(self, seconds: float) -> None:
        """Allow `seconds` for the next piece of a long answer: one has come."""
        self._move(asyncio.get_running_loop().time() + seconds)

    def give_up(self) -> None:
        """End the request now."""
        self._move(asyncio.get_running_loop().time())
        self.is_given_up = True

    def _move(self, when: float) -> None:
        if not self.is_given_up and not self.timeout.expired():
            self.timeout.reschedule(when)


class OutgoingBody(aiohttp.Payload):
    """The body of a request, which leaves in pieces, without holding up the event loop, and knows whether it has left.

    Where there is a permit, its last byte leaves by itself: when all before it is out of this process, so that it goes
    to the kernel at once, and the permit is given at that moment. A process that was stopped in the middle of a body
    for longer than its permit lasts finds it gone when it continues, whatever was buffered, and the server gets no
    whole body. (Of TLS some 64 KiB may wait for the kernel where this cannot see them. By then the log says that they
    left, so who takes over counts it as a request that may be running, for `--server-request-limit`.)

    Raises `TimeoutError` while it is written when that takes longer than `write_seconds`, and `PermissionError` where
    the permit is refused; the connection is of no use then.
    """

    _autoclose = True

    def __init__(self, body: bytes, write_seconds: float, permit: Permit | None = None) -> None:
        super().__init__(body, content_type="application/json")
        self._body = body
        self._size = len(body)
        self._write_seconds = write_seconds
        self._permit = permit
        # Set by `_require_permit`: it was asked for, and refused.
        self.is_refused = False
        # Set just before the last piece is handed over: until then the server cannot have a closed array.
        self.left_whole = False
        # Called when the last piece is handed over.
        self.on_left: Callable[[], None] = _nothing

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self._body.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        del content_length  # it is the length of the body, and all of it leaves
        # Else aiohttp sends a PUT that was not answered once more by itself (`findings/aiohttp-put-twice.sh`).
        self._consumed = True
        whole = memoryview(self._body)
        kept = 0 if self._permit is None else _LAST_BYTES
        first = len(whole) - kept
        async with asyncio.timeout(self._write_seconds):
            for start in range(0, first, _PIECE_BYTES):
                self.left_whole = not kept and start + _PIECE_BYTES >= first
                await writer.write(whole[start : min(start + _PIECE_BYTES, first)])
            if self._permit is not None:
                await _drain_whole(writer)
                self._require_permit()
                self.left_whole = True
                await writer.write(whole[first:])
        self.on_left()

    def _require_permit(self) -> None:
        assert self._permit is not None
        self.is_refused = not self._permit()
        if self.is_refused:
            raise PermissionError("it may not leave any more")


async def _drain_whole(writer: AbstractStreamWriter) -> None:
    """Return when all that was written is out of this process, as far as the transport says."""
    transport = getattr(writer, "transport", None)
    if transport is not None:
        transport.set_write_buffer_limits(high=0)
        await writer.drain()


def _nothing() -> None:
    """Nobody waits to hear that a body has left."""


async def whole_body(response: aiohttp.ClientResponse) -> bytes:
    """The body of an answer. Raises `ValueError`: it is longer than anything that is asked for."""
    pieces = []
    length = 0
    async for piece in response.content.iter_any():
        pieces.append(piece)
        length += len(piece)
        if length > _LARGEST_ANSWER_BYTES:
            raise ValueError(f"the answer is longer than {_LARGEST_ANSWER_BYTES} bytes")
    return b"".join(pieces)
