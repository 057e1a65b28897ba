"""What a migration is asked for, what it foresees, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.errors import ExitCode, most_important
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.labels.comparison.differences import Difference
from bulk_importer.migration.moving.account import MovedLabels
from bulk_importer.migration.moving.foreseeing import FoundMedia
from bulk_importer.migration.moving.tasking import MovedStates
from bulk_importer.settings import Settings
from bulk_importer.summary import Summary

__all__ = ["Foreseen", "MigrateSpec", "Migrated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateSpec:
    """What to move where.

    Attributes:
        folder: of the checkpoint that covers both sides.
        origin: how the project that the labels come from is reached; `server` and `project` say which it is.
        origin_token: for that server.
        settings: the project that they go to, and how; media are found there by name.
        names: what classes, classifications and options are called there.
        states: of the tasks whose labels come along; None for all.
        creates_classes: add to the label configuration there what it lacks.
        completes: give the tasks there the states that they have where the labels come from.
        compares: what arrived is read back.
        dry_run: only say what would be moved.
    """

    folder: Path
    origin: Settings
    origin_token: Token
    settings: Settings
    names: ClassMap = field(default_factory=ClassMap)
    states: frozenset[str] | None = None
    creates_classes: bool = False
    completes: bool = False
    compares: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a migration is about to do.

    Attributes:
        origin, target: server, name and id of each project.
        media: which media are found there.
        differences: what the label configuration there lacks of the other one, by the names of there.
        is_begun: an earlier run has begun it.
    """

    origin: tuple[str, str, str]
    target: tuple[str, str, str]
    media: FoundMedia
    differences: Sequence[Difference]
    is_begun: bool


@dataclass(frozen=True, slots=True)
class Migrated:
    """What came of a migration.

    Attributes:
        folder: of its checkpoint.
        added: classes and options that were added to the label configuration there.
        summary: of the import; None where nothing was sent.
        moved: label by label; None where the import is not finished.
        states: of the tasks; None where they were not to be changed, or were not yet.
    """

    folder: Path
    foreseen: Foreseen
    added: Sequence[str] = ()
    summary: Summary | None = None
    moved: MovedLabels | None = None
    states: MovedStates | None = None

    @property
    def exit_code(self) -> ExitCode:
        """Zero where all labels are there, but for what the class map leaves out."""
        media = self.foreseen.media
        if self.summary is None:
            lacking = media.found < media.media or any(each.matters for each in self.foreseen.differences)
            return ExitCode.REJECTIONS if lacking else ExitCode.DELIVERED
        codes = [ExitCode(self.summary.exit_code)]
        if self.moved is not None:
            codes += [ExitCode.REJECTIONS] * (not self.moved.is_complete or self.moved.unread > 0)
            codes += [ExitCode.DIFFERS] * (self.moved.compared != self.moved.equal)
        if self.states is not None:
            codes += [ExitCode.REJECTIONS] * (self.states.refused + self.states.left_alone > 0)
            codes += [ExitCode.UNFINISHED] * (self.states.left > 0)
            codes += [] if self.states.error is None else [self.states.error.exit_code]
        return most_important(codes)
