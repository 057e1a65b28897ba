"""A null server: takes every batch, throws it away, says that all is well: `python -m benchmarks.parts.sink`.

In its own process, so that it is not measured; a thread for each connection, and bodies are discarded by the kernel
without being copied, so that it takes next to nothing of the processor from what is measured. It prints its URL, and on
SIGTERM what it got.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import threading

__all__ = ["PROJECT", "main"]

PROJECT = "00000000-0000-4000-8000-000000000001"
_PROJECTS = json.dumps([{"id": PROJECT, "name": "p", "mediaType": "IMAGE", "datasets": []}]).encode()
_ACCEPTED = json.dumps({"errorMessages": "", "code": "", "msg": ""}).encode()
_HEAD_BYTES = 1 << 16


class Sink:
    """All connections, each in a thread of its own."""

    def __init__(self) -> None:
        self.requests = 0
        self.received = 0
        self._counting = threading.Lock()
        # Never written to: with MSG_TRUNC the kernel throws away what it would write.
        self._nowhere = memoryview(bytearray(1 << 22))

    def serve(self, link: socket.socket) -> None:
        """Answer requests until the other end closes the connection."""
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with link:
            try:
                while self._one(link):
                    pass
            except ConnectionError:
                return

    def _one(self, link: socket.socket) -> bool:
        """Answer one request; False where there is none any more. Nobody sends a second one before the answer."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = link.recv(_HEAD_BYTES)
            if not piece:
                return False
            head += piece
        head, _, body = head.lower().partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if b"100-continue" in head:
            link.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        left = length - len(body)
        while left:
            wanted = min(left, len(self._nowhere))
            count = link.recv_into(self._nowhere, wanted, socket.MSG_TRUNC | socket.MSG_WAITALL)
            if not count:
                return False
            left -= count
        if length:
            with self._counting:
                self.requests += 1
                self.received += length
        answer = _ACCEPTED if length else _PROJECTS
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
            answer
        )
        link.sendall(head + answer)
        return True


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    sink = Sink()
    listening = socket.create_server(("127.0.0.1", parser.parse_args().port))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)

    def end(*_: object) -> None:
        raise SystemExit

    signal.signal(signal.SIGTERM, end)
    try:
        while True:
            link, _ = listening.accept()
            threading.Thread(target=sink.serve, args=(link,), daemon=True).start()
    finally:
        print(json.dumps({"requests": sink.requests, "bytes": sink.received}), flush=True)


if __name__ == "__main__":
    main()
