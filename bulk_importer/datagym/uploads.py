"""Sends bodies to the upload route of one project, and says what the answers mean."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime

import msgspec

from bulk_importer.datagym import routes
from bulk_importer.datagym.answers.judging import judge_answer, judge_failure
from bulk_importer.datagym.answers.verdicts import (
    Again,
    Cause,
    InDoubt,
    Stop,
    StopKind,
    TurnedAway,
    Verdict,
)
from bulk_importer.datagym.remedies import PROXY_REMEDY
from bulk_importer.datagym.routes import RouteSet
from bulk_importer.datagym.wire.client import Answer, Client, RequestFailed
from bulk_importer.errors import BulkImporterError, NotAuthorised, ProjectNotFound, ServerUnavailable

__all__ = ["Uploads"]


class Uploads:
    """The upload route of a project; every answer is a verdict.

    Args:
        may_read: whether anything but that route may be asked.
    """

    def __init__(self, client: Client, project_id: str, *, may_read: bool = True) -> None:
        self._may_read = may_read
        self._client = client
        self._project_id = project_id
        self._path = routes.upload(project_id)

    async def upload(self, body: bytes) -> Verdict:
        """Send a body, and judge what comes back."""
        return await _judge(self._client.upload(self._path, body))

    async def upload_nothing(self) -> Verdict:
        """Send an array without entries: whether uploads pass at all, at no risk.

        The server refuses it in its own words before it looks into the database for media (the schema wants one entry
        at least, protocol 2.3), and one that would accept it would write nothing.
        """
        return await _judge(self._client.rehearse(self._path, b"[]"))

    async def rehearse(self, body: bytes) -> Verdict:
        """Send a body without its last bracket: what stands between sees all of it, and no server can execute it.

        An array that does not end is no JSON, so the server answers that it did not arrive whole (protocol 2.4) when it
        was let through to it. That is the same ground on which a body that broke off while it was written counts as not
        executed.
        """
        return await _judge(self._client.rehearse(self._path, body[:-1]))

    async def probe(self) -> Verdict:
        """Ask the same route with a GET, which a server answers with 405 before it does anything; then its database.

        Returns:
            A verdict as on an upload, with exceptions: a redirect, and a 404 without the server's words, are what
            proxies answer while there is nothing behind them; and a server without its database is of no use.
        """
        try:
            answer = await self._client.get(self._path)
        except RequestFailed as failure:
            return _judged(failure)
        verdict = judge_answer(answer.status, answer.headers, answer.body, now=datetime.now(UTC))
        foreign = answer.status == 404 or answer.status < 400
        if isinstance(verdict, TurnedAway) and verdict.kind is StopKind.NOT_DATAGYM and foreign:
            return Again(Cause.UNAVAILABLE, verdict.reason)
        if not isinstance(verdict, Again | InDoubt) and not await self.is_working():
            return Again(Cause.UNAVAILABLE, "it cannot list its projects")
        return verdict

    async def is_working(self) -> bool:
        """Whether the server can read its database; True as well where we may not look."""
        return not self._may_read or await self._list_projects() is not False

    async def light_read(self) -> bool:
        """Look at the list of projects, which costs the server next to nothing; whether it showed it."""
        return await self._list_projects() is True

    async def _list_projects(self) -> bool | None:
        for each in RouteSet:
            try:
                answer = await self._client.get(routes.projects(each))
            except RequestFailed:
                return False
            if answer.status == 200 or answer.status >= 500:
                return answer.status == 200
        return None

    def error(self, verdict: Stop | TurnedAway | Again) -> BulkImporterError:
        """The error that a verdict ends the run with, when sending more is pointless."""
        server = self._client.server
        match verdict:
            case Stop(kind=StopKind.NOT_AUTHORISED) | TurnedAway(kind=StopKind.NOT_AUTHORISED):
                return NotAuthorised(server, f"{verdict.reason}{self._client.way}")
            case Stop(kind=StopKind.PROXY_REFUSES) | TurnedAway(kind=StopKind.PROXY_REFUSES):
                return ServerUnavailable(server, f"{verdict.reason}{self._client.way}", advice=PROXY_REMEDY)
            case Stop(kind=StopKind.PROJECT_NOT_FOUND):
                return ProjectNotFound(server, self._project_id)
            case Stop() | TurnedAway():
                return ServerUnavailable(server, f"{verdict.kind.value}: {verdict.reason}{self._client.way}")
            case Again():
                return ServerUnavailable(server, verdict.reason)


async def _judge(request: Awaitable[Answer]) -> Verdict:
    """The verdict on an upload that is just being sent."""
    try:
        answer = await request
    except RequestFailed as failure:
        return _judged(failure)
    return judge_answer(answer.status, answer.headers, answer.body, now=datetime.now(UTC))


def _judged(failure: RequestFailed) -> Verdict:
    """The verdict on a request without an answer, with what the system says about it."""
    verdict = judge_failure(failure.kind)
    return msgspec.structs.replace(verdict, reason=f"{verdict.reason} ({failure.reason})")
