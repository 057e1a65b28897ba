"""What is attacked, and what its owner could say to it: attacks are said in the same words, but for one thing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from support.attacks.raw import Headers, request, said_to

__all__ = ["FORM", "Attack", "Attacked", "change", "read", "that_got_through"]

FORM = ("Content-Type", "application/x-www-form-urlencoded")


class Attacked(NamedTuple):
    """What is attacked.

    Attributes:
        port: on 127.0.0.1.
        cookie: as the header has it.
        page: a path that shows something of the run.
        stream: one that is answered with events.
        change, form: a path that changes something, and the body that makes it do so.
        pointless: bodies that make it do nothing.
    """

    port: int
    cookie: str
    page: str
    stream: str
    change: str
    form: bytes
    pointless: Sequence[bytes] = ()

    @property
    def host(self) -> str:
        """As a browser calls it."""
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        """Of its own pages."""
        return f"http://{self.host}"


class Attack(NamedTuple):
    """What is said, and the statuses with which it may be refused; 0 is a connection that was closed without a word."""

    name: str
    words: bytes
    statuses: Collection[int]


def read(at: Attacked, path: str = "", *, hosts: Sequence[str] | None = None, more: Headers = ()) -> bytes:
    """What shows a page, or what else is at a path."""
    said = [("Host", each) for each in ([at.host] if hosts is None else hosts)]
    return request("GET", path or at.page, [*said, ("Cookie", at.cookie), *more])


def change(
    at: Attacked,
    method: str = "POST",
    *,
    hosts: Sequence[str] | None = None,
    origins: Sequence[str] | None = None,
    kind: tuple[str, str] = FORM,
    more: Headers = (),
    form: bytes | None = None,
) -> bytes:
    """What changes something, as a form of its own page says it."""
    body = at.form if form is None else form
    said = [("Host", each) for each in ([at.host] if hosts is None else hosts)]
    said += [("Origin", each) for each in ([at.origin] if origins is None else origins)]
    length = ("Content-Length", str(len(body)))
    return request(method, at.change, [*said, ("Cookie", at.cookie), kind, length, *more], body)


def that_got_through(at: Attacked, rows: Iterable[Attack], unsaid: Sequence[str]) -> list[str]:
    """A line for each attack that was answered with something else than a refusal, or with what must not be said."""
    wrong = []
    for each in rows:
        answer = said_to(at.port, each.words)
        told = [word for word in unsaid if word in answer.text]
        if answer.status not in each.statuses or told or "Set-Cookie" in answer.headers:
            wrong.append(f"{each.name}: {answer.status} {told} {answer.body[:80]!r}")
    return wrong
