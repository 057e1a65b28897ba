"""What a backup says of itself: before it reads, and when it is finished. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from bulk_importer.backups.file.records import Header, Trailer
from bulk_importer.errors import ExitCode

__all__ = ["BackupAnnouncement", "BackupSummary"]


@dataclass(frozen=True, slots=True)
class BackupAnnouncement:
    """What a backup is about to do, said before the first label is read.

    Attributes:
        output: the file.
        media: how many it is to hold.
        done: how many of them earlier runs read.
        left_out: media of the project that it does not hold, by the reason.
        writes: reading writes rows that are missing, because only the token route is open (protocol 3.4).
        at_a_time: how many media are read at a time, at most.
        estimated_seconds: how long it takes where each media takes as long as the first; None where none was looked at.
    """

    output: str
    server: str
    project: str
    project_name: str
    media: int
    done: int
    left_out: Mapping[str, int]
    writes: bool
    at_a_time: int
    estimated_seconds: float | None = None


class BackupSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a finished backup holds. Its keys are those of `backup --json`.

    Attributes:
        output: the file.
        media: media that were asked for.
        labelled: of them, those that hold any label.
        entries: entries in the file: one for each media that was read, more where one cannot say all.
        labels: labels in the entries.
        values: the same by class.
        lost: what an import of the file does not bring back, by kind.
        gone, unread: media that the server did not know any more, or that could not be read; they are not in the file.
        left_out: media of the project that were not asked for, by the reason.
        config_changed: the label configuration changed meanwhile.
        bytes: of the file. `content_bytes`: of the JSON in it.
    """

    exit_code: int
    output: str
    server: str
    project: str
    project_name: str
    media: int
    labelled: int
    entries: int
    labels: int
    values: dict[str, int]
    lost: dict[str, int]
    gone: int
    unread: int
    left_out: dict[str, int]
    config_changed: bool
    bytes: int
    content_bytes: int
    began: str
    ended: str
    seconds: float
    digest: str

    @classmethod
    def of(cls, output: str, size: int, header: Header, trailer: Trailer) -> BackupSummary:
        """The summary of a finished file of `size` bytes."""
        is_exact = not (trailer.lost or trailer.unread)
        return cls(
            exit_code=ExitCode.DELIVERED if is_exact else ExitCode.REJECTIONS,
            output=output,
            server=header.server,
            project=header.project,
            project_name=header.name,
            media=trailer.media,
            labelled=trailer.labelled,
            entries=trailer.entries,
            labels=sum(trailer.values.values()),
            values=dict(sorted(trailer.values.items())),
            lost=dict(sorted(trailer.lost.items())),
            gone=trailer.gone,
            unread=trailer.unread,
            left_out=dict(header.left_out),
            config_changed=trailer.changed,
            bytes=size,
            content_bytes=trailer.size,
            began=header.began,
            ended=trailer.ended,
            seconds=trailer.seconds,
            digest=trailer.chain,
        )
