"""Questions to one server, each sent again while the server does not answer, with their answers decoded.

How long depends on whether it has answered anything before. A server that has is there, and will be there again. One
that has not is more often a wrong address than a server that is just being started, so it is given up in seconds
unless a person says otherwise. Either way an event tells of the first failure when it happens.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from bulk_importer.datagym.answers.judging import FailureKind, retry_after
from bulk_importer.datagym.answers.policy import RetryPolicy
from bulk_importer.datagym.reads.listings import NotAList, RowReader, RowSink
from bulk_importer.datagym.reads.server_clock import ServerClock, date_in
from bulk_importer.datagym.remedies import PROXY_REMEDY, remedy_for
from bulk_importer.datagym.retry import until_answered
from bulk_importer.datagym.timing import Backoff, Timing
from bulk_importer.datagym.wire.client import Answer, Client, RequestFailed
from bulk_importer.errors import AnswerUnusable, NotAuthorised, ServerUnavailable
from bulk_importer.events import AnswerCame, AnswerDelayed, AnswerMissed, Observer
from bulk_importer.settings import Settings

__all__ = ["WHERE_TOKENS_ARE_MADE", "Patience", "Queries"]

WHERE_TOKENS_ARE_MADE = "a token is made in the web application, on the page of the organisation's API tokens"
"""For messages about a token that is missing or refused."""

_T = TypeVar("_T")
_R = TypeVar("_R")

_SLOW_SECONDS = 5.0
_PASSING_STATUSES = frozenset({408, 425, 429, 502, 503, 504})


_DONE = Answer(200, {}, b"")
"""Stands for an answer that was lost, to a request that was executed."""


class _Passing(Exception):
    """The server cannot answer at the moment; perhaps it says when it can."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"it answers {answer.status}")
        self.after_seconds = retry_after(answer.headers, datetime.now(UTC))


class Patience(msgspec.Struct, frozen=True):
    """How long a server is asked again that does not answer, and who hears of it meanwhile.

    Attributes:
        first_seconds: one question, while the server has not answered any.
        max_seconds: one question, after that.
        emit: receives `AnswerDelayed`, `AnswerMissed` and `AnswerCame`.
    """

    first_seconds: float
    max_seconds: float
    timing: Timing
    emit: Observer

    @classmethod
    def of(cls, settings: Settings, timing: Timing, emit: Observer) -> Patience:
        """The patience of a run with these settings."""
        return cls(settings.wait_for_server, settings.max_outage, timing, emit)


def _nobody(_: object) -> None:
    """Take no notice."""


