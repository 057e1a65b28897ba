"""Decides what a retry feeds: the corrections of a person, or what is rejected, or what earlier retries left.

What must wait is held back (see `order`), for which the source of the import is read again. Also held back are entries
that an earlier retry has in doubt, and all others for their media.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bulk_importer.checkpoint import Checkpoint, CheckpointState, Header
from bulk_importer.checkpoint.correction import Correction
from bulk_importer.checkpoint.retries import (
    RetryFolder,
    create_retry,
    delivered_corrections,
    retry_folders,
)
from bulk_importer.errors import BulkImporterError, CheckpointMismatch, InputError, UsageError
from bulk_importer.files.durable import DurableFile
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.intake.validation.naming import NamedRules
from bulk_importer.media.names.index import NameIndex
from bulk_importer.media.names.making import names_in
from bulk_importer.model import ReadPlan
from bulk_importer.pipeline.resume.recorded_source import open_again, was_stream
from bulk_importer.pipeline.retry.corrections import corrections_in, standing_corrections, with_ids
from bulk_importer.pipeline.retry.order import corrections_that_wait
from bulk_importer.settings import Settings
from bulk_importer.sources import Source
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["RetryPlan", "RetrySpec"]


async def _nothing(_: Sequence[Correction], __: Path) -> set[int]:
    """What waits because of other imports, where there are none."""
    return set()


@dataclass(frozen=True, slots=True)
class RetrySpec:
    """Which rejected entries to feed again.

    Attributes:
        folder: of the checkpoint that rejected them.
        settings: those of the new upload; server and project are taken from the checkpoint.
        corrected: an edited copy of `rejected.jsonl`, or a part of it; None for all that is rejected, as it is (or for
            what an earlier retry left unsettled).
        source: where the source is now, which is read to see what came after the rejected entries; None to look for it.
        made_again: the source, where it is not read from a place but made of something in the folder.
        out_of_order: feed also what later entries of the same media do not commute with.
        open_file: what the files of the checkpoint are written through.
        elsewhere: where the import is one of several for the same media, the positions that wait because of what
            others have; it is given corrections, and the folder.
    """

    folder: Path
    settings: Settings
    corrected: Path | None = None
    source: str | None = None
    made_again: Source | None = None
    out_of_order: bool = False
    open_file: Callable[[Path], DurableFile] = DurableFile
    elsewhere: Callable[[Sequence[Correction], Path], Awaitable[set[int]]] = _nothing


class RetryPlan:
    """What one retry feeds. Go through its `folders` once.

    Args:
        ledger: the checkpoint, with all that earlier retries delivered on record.
        stop: breaks off the reading of the source.

    Attributes:
        held_back: positions that are not fed now.
        left_out: positions of corrections that an earlier retry delivered.
        sends: how many entries are fed.
    """

    def __init__(self, spec: RetrySpec, ledger: Checkpoint, stop: StopSwitch) -> None:
        self._spec = spec
        self._folder = spec.folder
        self._ledger = ledger
        self._stop = stop
        # Changed by `folders`; the last two by `withdraw` as well.
        self.held_back: set[int] = set()
        self.left_out: Sequence[int] = ()
        self.sends = 0
        self._made: RetryFolder | None = None

    async def folders(self) -> AsyncGenerator[RetryFolder, None]:
        """The retries to import, each to be imported and put on record before the next is asked for.

        Raises:
            InputError: the corrections cannot be read or meant, or the source is needed and cannot be read.
            CheckpointError: the corrections cannot be kept, or the source is not what was imported.
            UsageError: `--source` or a setting cannot be meant.
        """
        earlier = await asyncio.to_thread(retry_folders, self._folder)
        unsettled = [each for each in earlier if each.standing().unsettled]
        if unsettled and self._spec.corrected is None:
            for each in unsettled:
                if await self._goes_on(each):
                    yield each
            return
        chosen = await asyncio.to_thread(self._chosen, earlier)
        self.held_back = self._doubted(unsettled, chosen) | await self._waiting(chosen)
        fed = [each for each in chosen if each.position not in self.held_back]
        if fed:
            self.sends = len(fed)
            self._made = await asyncio.to_thread(create_retry, self._folder, fed, self._spec.open_file)
            yield self._made

    def withdraw(self) -> bool:
        """Take back the retry that was made for this, if nothing of it was read or sent. Blocks.

        Returns:
            Whether it is as if it had not been begun. One that an earlier process began is kept.

        Raises:
            CheckpointError: it cannot be told what became of it.
        """
        if self._made is None or not self._made.withdraw(self._spec.open_file):
            return False
        self._made, self.sends = None, 0
        return True

    async def _goes_on(self, retry: RetryFolder) -> bool:
        """Whether an earlier retry is to be imported. One with something that must wait by now waits as a whole."""
        standing = retry.standing()
        waiting = await self._waiting(await asyncio.to_thread(retry.corrections, standing.owed))
        self.held_back |= waiting
        if not waiting:
            self.sends += len(standing.unsettled)
        return not waiting

    def _chosen(self, earlier: Sequence[RetryFolder]) -> list[Correction]:
        """The corrections that a new retry is asked to feed."""
        state = self._ledger.state
        if self._spec.corrected is None:
            return standing_corrections(self._folder, state)
        delivered = frozenset[int]().union(*(each.standing().delivered for each in earlier))
        chosen, self.left_out = corrections_in(self._spec.corrected, state.rejected, delivered)
        return chosen

    def _doubted(self, unsettled: Sequence[RetryFolder], corrections: Sequence[Correction]) -> set[int]:
        """The positions of corrections whose media an earlier retry has in doubt."""
        lost = [each for retry in unsettled for each in retry.corrections(retry.standing().in_doubt)]
        positions = {each.position for each in lost}
        lanes = {each.lane for each in self._named(lost)} - {None}
        return {
            each.position
            for each in self._named(corrections)
            if each.position in positions or each.lane in lanes
        }

    async def _waiting(self, corrections: Collection[Correction]) -> set[int]:
        """The positions that are held back because of what else was imported."""
        by_media = [each for each in self._named(corrections) if each.lane is not None]
        if not by_media:
            return set()
        header, state = self._ledger.header, self._ledger.state
        corrected = await asyncio.to_thread(lambda: delivered_corrections(retry_folders(self._folder)))
        async with self._stop.breaking_off():
            try:
                source = self._spec.made_again or await open_again(
                    self._folder, header, state, self._spec.source
                )
                try:
                    elsewhere = await self._spec.elsewhere(by_media, self._folder)
                    async with self._everything_read(source) as intake:
                        return elsewhere | await corrections_that_wait(
                            intake,
                            state,
                            by_media,
                            corrected=self._named(corrected),
                            out_of_order=self._spec.out_of_order,
                        )
                finally:
                    await source.aclose()
            except BulkImporterError as error:
                if self._spec.out_of_order and not (state.taken or state.counts.owed):
                    return set()
                raise _kind_of(error)(self._without_source(header, state, error)) from error

    def _everything_read(self, source: Source) -> Intake:
        """Read the source as far as it was imported."""
        header, state = self._ledger.header, self._ledger.state
        plan = ReadPlan(tuple(state.segments), state.position, state.offset, ended=True)
        options = IntakeOptions.of(replace(self._spec.settings, path=_path_in(header)))
        return Intake(source, plan, self._rules(), options)

    def _named(self, corrections: Collection[Correction]) -> list[Correction]:
        """The corrections, with the ids of their media also where they have only names."""
        names = names_in(self._folder)
        return list(corrections) if names is None else with_ids(corrections, NameIndex(names))

    def _rules(self) -> Rules:
        """Rules that check entries against nothing; media may be named as they were in the import."""
        names = names_in(self._folder)
        return Rules() if names is None else NamedRules.of(Rules(), str(names))

    def _without_source(self, header: Header, state: CheckpointState, error: BulkImporterError) -> str:
        """Why nothing is fed where the source cannot be read again, and what to do."""
        advice = "Say with --source where its content is now."
        if self._spec.out_of_order:
            advice += " Without it, let the import resume until nothing is unconfirmed or left to send."
        elif was_stream(header, state):
            advice += (
                " Where nobody has it any more, --out-of-order feeds them without knowing; a keepData false among "
                "them, or among what came later, then costs labels."
            )
        return (
            "Before rejected entries are fed again, the source is read to see what else there is for their media. "
            f"{error} {advice} Nothing of them was sent."
        )


def _kind_of(error: BulkImporterError) -> type[BulkImporterError]:
    """What an error about the source is, also with more words about it: its exit code stays the same."""
    return next((kind for kind in (InputError, CheckpointMismatch) if isinstance(error, kind)), UsageError)


def _path_in(header: Header) -> str | None:
    """Where in its source the array was."""
    path = header.settings.get("path")
    return path if isinstance(path, str) else None
