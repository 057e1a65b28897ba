"""The prediction route: from a body to labels in the store, or to the answer that refuses it (protocol 2.3).

An upload goes on when its client has gone, because the middleware runs it as a task of the sandbox and not of the
connection. Nothing is written for a body that was not read to its end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from bulk_importer.sandbox.auth import Caller
from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.faults.machine import Fate, MachineJob
from bulk_importer.sandbox.refusals import SYSTEM, Refused
from bulk_importer.sandbox.request_log import LoggedRequest
from bulk_importer.sandbox.responses import error_answer, json_answer, refusal_answer
from bulk_importer.sandbox.schema.body import RefusedBody, read_body
from bulk_importer.sandbox.world.collation import fold
from bulk_importer.sandbox.world.ids import IdKind
from bulk_importer.sandbox.world.label_writer import LabelWriter
from bulk_importer.sandbox.world.semantics import read_json
from bulk_importer.sandbox.world.values import MediaLabels

__all__ = ["Prediction", "PredictionAnswer"]

Entries = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class PredictionAnswer:
    """The answer to an upload, kept apart from a connection, because the upload may outlive its connection."""

    answer: Refused | dict[str, object]
    status: int = 200

    def response(self) -> web.Response:
        """Make a new response of this answer."""
        if isinstance(self.answer, Refused):
            return refusal_answer(self.answer)
        if self.status >= HTTPStatus.BAD_REQUEST:
            return error_answer(self.status, self.answer)
        try:
            return json_answer(self.answer, status=self.status)
        except TypeError:  # half a surrogate pair in an echoed text, which only an escape can carry
            return web.Response(
                text=json.dumps(self.answer), status=self.status, content_type="application/json"
            )


class Prediction:
    """Serves uploads."""

    def __init__(self, context: SandboxContext) -> None:
        self._context = context

    async def serve(
        self, project_id: str, token: str | None, body: bytes, logged: LoggedRequest
    ) -> PredictionAnswer:
        """Do all that an upload does, and log it in `logged`. Refusals are returned, not raised."""
        try:
            refusal = await self._serve(project_id, token, body, logged)
        except Refused as refused:
            logged.refused = refused.key
            return PredictionAnswer(refused)
        if refusal is None:
            return PredictionAnswer({"errorMessages": ""})
        said = refusal.answer.get("key") or refusal.answer.get("errorMessages")
        logged.refused = str(said).partition("\n")[0]
        return PredictionAnswer(refusal.answer, refusal.status)

    async def _serve(
        self, project_id: str, token: str | None, body: bytes, logged: LoggedRequest
    ) -> RefusedBody | None:
        context = self._context
        caller, project = await context.on_store(lambda: self._admit(project_id, token))
        entries = await asyncio.get_running_loop().run_in_executor(None, read_body, body)
        if isinstance(entries, RefusedBody):
            await context.clock.spend(MachineJob(0, self._seconds(0, body)))
            return entries
        media_ids = (str(entry["internal_media_ID"]) for entry in entries if "internal_media_ID" in entry)
        context.request_log.note_media(logged, tuple(media_ids))
        if context.clock.model:
            await self._take_its_time(entries, project, caller, body)
        writer = await context.in_transaction(lambda: self._write(entries, project, caller))
        context.request_log.note_commit(logged, writer.written + writer.deleted)
        return None

    def _admit(self, project_id: str, token: str | None) -> tuple[Caller, int]:
        caller = self._context.authorizer.on_prediction(token, self._context.now_ms())
        # Labels for a soft-deleted project are still accepted (protocol 2.3).
        return caller, self._context.project(project_id, caller, deleted=True)["number"]

    def _write(self, entries: Entries, project: int, caller: Caller) -> LabelWriter:
        buffer = _BufferedLabels(self._context, project)
        writer = LabelWriter(self._context.now_ms(), caller.by_token)
        read_json(entries, self._context.store.config(project), buffer, writer)
        buffer.put_back()
        return writer

    # ------------------------------------------------------------------------------------- the cost model

    async def _take_its_time(self, entries: Entries, project: int, caller: Caller, body: bytes) -> None:
        """Wait as long as the real server would take, and fail where it would have deadlocked.

        How many rows that is, only writing tells: so the entries are written, and rolled back.
        """
        buffer = _BufferedLabels(self._context, project)
        writer = LabelWriter(self._context.now_ms(), caller.by_token)

        def rehearse() -> Refused | None:
            with self._context.store.rehearsal():
                try:
                    read_json(entries, self._context.store.config(project), buffer, writer)
                except Refused as refused:
                    return refused
            return None

        refused = await self._context.on_store(rehearse)
        model = self._context.clock.model
        rows = model.effective_rows(writer.written, writer.deleted) if model else 0.0
        tasks = frozenset() if refused else frozenset(buffer.taken)
        job = MachineJob(rows, self._seconds(rows, body), writer.replaces, tasks)
        fate = await self._context.clock.spend(job)
        if refused:
            raise refused
        if fate is not Fate.DONE:
            raise Refused(500, SYSTEM)

    def _seconds(self, rows: float, body: bytes) -> float:
        model = self._context.clock.model
        return model.seconds(rows, len(body)) if model else 0.0


class _BufferedLabels:
    """A `LabelStore` that takes labels from the store once in a request, and puts them back at its end."""

    def __init__(self, context: SandboxContext, project: int) -> None:
        self._store = context.store
        self._ids = context.ids
        self._project = project
        self._uploaded: set[int] = set()
        self.taken: dict[int, MediaLabels] = {}

    def default_tasks(self, media_id: str) -> Sequence[int]:
        number = self._ids.number(IdKind.MEDIA, fold(media_id))
        if number is None:
            return ()
        found = self._store.rows(
            "SELECT number FROM task WHERE project = ? AND media = ? AND type = 'DEFAULT'",
            self._project,
            number,
        )
        return [row[0] for row in found]

    def labels(self, task: int) -> MediaLabels:
        if task not in self.taken:
            self.taken[task] = self._store.labels(task)
        return self.taken[task]

    def mark_uploaded(self, task: int) -> None:
        self._uploaded.add(task)

    def put_back(self) -> None:
        """Write everything into the store."""
        for task, labels in self.taken.items():
            self._store.put_labels(task, labels)
        self._store.execute_many(
            "UPDATE task SET json_upload = 1 WHERE number = ? AND NOT json_upload",
            ((task,) for task in self._uploaded),
        )