class Queries:
    """GET requests to one server, and a PUT where that may be sent again; one at a time for each caller.

    Attributes:
        server_clock: what its answers so far say of the server's clock, against that of this machine.
    """

    def __init__(self, client: Client, patience: Patience) -> None:
        self._client = client
        self._patience = patience
        self.server_clock = ServerClock()

    def silent(self) -> Queries:
        """The same queries, of which no observer hears when they are not answered."""
        return self.heard_by(_nobody)

    def heard_by(self, emit: Observer) -> Queries:
        """The same queries; `emit` hears when they are not answered, and nobody else."""
        other = copy.copy(self)
        other._patience = replace(self._patience, emit=emit)
        return other

    async def look_up(self, path: str, kind: type[_T]) -> _T:
        """Ask `path`, and decode the answer as `kind`. Raises what `ask` and `read` raise."""
        return self.read(await self.ask(path), kind)

    async def ask(self, path: str) -> Answer:
        """The answer to a GET of `path`, of any status but those that pass by themselves, such as 503.

        Raises:
            ServerUnavailable: there was none, for longer than is waited.
        """
        return await self._until_answered(lambda: self._client.get(path))

    def read(self, answer: Answer, kind: type[_T]) -> _T:
        """The body of an answer of status 200, decoded as `kind`.

        Raises:
            NotAuthorised, ServerUnavailable: it is a refusal, or not an answer of a DataGym.
        """
        if answer.status != 200:
            raise self._unexpected(answer)
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._not_datagym(str(error), answer.status) from error

    async def rows(self, path: str, kind: type[_R], sink: RowSink[_R], *, below: str | None = None) -> None:
        """Hand the rows of a list to `sink`; `below` names the key of the list where the list is inside an object.

        Raises:
            NotAuthorised, ServerUnavailable: as `read` does.
        """

        async def once() -> Answer:
            sink.rewind()
            reader = RowReader(kind, sink.take, below=below)
            answer = await self._client.get_in_pieces(path, reader.feed)
            if answer.status == 200:
                reader.end()
            return answer

        try:
            answer = await self._until_answered(once)
        except NotAList as error:
            raise self._not_datagym(str(error), 200) from error
        if answer.status != 200:
            raise self._unexpected(answer)
        sink.keep()

    async def change(
        self, path: str, body: bytes, *, is_done: Callable[[], Awaitable[bool]]
    ) -> Answer | None:
        """The answer to a PUT, of any status but those that pass by themselves.

        Where an answer is lost the server may have executed the request, or be at it. So the PUT must be one that does
        no harm twice, and before it leaves once more `is_done` looks whether there is need of it.

        Returns:
            None where `is_done` said that an earlier one was executed.

        Raises:
            ServerUnavailable: there was no answer, for longer than is waited.
        """
        has_left = False

        async def once() -> Answer:
            nonlocal has_left
            if has_left and await is_done():
                return _DONE
            has_left = True
            return await self._client.put(path, body)

        answer = await self._until_answered(once)
        return None if answer is _DONE else answer

    async def _until_answered(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        client, patience = self._client, self._patience
        began, last_reason = patience.timing.clock(), ""

        async def once() -> Answer:
            with self._telling_of_a_delay(on_delay):
                asked_at = time.time()
                answer = await ask()
            if answer.status == 200 and (date := date_in(answer.headers)) is not None:
                self.server_clock.note(asked_at, time.time(), date)
            if answer.status in _PASSING_STATUSES:
                raise _Passing(answer)
            return answer

        def on_delay() -> None:
            nonlocal last_reason
            last_reason = last_reason or "delayed"
            left_seconds = max(0.0, client.read_seconds - _SLOW_SECONDS)
            patience.emit(
                AnswerDelayed(server=client.server, seconds=_SLOW_SECONDS, patience_seconds=left_seconds)
            )

        def on_wait(error: BaseException, after_seconds: float, left_seconds: float) -> None:
            nonlocal last_reason
            if (reason := str(error)) != last_reason:
                last_reason = reason
                patience.emit(
                    AnswerMissed(
                        server=client.server,
                        reason=reason,
                        has_answered=client.has_answered,
                        after_seconds=round(after_seconds, 3),
                        patience_seconds=round(left_seconds, 3),
                    )
                )

        try:
            answer = await until_answered(
                once,
                Backoff(RetryPolicy(), patience.timing),
                is_passing=_is_passing,
                asked_seconds=lambda error: error.after_seconds if isinstance(error, _Passing) else None,
                max_seconds=self._max_seconds,
                on_wait=on_wait,
            )
        except (_Passing, RequestFailed) as error:
            raise self._unavailable(error) from error
        if last_reason:
            seconds = round(patience.timing.clock() - began, 3)
            patience.emit(AnswerCame(server=client.server, seconds=seconds))
        return answer

    @property
    def server(self) -> str:
        """The URL of the server."""
        return self._client.server

    @property
    def way(self) -> str:
        """What to say beside a refusal where a proxy that reads along may have answered; empty where none is."""
        return self._client.way

    @contextmanager
    def _telling_of_a_delay(self, on_delay: Callable[[], None]) -> Iterator[None]:
        """Call `on_delay` where the first question to a server takes long: whether it is the right one is not known."""
        if self._client.has_answered:
            yield
            return
        timer = asyncio.get_running_loop().call_later(_SLOW_SECONDS, on_delay)
        try:
            yield
        finally:
            timer.cancel()

    def _max_seconds(self) -> float:
        return self._patience.max_seconds if self._client.has_answered else self._patience.first_seconds

    def _unavailable(self, error: _Passing | RequestFailed) -> ServerUnavailable:
        server = self._client.server
        reason = f"{error}{self.way}" if isinstance(error, _Passing) else str(error)
        if self._client.has_answered:
            return ServerUnavailable(server, reason)
        remedy = remedy_for(error) if isinstance(error, RequestFailed) else PROXY_REMEDY
        waits = (
            " --wait-for-server waits longer, for a server that is still to start."
            if _is_passing(error)
            else ""
        )
        return ServerUnavailable(server, reason, advice=remedy + waits)

    def _unexpected(self, answer: Answer) -> AnswerUnusable | NotAuthorised:
        server = self._client.server
        if answer.status in (401, 403):
            return NotAuthorised(
                server, f"it answers {answer.status} to a look-up{self.way}; {WHERE_TOKENS_ARE_MADE}"
            )
        said = f"it answers {answer.status} to a look-up"
        if 300 <= answer.status < 400 and (elsewhere := _origin(answer.headers.get("location", ""))):
            return AnswerUnusable(
                server,
                f"{said}, and sends us to {elsewhere}",
                status=answer.status,
                advice="If that is the DataGym, give it as --server.",
            )
        return AnswerUnusable(
            server,
            f"{said}{self.way}",
            status=answer.status,
            advice=f"See whether the project is still there; 'bulk-importer doctor --server {server}' looks closer.",
        )

    def _not_datagym(self, reason: str, status: int) -> AnswerUnusable:
        return AnswerUnusable(
            self._client.server,
            f"its answer is not one of a DataGym ({reason})",
            status=status,
            advice="Check the URL: it should be that of the start page, without a path.",
        )


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, RequestFailed):
        return error.kind not in (FailureKind.CERTIFICATE, FailureKind.PROXY_LOGIN)
    return isinstance(error, _Passing)


def _origin(location: str) -> str:
    """Scheme and host of where a redirect leads, and nothing else: its query may hold a token."""
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.scheme and parts.netloc else ""
