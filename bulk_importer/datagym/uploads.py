"""Sends one batch to one project and says what the answer means."""

from __future__ import annotations

from datetime import UTC, datetime

from bulk_importer.datagym import routes
from bulk_importer.datagym.answers import judge_answer, judge_failure
from bulk_importer.datagym.client import Client, RequestFailed
from bulk_importer.datagym.verdicts import Again, Stop, StopKind, Verdict
from bulk_importer.errors import BulkImporterError, NotAuthorised, ProjectNotFound, ServerUnavailable

__all__ = ["Uploads"]


class Uploads:
    """The upload route of a project, in verdicts."""

    def __init__(self, client: Client, project_id: str) -> None:
        self._client = client
        self._project_id = project_id
        self._path = routes.upload(project_id)

    async def upload(self, body: bytes) -> Verdict:
        """Send a body once; once more where the token was refused and its file holds another one by now."""
        verdict = await self._once(body)
        if (
            isinstance(verdict, Stop)
            and verdict.kind is StopKind.NOT_AUTHORISED
            and self._client.token_was_replaced()
        ):
            return await self._once(body)
        return verdict

    def error(self, verdict: Stop | Again) -> BulkImporterError:
        """The error that a verdict ends the run with, when sending more is pointless."""
        server = self._client.server
        match verdict:
            case Stop(kind=StopKind.NOT_AUTHORISED):
                return NotAuthorised(server, verdict.reason)
            case Stop(kind=StopKind.PROJECT_NOT_FOUND):
                return ProjectNotFound(server, self._project_id)
            case Stop():
                return ServerUnavailable(server, f"{verdict.kind.value}: {verdict.reason}")
            case Again():
                return ServerUnavailable(server, f"{verdict.reason}, each time it was tried")

    async def _once(self, body: bytes) -> Verdict:
        try:
            answer = await self._client.upload(self._path, body)
        except RequestFailed as failure:
            return judge_failure(failure.kind)
        return judge_answer(answer.status, answer.headers, answer.body, now=datetime.now(UTC))
