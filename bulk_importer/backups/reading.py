"""Reads the labels of many media at a time, and hands them on in order.

A media costs one request, and a request is sent again only where it failed. What comes is judged whole: an answer that
was cut, that is no JSON, or with which the server fails (500, as when its database has no connection left) is asked for
again, a few times. What then still fails is said of that media, and the others go on, unless every one fails.

By the open-core route nothing is written. By token, to read is to write (protocol 3.4): then fewer are read at a time,
each once, and never one that is being uploaded, which `guard` sees to.

Memory: twice as many media as may be in flight, and at most `_MOST_WAITING_BYTES` of answers besides those in flight.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from bulk_importer.backups.gate import ReadGate
from bulk_importer.backups.making.held import HeldLabel
from bulk_importer.datagym.answers.policy import RetryPolicy
from bulk_importer.datagym.reads.label_reader import LabelReader, Reading
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.retry import until_answered
from bulk_importer.datagym.timing import Backoff, Timing
from bulk_importer.errors import AnswerUnusable, BulkImporterError
from bulk_importer.events import AnswerCame, AnswerMissed, Event, Observer
from bulk_importer.labels.entry import lane_of
from bulk_importer.settings import Settings

__all__ = ["Hearing", "MediaReader", "ReadMedia", "in_flight_of"]

_R = TypeVar("_R")

_MOST_WAITING_BYTES = 32 << 20
_MOST_THAT_WRITE = 4
"""By token, reads write and lock rows that people work on; so few that half the server's ten connections stay free."""
_TRY_AGAIN_SECONDS = 20.0
"""How long a media is asked for again whose answers are of no use. Five tries, about."""
_MOST_FAILING = 8
"""So many media one after the other cannot be read: then it is not the media."""
_NOT_FOUND = 404


class ReadMedia(msgspec.Struct, frozen=True):
    """What came of reading a media.

    Attributes:
        held: its root values; None where it could not be read.
        why: it could not be read, for people; empty where it was.
        is_gone: the server does not know it any more.
    """

    task: TaskRow
    held: list[HeldLabel] | None
    why: str = ""
    is_gone: bool = False
    size: int = 0


def in_flight_of(settings: Settings, *, writes: bool) -> int:
    """How many media are read at a time, at most."""
    return min(settings.max_reads, _MOST_THAT_WRITE) if writes else settings.max_reads


class Hearing:
    """Hears when reads are not answered: slows the gate down, and tells once what many reads meet at the same time."""

    def __init__(self, gate: ReadGate, emit: Observer) -> None:
        self._gate = gate
        self._emit = emit
        self._is_told = False  # changed by `__call__` alone

    def __call__(self, event: Event) -> None:
        """Take note of an event of `Queries`."""
        if isinstance(event, AnswerMissed):
            self._gate.refused()
        if isinstance(event, AnswerMissed | AnswerCame) and self._is_told is isinstance(event, AnswerCame):
            self._is_told = not self._is_told
            self._emit(event)


def _unguarded(_: str) -> AbstractAsyncContextManager[object]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class MediaReader:
    """Reads media in parallel.

    Attributes:
        reader: its queries are heard by a `Hearing` of the same gate.
        guard: held, by lane, while a media is read: for who uploads meanwhile.
    """

    reader: LabelReader
    gate: ReadGate
    timing: Timing
    guard: Callable[[str], AbstractAsyncContextManager[object]] = _unguarded

    async def read(
        self,
        tasks: Iterator[TaskRow],
        make: Callable[[ReadMedia], _R],
        take: Callable[[_R], Awaitable[None]],
    ) -> None:
        """Read the media of `tasks`, each once, and hand on what `make` makes of each, in their order.

        What is in flight is given up where this is cancelled, and where `take` raises.

        Args:
            make: called as soon as a media is read, in any order.
            take: called one after the other.

        Raises:
            ServerError: the server does not answer, or not with labels, whichever media it is asked for.
        """
        try:
            async with asyncio.TaskGroup() as group:
                await _Pass(self, tasks, make, group).run(take)
        except BaseExceptionGroup as failed:
            raise _first_of(failed) from failed

    async def one(self, task: TaskRow) -> ReadMedia:
        """Read one media. Raises as `read` does."""
        try:
            async with self.guard(lane_of(task.media_id)):
                began = self.timing.clock()
                reading = await self._reading(task)
        except AnswerUnusable as error:
            return ReadMedia(task, None, error.reason, is_gone=error.status == _NOT_FOUND)
        self.gate.answered(self.timing.clock() - began)
        return ReadMedia(task, reading.values, size=reading.size)

    async def _reading(self, task: TaskRow) -> Reading[HeldLabel]:
        async def once() -> Reading[HeldLabel]:
            return await self.reader.read(task, HeldLabel)

        return await until_answered(
            once,
            Backoff(RetryPolicy(), self.timing),
            is_passing=_may_pass,
            asked_seconds=lambda _: None,
            max_seconds=lambda: _TRY_AGAIN_SECONDS,
            on_wait=lambda *_: self.gate.refused(),
        )


class _Pass(Generic[_R]):
    """One pass over some media."""

    def __init__(
        self,
        reader: MediaReader,
        tasks: Iterator[TaskRow],
        make: Callable[[ReadMedia], _R],
        group: asyncio.TaskGroup,
    ) -> None:
        self._reader = reader
        self._tasks = tasks
        self._make = make
        self._group = group
        # Reads in order, under way or done; of these, how many are under way, and the bytes of those that are done.
        self._begun: deque[asyncio.Task[tuple[_R, int]]] = deque()
        self._running = 0
        self._waiting_bytes = 0
        # How many media could not be read since one could.
        self._failing = 0

    async def run(self, take: Callable[[_R], Awaitable[None]]) -> None:
        self._begin()
        while self._begun:
            made, size = await self._begun[0]
            self._begun.popleft()
            self._waiting_bytes -= size
            self._begin()
            await take(made)

    def _begin(self) -> None:
        """Begin as many reads as may be in flight now."""
        gate = self._reader.gate
        while (
            self._running < gate.allowed
            and len(self._begun) < 2 * gate.most
            and self._waiting_bytes < _MOST_WAITING_BYTES
            and (task := next(self._tasks, None)) is not None
        ):
            self._running += 1
            self._begun.append(self._group.create_task(self._one(task)))

    async def _one(self, task: TaskRow) -> tuple[_R, int]:
        media = await self._reader.one(task)
        self._running -= 1
        self._waiting_bytes += media.size
        self._failing = self._failing + 1 if media.held is None and not media.is_gone else 0
        if self._failing >= _MOST_FAILING:
            raise AnswerUnusable(
                self._reader.reader.server, f"{media.why}, whichever media it is asked for", status=0
            )
        made = self._make(media)
        self._begin()
        return made, media.size


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, AnswerUnusable) and error.status != _NOT_FOUND


def _first_of(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """Why reading ended: of several failures one that is told to people, where there is one."""
    told = failed.subgroup(BulkImporterError) or failed
    error: BaseException = told
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
