"""A null server: takes every batch, throws it away, says that all is well: `python -m benchmarks.sink`.

In its own process, on a bare asyncio protocol that copies nothing, so that it costs little beside what is measured. It
prints its URL, and on SIGTERM what it got.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal

__all__ = ["PROJECT", "main"]

PROJECT = "00000000-0000-4000-8000-000000000001"
_PROJECTS = json.dumps([{"id": PROJECT, "name": "p", "mediaType": "IMAGE", "datasets": []}]).encode()
_ACCEPTED = json.dumps({"errorMessages": "", "code": "", "msg": ""}).encode()


class Sink(asyncio.BufferedProtocol):
    """One connection. Bodies are received into one buffer, over and over."""

    requests = 0
    received = 0

    def __init__(self) -> None:
        self._buffer = memoryview(bytearray(1 << 20))
        self._head = bytearray()
        self._left = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio calls it by position
        return self._buffer

    def buffer_updated(self, count: int) -> None:
        taken = min(count, self._left)
        self._left -= taken
        Sink.received += taken
        if not self._left and taken:
            self._answer(_ACCEPTED)
        if taken < count:
            self._head += self._buffer[taken:count]
            self._begin()

    def _begin(self) -> None:
        head, found, rest = bytes(self._head).partition(b"\r\n\r\n")
        if not found:
            return
        self._head.clear()
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if b"100-continue" in head and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not length:
            self._answer(_PROJECTS)
            return
        Sink.requests += 1
        Sink.received += len(rest)
        self._left = length - len(rest)
        if not self._left:
            self._answer(_ACCEPTED)

    def _answer(self, body: bytes) -> None:
        assert self._transport is not None
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(Sink, "127.0.0.1", port)
    async with server:
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await stopped.wait()
    print(json.dumps({"requests": Sink.requests, "bytes": Sink.received}), flush=True)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
