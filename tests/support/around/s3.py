"""A server that speaks S3, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from support.around.alone import port_of, reserve_port

__all__ = ["put", "s3_server"]


@contextmanager
def s3_server() -> Iterator[str]:
    """moto's server, with a bucket `labels`; gives its URL."""
    with (
        reserve_port() as held,
        subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port_of(held))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as server,
    ):
        url = f"http://127.0.0.1:{port_of(held)}"
        assert server.stderr is not None
        while "Running on" not in (line := server.stderr.readline()):
            assert line, "the server ended"
        # A pipe that nobody empties stops the server when it is full: it writes a line for each request.
        threading.Thread(target=server.stderr.read, daemon=True).start()
        try:
            put(url, "", b"")
            yield url
        finally:
            server.kill()


def put(endpoint: str, key: str, content: bytes) -> None:
    """Write an object, or with no key the bucket."""
    request = urllib.request.Request(f"{endpoint}/labels/{key}", data=content or None, method="PUT")
    request.add_header("Content-Type", "application/json")
    request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/s3/aws4_request")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200
