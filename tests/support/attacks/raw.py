"""Requests of exactly these bytes, and what is answered."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import closing, suppress
from email.message import Message
from http.client import HTTPException, HTTPResponse
from typing import NamedTuple

__all__ = ["Answer", "Headers", "request", "said_to"]

SECONDS = 60.0
Headers = Sequence[tuple[str, str]]


class Answer(NamedTuple):
    """What came back; status 0: the connection was closed without an answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """All of it, for looking for what must not stand in it."""
        return f"{self.status}\n{self.headers}\n{self.body.decode(errors='replace')}"


def request(method: str, target: str, headers: Headers, body: bytes = b"") -> bytes:
    """A request with these headers and no others."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


def said_to(port: int, words: bytes) -> Answer:
    """Say this on a connection of its own; the answer, and no more of its body than a megabyte."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=SECONDS)) as connection:
        with suppress(ConnectionError):  # refused before all was said; the answer, if there is one, is there
            connection.sendall(words)
        method = words.split(b" ", 1)[0].decode(errors="replace")
        response = HTTPResponse(connection, method="HEAD" if method == "HEAD" else "GET")
        try:
            with closing(response):
                response.begin()
                return Answer(response.status, response.msg, response.read(1 << 20))
        except (ConnectionError, HTTPException):
            return Answer(0, Message(), b"")
