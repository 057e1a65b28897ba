"""Proves a backup whole, and compares it with what the server holds now.

The same label configuration as then makes entries of what is read now, so that what did not fit it is compared, too.
Memory: what is in flight. By token, reading writes rows that are missing, and each media is read once.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bulk_importer.backups.file.content import Backup, opened_backup
from bulk_importer.backups.file.records import Header, Trailer
from bulk_importer.backups.gate import ReadGate
from bulk_importer.backups.holdings import maker_of
from bulk_importer.backups.making.comparing import Difference, differences
from bulk_importer.backups.making.entries import EntryMaker, MadeEntry, MediaTask
from bulk_importer.backups.reading import Hearing, MediaReader, ReadMedia, in_flight_of
from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.reads.queries import Patience, Queries
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.client import Client
from bulk_importer.events import Advanced, Observer
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.migration.backup import BackupCaller
from bulk_importer.settings import Settings

__all__ = ["BackupProof", "Comparison", "MediaDifference", "compare_backup", "prove_backup"]

_MOST_NAMED = 1000


@dataclass(frozen=True, slots=True)
class BackupProof:
    """A backup whose every byte is what was written."""

    header: Header
    trailer: Trailer


@dataclass(frozen=True, slots=True)
class MediaDifference:
    """A media that does not hold what is in the backup. `why` says it where it could not be compared."""

    media_id: str
    name: str | None
    labels: tuple[Difference, ...] = ()
    why: str = ""


@dataclass(slots=True)
class Comparison:
    """What came of a comparison with the server.

    Attributes:
        media: how many were compared.
        differing: how many of them differ; the first of these are `named`.
    """

    media: int = 0
    differing: int = 0
    named: list[MediaDifference] = field(default_factory=list)

    def take(self, difference: MediaDifference | None) -> None:
        """Count the next media."""
        self.media += 1
        if difference is not None:
            self.differing += 1
            if len(self.named) < _MOST_NAMED:
                self.named.append(difference)


def prove_backup(path: Path, emit: Observer) -> BackupProof:
    """Read a backup from end to end.

    Raises:
        BackupUnusable: it is not whole, or not what was written; it says where.
    """
    with opened_backup(path) as backup:
        trailer, done = backup.trailer, 0
        for place, _ in backup.contents():
            done += place.chunk.size
            emit(Advanced(work=f"reading {path.name}", done=done, total=trailer.size, unit="bytes"))
        return BackupProof(backup.scan.header, trailer)


async def compare_backup(
    path: Path, settings: Settings, caller: BackupCaller, *, sample: int | None = None
) -> Comparison:
    """Read the media of a backup from the server that it was made of, and compare them.

    Args:
        settings: how the server is reached; which it is, and the project, the backup says.
        sample: how many media to look at, chosen by a digest of their ids; None for all.

    Raises:
        BackupUnusable: it is not whole, or not what was written.
        ServerError: the server does not answer, or does not know the project.
        Interrupted: a stop was requested.
    """
    with opened_backup(path) as backup:
        header = backup.scan.header
        settings = replace(settings, server=header.server, project=header.project)
        chosen = None if sample is None else _chosen(backup, sample)
        total = sum(each.chunk.media - each.chunk.gone - each.chunk.unread for each in backup.scan.chunks)
        comparing = _Comparing(maker_of(header.label_config), chosen)
        async with (
            caller.stop.breaking_off(),
            Client.of(settings, caller.token, max_connections=settings.max_reads) as client,
        ):
            gate = ReadGate(in_flight_of(settings, writes=header.writes))
            timing = Timing(caller.clock, caller.stop.rest)
            queries = Queries(client, Patience.of(settings, timing, caller.emit))
            catalog = Catalog(queries)
            project = await catalog.find_project(header.project)
            heard = queries.heard_by(Hearing(gate, caller.emit))
            reader = LabelReader(heard, catalog, project, writes=header.writes or None)
            found = Comparison()

            async def take(difference: MediaDifference | None) -> None:
                found.take(difference)
                caller.emit(
                    Advanced(
                        work="comparing with the server",
                        done=found.media,
                        total=total if chosen is None else len(chosen),
                        unit="media",
                        beside={"differing": found.differing},
                    )
                )

            await MediaReader(reader, gate, timing).read(comparing.tasks(backup), comparing.compared, take)
    return found


def _chosen(backup: Backup, sample: int) -> Collection[int]:
    """The keys of the media with the smallest digests."""
    return set(heapq.nsmallest(sample, (_key(entries) for entries in backup.media())))


def _key(entries: list[MadeEntry]) -> int:
    return key_of(lane_of(entries[0].internal_media_ID))


class _Comparing:
    """Media that are being compared: what the backup has of each that is being read."""

    def __init__(self, maker: EntryMaker, chosen: Collection[int] | None) -> None:
        self._maker = maker
        self._chosen = chosen
        # By task. Changed by `tasks`, which is asked for no more than are read at a time, and `compared`.
        self._before: dict[str, list[MadeEntry]] = {}

    def tasks(self, backup: Backup) -> Iterator[TaskRow]:
        """The tasks of the media to be read."""
        for entries in backup.media():
            if self._chosen is not None and _key(entries) not in self._chosen:
                continue
            first = entries[0]
            self._before[first.backup.task] = entries
            yield TaskRow(
                task_id=first.backup.task,
                media_id=first.internal_media_ID,
                media_name=first.external_media_ID,
                label_task_state=first.backup.state,
            )

    def compared(self, media: ReadMedia) -> MediaDifference | None:
        """What is different about a media; None where nothing is."""
        task = media.task
        before = self._before.pop(task.task_id)
        if media.held is None:
            why = "the server does not have it any more" if media.is_gone else media.why
            return MediaDifference(task.media_id, task.media_name, why=why)
        ours = MediaTask(task.media_id, task.task_id, task.label_task_state, task.media_name)
        found = differences(before, self._maker.entries(ours, media.held))
        return MediaDifference(task.media_id, task.media_name, tuple(found)) if found else None
