"""Callers who say too little, too slowly, or come in crowds."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from support.attacks.attacked import Attacked
from support.attacks.raw import request

__all__ = ["crowd"]


@contextmanager
def crowd(at: Attacked, each: int) -> Iterator[None]:
    """So many callers of each kind, who hold on to their connection.

    They say nothing; half a request; the head of a form and a first letter of its body; ask for events and take none;
    and ask for a page again and again without taking an answer.
    """
    me = [("Host", at.host), ("Cookie", at.cookie)]
    form = [
        ("Origin", at.origin),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Length", "9999"),
    ]
    words = (
        b"",
        f"GET {at.page} HTTP/1.1\r\nHost: {at.host}\r\nX: ".encode(),
        request("POST", at.change, [*me, *form], b"d"),
        request("GET", at.stream, me),
        request("GET", at.page, me) * 200,
    )
    with ExitStack() as held:
        callers = [(held.enter_context(socket.socket()), said) for said in words * each]
        for caller, _ in callers:
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", at.port))
        for caller, said in callers:
            with suppress(OSError):  # it is one too many, and was not taken
                caller.send(said)
        yield
