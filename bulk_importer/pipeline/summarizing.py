"""Sums up a run: makes its summary of the ledger's state and of what this process did.

Pure, but for the zone of this machine, in which a summary gives times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import CheckpointState, Counts, Header
from bulk_importer.errors import BulkImporterError, ExitCode, Interrupted, most_important
from bulk_importer.pipeline.notes import PROJECT_NAME, CountedMedia, severities_on_record
from bulk_importer.readable import counted
from bulk_importer.summary import Books, Replacement, RunState, Summary, Tally
from bulk_importer.times import written

__all__ = ["Before", "Ending", "left_to_send", "standing_codes", "summarize", "tally_since"]

_REASONS = 3
"""How many reasons of doubts are named in a message."""


class Before(msgspec.Struct, frozen=True):
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


class Ending(msgspec.Struct, frozen=True):
    """How and why a run ended.

    Attributes:
        errors: what made the run less than whole, in the order in which it happened.
        stopped_by: the exit code of what stopped it, a signal for example; None where nothing did.
        reason: why the run ended, in a sentence, where no error says it.
        media_in_doubt: ids of media that may or may not hold the labels of a lost answer.
    """

    errors: Sequence[BulkImporterError] = ()
    stopped_by: ExitCode | None = None
    reason: str = ""
    media_in_doubt: Sequence[str] = ()

    def run_state(self, state: CheckpointState) -> RunState:
        """How the run stands that ended so: complete with the codes 0 and 1, and with no other one.

        What is left to send, or waits for lost answers, makes it stopped; any error but a signal makes it failed.
        """
        if any(not isinstance(error, Interrupted) for error in self.errors):
            return RunState.FAILED
        return RunState.COMPLETE if state.is_finished else RunState.STOPPED

    def codes(self, state: CheckpointState) -> list[ExitCode]:
        """The exit codes that the ending asks for. A signal behind the end of all work asks for none."""
        found = [
            error.exit_code
            for error in self.errors
            if not (isinstance(error, Interrupted) and state.is_finished)
        ]
        return found + ([] if self.stopped_by is None or state.is_finished else [self.stopped_by])


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
    counts, media, severities = state.counts, CountedMedia.kept(state), severities_on_record(state)
    run_state = RunState.RUNNING if ending is None else ending.run_state(state)
    ended = ending or Ending()
    codes = [*ended.codes(state), *standing_codes(state)]
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
        severities={code: severities[code].value for code in state.finding_counts},
        source=header.source,
        project=header.project,
        server=header.server,
        checkpoint=str(folder),
        started=began_at,
        ended=ended_at,
        message=" ".join(dict.fromkeys(map(str, ended.errors))) or ended.reason or _remark(state),
        project_name=str(state.notes.get(PROJECT_NAME, "")),
        media_delivered=None if media is None else media.delivered,
        media_undelivered=None if media is None else media.undelivered,
        media_without_entry=None if media is None else media.without_entry,
        media_in_doubt=list(ended.media_in_doubt),
        replacement=Replacement.kept(state.notes),
        conversion=Books.kept(state.notes),
        this_run=this_run or Tally(),
    )


def _remark(state: CheckpointState) -> str:
    reasons = Counter(doubt.reason for doubt in state.doubts())
    if reasons:
        listed = "; ".join(
            f"{reason} ({counted(count, 'request')})" for reason, count in reasons.most_common(_REASONS)
        )
        return f"What became of some requests is not known yet: {listed}."
    if state.end is not None and not state.end.entries:
        return "The source is an empty array: there was nothing to import."
    return ""


def standing_codes(state: CheckpointState) -> list[ExitCode]:
    """The exit codes that the ledger alone asks for: something is in doubt, left to send, or rejected.

    What a conversion left behind counts like what is rejected.
    """
    counts, books = state.counts, Books.kept(state.notes)
    is_carried = books is None or books.is_complete
    codes = [ExitCode.IN_DOUBT] if counts.in_doubt else []
    codes += [ExitCode.UNFINISHED] if counts.owed or state.end is None else []
    return codes + ([ExitCode.REJECTIONS] if counts.rejected or not is_carried else [])


def left_to_send(state: CheckpointState) -> str:
    """What is not sent yet, for the middle of a sentence; empty where nothing is."""
    owed = state.counts.owed
    parts = [counted(owed, "entry")] if owed else []
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
