"""Sums up a run: makes its summary of the ledger's state and of what this process did.

Pure, but for the zone of this machine, in which a summary gives times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import msgspec

from bulk_importer.checkpoint import CheckpointState, Counts, Header
from bulk_importer.errors import BulkImporterError, ExitCode, Interrupted, MalformedInput, most_important
from bulk_importer.summary import Replacement, RunState, Summary, Tally
from bulk_importer.times import written

__all__ = ["Before", "Ending", "Mentioned", "left_to_send", "standing_codes", "summarize", "tally_since"]

_REASONS = 3
"""How many reasons of doubts are named in a message."""


class Mentioned(msgspec.Struct, frozen=True):
    """Note in the log: how many media the whole source mentions.

    Attributes:
        media: how many different media the accepted entries name.
        not_mentioned: how many importable media of the project the accepted entries leave out; None where that is not
            known.
        entries, rejected: the ledger's numbers when the note was written; with other numbers it no longer holds.
    """

    NOTE: ClassVar[str] = "mentioned"

    media: int
    not_mentioned: int | None
    entries: int
    rejected: int

    @classmethod
    def of(cls, state: CheckpointState, media: int, not_mentioned: int | None) -> Self:
        """Make the note for the ledger as it stands."""
        return cls(media, not_mentioned, state.position, len(state.rejected))

    @classmethod
    def kept(cls, state: CheckpointState) -> Self | None:
        """The note that is on record, where it still holds."""
        note = state.notes.get(cls.NOTE)
        if note is None or state.end is None:
            return None
        kept = msgspec.convert(note, cls)
        return kept if kept == cls.of(state, kept.media, kept.not_mentioned) else None


@dataclass(frozen=True, slots=True)
class Before:
    """The sums of the ledger when this run began; `tally_since` subtracts them from those at the end.

    Attributes:
        counts: entries by the place where they ended.
        bytes: of the source that were read (decompressed).
        findings: code -> how often.
        next_batch: number of the first batch of this run.
    """

    counts: Counts
    bytes: int
    findings: Mapping[str, int]
    next_batch: int

    @classmethod
    def of(cls, state: CheckpointState) -> Before:
        """The sums in `state` at this moment, to be subtracted later."""
        return cls(state.counts, state.offset, dict(state.finding_counts), state.next_batch)


def tally_since(
    before: Before, state: CheckpointState, *, seconds: float, requests: int, retries: int
) -> Tally:
    """What this process added to the ledger; no count is below zero.

    `in_doubt` counts what of its own requests is in doubt, `owed` what it was the first to read and did not settle.
    What was in doubt or owed before, and was settled by this process, counts as delivered or rejected.
    """
    now, then = state.counts, before.counts
    findings = Counter(state.finding_counts)
    findings.subtract(before.findings)
    return Tally(
        entries=now.entries - then.entries,
        delivered=now.delivered - then.delivered,
        rejected=max(0, now.rejected - then.rejected),
        skipped=now.skipped - then.skipped,
        in_doubt=_size(
            span
            for number, batch in state.undecided.items()
            if number >= before.next_batch
            for span in batch.spans
        ),
        owed=_size(state.owed_within(then.entries, now.entries)),
        bytes=state.offset - before.bytes,
        seconds=round(seconds, 3),
        requests=requests,
        retries=retries,
        findings={code: count for code, count in findings.items() if count > 0},
    )


def _size(spans: Iterable[tuple[int, int]]) -> int:
    return sum(stop - start for start, stop in spans)


@dataclass(frozen=True, slots=True)
class Ending:
    """How and why a run ended.

    Attributes:
        errors: what made the run less than whole, in the order in which it happened.
        is_stopped: something ended the run before all that could be sent was sent.
        stopped_by: the exit code of what stopped it, a signal for example; None where nothing did.
        reason: why the run ended, in a sentence, where no error says it.
        media_in_doubt: ids of media that may or may not hold the labels of a lost answer.
    """

    errors: Sequence[BulkImporterError] = ()
    is_stopped: bool = False
    stopped_by: ExitCode | None = None
    reason: str = ""
    media_in_doubt: Sequence[str] = ()

    def run_state(self, state: CheckpointState) -> RunState:
        """How the run stands that ended so.

        A source that breaks off is complete when all before the break is settled, and so is what waits behind nothing
        but lost answers; what could be sent at once is not.
        """
        if any(not isinstance(error, MalformedInput | Interrupted) for error in self.errors):
            return RunState.FAILED
        if state.is_finished:
            return RunState.COMPLETE
        if any(isinstance(error, Interrupted) for error in self.errors):
            return RunState.STOPPED
        can_go_on = not self.errors and not state.counts.in_doubt
        return RunState.STOPPED if self.is_stopped or can_go_on else RunState.COMPLETE


def summarize(
    header: Header,
    state: CheckpointState,
    folder: Path,
    *,
    this_run: Tally | None = None,
    ending: Ending | None = None,
) -> Summary:
    """The summary of the ledger as it stands.

    What is neither settled nor in doubt is left to send, whatever ended the run: a code of its own says so, where no
    other one says why.

    Args:
        this_run: already part of the ledger's sums where the run is over; None for a run that did nothing yet.
        ending: None while the run goes on.
    """
    counts, mentioned = state.counts, Mentioned.kept(state)
    run_state = RunState.RUNNING if ending is None else ending.run_state(state)
    ended = ending or Ending()
    codes = [error.exit_code for error in ended.errors]
    codes += [] if ended.stopped_by is None or state.is_finished else [ended.stopped_by]
    codes += standing_codes(state)
    began_at, ended_at = _times(state, run_state)
    return Summary(
        state=run_state,
        exit_code=most_important(codes),
        entries=counts.entries,
        delivered=counts.delivered,
        rejected=counts.rejected,
        skipped=counts.skipped,
        in_doubt=counts.in_doubt,
        owed=counts.owed,
        bytes=state.offset,
        seconds=round(state.seconds, 3),
        requests=state.requests,
        retries=state.retries,
        findings=dict(state.finding_counts),
        source=header.source,
        project=header.project,
        server=header.server,
        checkpoint=str(folder),
        started=began_at,
        ended=ended_at,
        message=" ".join(dict.fromkeys(map(str, ended.errors))) or ended.reason or _remark(state),
        media=None if mentioned is None else mentioned.media,
        media_not_mentioned=None if mentioned is None else mentioned.not_mentioned,
        media_in_doubt=list(ended.media_in_doubt),
        replacement=Replacement.kept(state.notes),
        this_run=this_run or Tally(),
    )


def _remark(state: CheckpointState) -> str:
    reasons = Counter(doubt.reason for doubt in state.doubts())
    if reasons:
        listed = "; ".join(f"{reason} ({count} requests)" for reason, count in reasons.most_common(_REASONS))
        return f"What became of some requests is not known yet: {listed}."
    if state.end is not None and not state.end.entries:
        return "The source is an empty array: there was nothing to import."
    return ""


def standing_codes(state: CheckpointState) -> list[ExitCode]:
    """The exit codes that the ledger alone asks for: something is in doubt, left to send, or rejected."""
    counts = state.counts
    codes = [ExitCode.IN_DOUBT] if counts.in_doubt else []
    codes += [ExitCode.UNFINISHED] if counts.owed or state.end is None else []
    return codes + ([ExitCode.REJECTIONS] if counts.rejected else [])


def left_to_send(state: CheckpointState) -> str:
    """What is not sent yet, for the middle of a sentence; empty where nothing is."""
    owed = state.counts.owed
    parts = [] if not owed else ["1 entry" if owed == 1 else f"{owed:,} entries"]
    if state.end is None:
        parts.append("what was not read yet of the source")
    return " and ".join(parts)


def _times(state: CheckpointState, run_state: RunState) -> tuple[str, str]:
    """When the run that goes on, or else the latest one, began and ended; empty where that is not known."""
    if state.run is not None:
        return written(state.run.at), "" if run_state is RunState.RUNNING else written(state.last_sign_at)
    if state.ended is None or not state.ended.ended_at:
        return "", ""
    return written(state.ended.began_at), written(state.ended.ended_at)
