"""Reads what chosen media of one project hold, as entries: for who knows media and not their tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bulk_importer.backups.gate import ReadGate
from bulk_importer.backups.making.entries import EntryMaker, MadeEntry, MediaTask
from bulk_importer.backups.reading import Hearing, MediaReader, ReadMedia, in_flight_of
from bulk_importer.datagym.reads.catalog import Catalog, Project
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.reads.listings import RowSink, TaskRow
from bulk_importer.datagym.reads.queries import Queries
from bulk_importer.datagym.timing import Timing
from bulk_importer.events import Observer
from bulk_importer.labels.entry import lane_of
from bulk_importer.labels.label_config import LabelConfig, read_label_config
from bulk_importer.settings import Settings

__all__ = ["Held", "Holdings", "ProjectReads", "TaskFinder", "maker_of"]


def maker_of(classes: list[Any]) -> EntryMaker:
    """What makes entries by a label configuration as the server writes it, which may have no class at all."""
    return EntryMaker(read_label_config(classes) if classes else LabelConfig(()))


class TaskFinder(RowSink[TaskRow], Protocol):
    """Takes task lists, and finds tasks by media. `task_ids` has two of them."""

    def of(self, lane: str) -> str | None:
        """The id of the task of a media; None where none was listed."""


@dataclass(frozen=True, slots=True)
class ProjectReads:
    """What reads one project."""

    queries: Queries
    catalog: Catalog
    project: Project


@dataclass(frozen=True, slots=True)
class Held:
    """What one media holds.

    Attributes:
        entries: that leave the same labels in it, the first of which empties it; None where it could not be read.
        why: it could not be read, for people; empty where it was.
        is_gone: the project has no such media any more.
    """

    media_id: str
    entries: Sequence[MadeEntry] | None
    why: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Holdings:
    """The labels of the media of one project. `of` makes it."""

    reader: MediaReader
    maker: EntryMaker
    tasks: TaskFinder
    settings: Settings

    @classmethod
    async def of(
        cls, reads: ProjectReads, tasks: TaskFinder, settings: Settings, timing: Timing, emit: Observer
    ) -> Holdings:
        """List the tasks of a project into `tasks`, and read its label configuration.

        Args:
            emit: hears when reads are not answered.

        Raises:
            ServerError: the server does not answer.
        """
        await reads.catalog.tasks(reads.project, tasks)
        maker = maker_of(await reads.catalog.label_config(reads.project))
        gate = ReadGate(in_flight_of(settings, writes=True))
        queries = reads.queries.heard_by(Hearing(gate, emit))
        reader = LabelReader(queries, reads.catalog, reads.project)
        return cls(MediaReader(reader, gate, timing), maker, tasks, settings)

    async def read(self, media_ids: Iterable[str], heard: Callable[[], object] = lambda: None) -> list[Held]:
        """What these media hold, each read once; those without a task come first.

        Args:
            heard: called for each that was read.

        Raises:
            ServerError: the server does not answer, or not with labels, whichever media it is asked for.
        """
        rows = {media_id: self.tasks.of(lane_of(media_id)) for media_id in media_ids}
        found = [Held(media_id, None, is_gone=True) for media_id, task_id in rows.items() if task_id is None]
        listed = [
            TaskRow(task_id=task_id, media_id=media_id)
            for media_id, task_id in rows.items()
            if task_id is not None
        ]
        if not listed:
            return found
        writes = await self.reader.reader.writes(listed[0])
        self.reader.gate.most = in_flight_of(self.settings, writes=writes)

        async def take(held: Held) -> None:
            found.append(held)
            heard()

        await self.reader.read(iter(listed), self._held, take)
        return found

    def _held(self, media: ReadMedia) -> Held:
        task = media.task
        if media.held is None:
            return Held(task.media_id, None, media.why, media.is_gone)
        made = self.maker.entries(MediaTask(task.media_id, task.task_id, task.label_task_state), media.held)
        return Held(task.media_id, made)
