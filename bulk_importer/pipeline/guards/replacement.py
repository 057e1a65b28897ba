"""Says how many media lose labels before the first entry leaves that may delete some, and has that confirmed.

The server deletes what a media holds before it takes an entry with keepData false (protocol 2.9), and nothing brings it
back. Which media hold labels the lists of the project say. How many of them the source means is counted beforehand
where it is a plain file that is read in a second or two; elsewhere it is all of them at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum

import msgspec
from msgspec.structs import replace as with_fields

from bulk_importer.checkpoint import Checkpoint, CheckpointState
from bulk_importer.errors import ExitCode, InputError
from bulk_importer.events import Observer, ReplacementForeseen
from bulk_importer.intake import Intake, IntakeOptions
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.media.labelled import LabelledMedia
from bulk_importer.model import EntryRun, KeepData, ReadPlan, Segment
from bulk_importer.settings import Settings
from bulk_importer.sources import Source
from bulk_importer.spans import Span
from bulk_importer.summary import Replacement
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Confirm", "Confirmation", "Forecast", "ReplacementGuard", "unconfirmed"]

_MOST_SCANNED = 128 << 20
"""A larger source is not read twice: with two workers this much takes a second or two."""
_FEW_BYTES = 8 << 20
"""Up to here processes of its own would take longer to start than the scan takes."""


class Confirmation(Enum):
    """Whether labels may be deleted."""

    YES = "yes"
    NO = "no"
    UNASKED = "unasked"  # there is nobody to ask: what was said has to do


Confirm = Callable[[ReplacementForeseen], Awaitable[Confirmation]]
"""Asks whether labels may be deleted, once it is said how many."""


class Forecast(msgspec.Struct, frozen=True):
    """Foresees how many media lose labels.

    Attributes:
        rules: what entries are checked against.
        labelled: gives the media that hold labels; None where nobody knows. Blocks.
        is_filtered: entries are left out of the source that an earlier import delivered.
        state: of the checkpoint; it changes while the run goes on.
        kept: what becomes of the labels, a phrase for people; empty where nothing is said of it.
    """

    source: Source
    settings: Settings
    rules: Rules
    labelled: Callable[[], LabelledMedia | None]
    is_filtered: bool
    state: CheckpointState
    kept: str = ""

    async def foresee(self, run: EntryRun, labelled: LabelledMedia | None, *, is_last: bool) -> Replacement:
        """How many media lose labels by `run` and what comes behind it.

        Args:
            run: the first entries with keepData false that are sent.
            is_last: nothing is sent behind them, because of `--limit`.
        """
        is_whole = self.settings.limit is None
        if labelled is None:
            return Replacement(media=None, is_exact=False, is_whole=is_whole)
        if is_last:
            labelled.meet(run)
        is_exact = is_last or await self._is_scanned(labelled)
        return Replacement(
            media=labelled.met if is_exact else self._at_most(labelled),
            is_exact=is_exact,
            is_whole=is_whole,
            holding=labelled.holding,
            importable=labelled.importable,
        )

    def _at_most(self, labelled: LabelledMedia) -> int:
        limit = self.settings.limit
        return labelled.holding if limit is None else min(labelled.holding, limit)

    async def _is_scanned(self, labelled: LabelledMedia) -> bool:
        """Whether all that is still to be sent was counted in `labelled`."""
        source, size = self.source, self.source.size
        is_at_rest = source.plain and source.repeatable and source.descriptor is not None
        is_known = self.settings.limit is None and not self.is_filtered
        if not (is_known and is_at_rest and size is not None and size <= _MOST_SCANNED):
            return False
        options = IntakeOptions.of(self.settings)
        if size <= _FEW_BYTES:
            options = with_fields(options, workers=0)
        try:
            async with Intake(source, ReadPlan(), self.rules, options) as intake:
                async for segment in intake:
                    labelled.meet(self._unsettled(segment))
        except InputError:
            pass  # what is behind it is not sent either; the run says so
        return True

    def _unsettled(self, segment: Segment) -> EntryRun:
        """What of a segment is still to be sent: what is owed, and what is not on record."""
        first, last, read = segment.key.first, segment.key.first + segment.key.count, self.state.position
        unread = [Span(max(first, read), last)] if last > read else []
        return segment.run.at([*self.state.owed_within(first, last), *unread])


class ReplacementGuard:
    """Stands before the pool of one run: what may delete labels passes when that was said, and not refused.

    Args:
        yes: it is confirmed beforehand (`--yes`).
        confirm: asks; not called where nothing can be lost, or where an earlier run on the checkpoint had it confirmed.
        stop: requested where the answer is no.
    """

    def __init__(
        self,
        forecast: Forecast,
        checkpoint: Checkpoint,
        stop: StopSwitch,
        emit: Observer,
        confirm: Confirm,
        *,
        yes: bool,
    ) -> None:
        self._forecast = forecast
        self._checkpoint = checkpoint
        self._stop = stop
        self._emit = emit
        self._confirm = confirm
        self._yes = yes
        # Set when the first entries with keepData false have passed.
        self._is_open = False

    async def admits(self, run: EntryRun, *, is_last: bool) -> bool:
        """Whether entries may be sent. Where they may not, the run is to end: the answer was no.

        Args:
            is_last: nothing is sent behind them.

        Raises:
            CheckpointError: the answer cannot be put on record.
        """
        if not self._is_open and KeepData.FALSE in run.keeps:
            self._is_open = await self._may_delete(run, is_last=is_last)
            return self._is_open
        return True

    async def _may_delete(self, run: EntryRun, *, is_last: bool) -> bool:
        labelled = await asyncio.to_thread(self._forecast.labelled)
        if (labelled is not None and not labelled.holding) or self._was_confirmed(labelled):
            return True
        foreseen = await self._forecast.foresee(run, labelled, is_last=is_last)
        if foreseen.media == 0:
            return True
        event = ReplacementForeseen(
            source=self._forecast.source.name,
            position=run.positions[run.keeps.index(KeepData.FALSE)],
            media=foreseen.media,
            is_exact=foreseen.is_exact,
            holding=foreseen.holding,
            importable=foreseen.importable,
            kept=self._forecast.kept,
        )
        self._emit(event)
        answer = Confirmation.YES if self._yes else await self._confirm(event)
        if answer is Confirmation.NO:
            self._stop.request(unconfirmed(is_begun=self._is_begun()), ExitCode.UNFINISHED)
            return False
        note = msgspec.structs.replace(foreseen, is_confirmed=answer is Confirmation.YES)
        await self._checkpoint.record_note(Replacement.NOTE, msgspec.to_builtins(note))
        return True

    def _was_confirmed(self, labelled: LabelledMedia | None) -> bool:
        """Whether an earlier run had confirmed what this one may delete, and no more can be lost by now."""
        before = Replacement.kept(self._checkpoint.state.notes)
        if before is None or not (before.is_confirmed and before.is_whole):
            return False
        if self._forecast.settings.source_grew:
            return False
        return before.holding is None or (labelled is not None and labelled.holding <= before.holding)

    def _is_begun(self) -> bool:
        state = self._checkpoint.state
        return bool(state.delivered or state.taken)


def unconfirmed(*, is_begun: bool) -> str:
    """Why a run ended whose question was answered with no."""
    nothing = "Nothing that deletes labels was sent" if is_begun else "Nothing was sent"
    return (
        f"{nothing}: that existing labels are replaced was not confirmed. The same command asks again; --yes is the "
        "answer beforehand, and without 'keepData: false' an entry deletes nothing."
    )
