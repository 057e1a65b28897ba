"""Asks one server one question at a time, again and again while it does not answer, and reads what it says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

import msgspec

from bulk_importer.datagym.answers import FailureKind, retry_after
from bulk_importer.datagym.client import Answer, Client, RequestFailed
from bulk_importer.datagym.listings import NotAList, RowReader
from bulk_importer.datagym.policy import RetryPolicy
from bulk_importer.datagym.retry import until_answered
from bulk_importer.errors import NotAuthorised, ServerUnavailable

__all__ = ["WHERE_TOKENS_ARE_MADE", "Asking", "CountedRows", "RowSink"]

WHERE_TOKENS_ARE_MADE = "a token is made in the web application, on the page of the organisation's API tokens"
"""For messages about a token that is missing or refused."""

_T = TypeVar("_T")
_R = TypeVar("_R")
_R_contra = TypeVar("_R_contra", contravariant=True)

_PASSING_STATUSES = frozenset({408, 425, 429, 502, 503, 504})


class RowSink(Protocol[_R_contra]):
    """Takes the rows of long lists, which may have to be read again when the server breaks off."""

    def rewind(self) -> None:
        """A list begins: forget what was taken since the last `keep`."""

    def take(self, rows: Sequence[_R_contra]) -> None:
        """Take the next rows of the list."""

    def keep(self) -> None:
        """The list is whole."""


class CountedRows(Generic[_R]):
    """Hands rows on to a sink, and tells how many it has after each piece."""

    def __init__(self, sink: RowSink[_R], tell: Callable[[int], None]) -> None:
        self._sink = sink
        self._tell = tell
        # Changed by the methods alone; what is behind `_whole` may be taken back.
        self._rows = 0
        self._whole = 0

    def rewind(self) -> None:
        self._sink.rewind()
        self._rows = self._whole

    def take(self, rows: Sequence[_R]) -> None:
        self._sink.take(rows)
        self._rows += len(rows)
        self._tell(self._rows)

    def keep(self) -> None:
        self._sink.keep()
        self._whole = self._rows


class _Passing(Exception):
    """The server cannot answer at the moment; perhaps it says when it can."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"it answers {answer.status}")
        self.after_seconds = retry_after(answer.headers, datetime.now(UTC))


class Asking:
    """The questions to one server.

    Args:
        max_seconds: how long one question is asked again.
    """

    def __init__(
        self,
        client: Client,
        *,
        max_seconds: float,
        sleep: Callable[[float], Awaitable[None]],
        chance: Callable[[], float],
    ) -> None:
        self._client = client
        self._max_seconds = max_seconds
        self._sleep = sleep
        self._chance = chance

    async def look_up(self, path: str, kind: type[_T]) -> _T:
        """What a 200 says, as `kind`. Raises what `ask` and `read` raise."""
        return self.read(await self.ask(path), kind)

    async def ask(self, path: str) -> Answer:
        """An answer of any status but the passing ones.

        Raises:
            ServerUnavailable: there was none, for longer than is waited.
        """
        return await self._until_answered(lambda: self._client.get(path))

    def read(self, answer: Answer, kind: type[_T]) -> _T:
        """What an answer says, as `kind`.

        Raises:
            NotAuthorised, ServerUnavailable: it is a refusal, or not an answer of a DataGym.
        """
        if answer.status != 200:
            raise self._unexpected(answer)
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._not_datagym(str(error)) from error

    async def rows(self, path: str, kind: type[_R], sink: RowSink[_R], *, below: str | None = None) -> None:
        """Hand the rows of a list to `sink`; `below` names the key of the list where it is inside an object.

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
            raise self._not_datagym(str(error)) from error
        if answer.status != 200:
            raise self._unexpected(answer)
        sink.keep()

    async def _until_answered(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        async def once() -> Answer:
            answer = await ask()
            if answer.status in _PASSING_STATUSES:
                raise _Passing(answer)
            return answer

        try:
            return await until_answered(
                once,
                RetryPolicy(),
                is_passing=_is_passing,
                asked_seconds=lambda error: error.after_seconds if isinstance(error, _Passing) else None,
                max_seconds=self._max_seconds,
                sleep=self._sleep,
                chance=self._chance,
            )
        except (_Passing, RequestFailed) as error:
            raise ServerUnavailable(self._client.server, str(error)) from error

    def _unexpected(self, answer: Answer) -> ServerUnavailable | NotAuthorised:
        server = self._client.server
        if answer.status in (401, 403):
            return NotAuthorised(server, f"it answers {answer.status} to a look-up; {WHERE_TOKENS_ARE_MADE}")
        return ServerUnavailable(
            server,
            f"it answers {answer.status} to a look-up",
            advice="See whether the project is still there; 'bulk-importer doctor' looks closer.",
        )

    def _not_datagym(self, reason: str) -> ServerUnavailable:
        return ServerUnavailable(
            self._client.server,
            f"its answer is not one of a DataGym ({reason})",
            advice="Check the URL: it should be that of the start page, without a path.",
        )


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, RequestFailed):
        return error.kind not in (FailureKind.CERTIFICATE, FailureKind.PROXY_LOGIN)
    return isinstance(error, _Passing)
