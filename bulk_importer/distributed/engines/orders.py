"""What a task on a worker is told, and what it answers and tells meanwhile. Pure."""

from __future__ import annotations

import msgspec

__all__ = ["STOPPED_BY_WORKER", "Ended", "Order", "Sign"]

STOPPED_BY_WORKER = -1
"""The exit code of a shard whose child was never begun, because its worker was about to leave."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One shard, for a worker. It holds no secret: schedulers keep it, and show it to whoever asks.

    Attributes:
        version: of this program; a worker that has another one refuses.
        program: the function that the child process calls, as `module:function`, with `arguments`; it ends, as on
            SIGTERM, when its standard input does.
        topic: under which signs of life are given.
    """

    version: str
    program: str
    arguments: tuple[str, ...]
    index: int
    attempt: int
    topic: str


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How the child of a shard ended. What came of the shard says its place.

    Attributes:
        exit_code: of the child; negative: the signal that killed it, or `STOPPED_BY_WORKER`.
        words: the last error that it told of; empty where there was none.
        worker: the address of the worker, for people.
    """

    exit_code: int
    words: str
    worker: str


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """A sign of life of a task, and how far its shard is: entries settled, and how many of them are rejected."""

    index: int
    attempt: int
    settled: int = 0
    rejected: int = 0
    is_over: bool = False
