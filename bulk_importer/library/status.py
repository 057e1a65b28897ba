"""Says where the import of a checkpoint stands, while it runs and after: what `status` prints, and a program gets."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.errors import ExitCode, most_important
from bulk_importer.library.inputs import one_checkpoint_in
from bulk_importer.library.status_values import Doubt, LatestRun, Rates, SourceBreak, Status, Trouble
from bulk_importer.observe.waits import Wait, limited_in_log, wait_in_log
from bulk_importer.summary import RunState
from bulk_importer.times import written

if TYPE_CHECKING:
    from bulk_importer.checkpoint import CheckpointState, LockOwner, LogTail, Undecided

__all__ = ["status", "status_now"]

_RATE_SECONDS = 60.0
_WITHOUT_ERROR = frozenset({ExitCode.DELIVERED, ExitCode.REJECTIONS, ExitCode.IN_DOUBT, ExitCode.UNFINISHED})
_KILLED = "it was killed, the machine went down, or it could not write that (is the disk full?)"


def status(checkpoint: str | PathLike[str]) -> Status:
    """Say where an import stands; what `bulk-importer status` prints. Takes no lock and sends nothing.

    It reads the log of the checkpoint, which takes a moment where that is long: in an event loop, call it in a thread.

    Args:
        checkpoint: the folder of one checkpoint, or one that holds no other.

    Returns:
        How it was a moment ago; a run that goes on is not disturbed.

    Raises:
        UsageError: the folder holds several checkpoints.
        CheckpointError: there is no checkpoint, or it cannot be read.
    """
    from bulk_importer.checkpoint import LogTail

    folder = one_checkpoint_in(Path(checkpoint))
    with closing(LogTail(folder)) as tail:
        return status_now(folder, tail)


def status_now(folder: Path, tail: LogTail) -> Status:
    """Read what came to the log in `folder` since the last look, and say where its import stands.

    Raises:
        CheckpointError: as `LogTail.look` does.
    """
    from bulk_importer.checkpoint import lock_owner

    owner = lock_owner(folder)
    tail.look()  # after the question who writes, so that the last look sees the end
    return _status(folder, tail, owner, time.time())


def _status(folder: Path, tail: LogTail, owner: LockOwner | None, now: float) -> Status:
    from bulk_importer.checkpoint import SourceIdentity
    from bulk_importer.checkpoint.retry_claims import retries_in_doubt
    from bulk_importer.pipeline.notes import PROJECT_NAME, CountedMedia, severities_on_record
    from bulk_importer.pipeline.resume.advice import advice

    header, state, counts = tail.header, tail.state, tail.state.counts
    media, severities = CountedMedia.kept(state), severities_on_record(state)
    runs = owner is not None
    in_flight = counts.in_flight if runs else 0  # nobody waits for these answers any more
    waits_for = _waits_for(state, wait_in_log(folder)) if runs else None
    total, is_exact = _total(state)
    settled = counts.delivered + counts.rejected + counts.skipped
    rates = _rates(tail, now, runs=runs)
    broken = state.broken
    doubted = {} if runs else retries_in_doubt(folder)
    code = _exit_code(state, doubted, runs=runs)
    return Status(
        checkpoint=str(folder),
        state=_state(state, code, runs=runs),
        exit_code=code,
        source=header.source,
        server=header.server,
        project=header.project,
        entries=counts.entries,
        delivered=counts.delivered,
        rejected=counts.rejected,
        skipped=counts.skipped,
        in_doubt=counts.in_doubt - in_flight,
        in_flight=in_flight,
        in_doubt_in_retries=sum(doubted.values()),
        owed=counts.owed,
        settled=settled,
        total=total,
        is_total_exact=is_exact,
        percent=None if total is None else min(100, 100 * settled // total) if total else 100,
        read_bytes=state.offset,
        size=state.identity.size,
        is_packed=state.identity != SourceIdentity() and not state.identity.plain,
        is_read_to_the_end=state.end is not None,
        is_finished=state.is_finished,
        broken=None if broken is None else SourceBreak(offset=broken.offset, reason=broken.reason),
        findings=dict(state.finding_counts),
        severities={code: severities[code].value for code in state.finding_counts},
        project_name=str(state.notes.get(PROJECT_NAME, "")),
        media_delivered=None if media is None else media.delivered,
        media_undelivered=None if media is None else media.undelivered,
        media_without_entry=None if media is None else media.without_entry,
        begun=written(header.began_at) if header.began_at else None,
        run=_run(state, runs=runs),
        runs_now=None if owner is None else str(owner),
        waits_for=waits_for,
        limited=limited_in_log(folder) if runs else None,
        entries_per_second=rates,
        seconds_left=_seconds_left(total, settled, rates.last_minute) if runs and not waits_for else None,
        advice="" if runs else advice(folder, header, state, doubted),
        doubts=tuple(_doubt(each, now) for each in state.doubts()),
        troubles=tuple(
            Trouble(
                batch=each.batch, at=written(each.at), seconds_ago=round(now - each.at), reason=each.reason
            )
            for each in tail.throughput.failed_attempts
        ),
    )


def _state(state: CheckpointState, code: ExitCode, *, runs: bool) -> RunState:
    """How the latest run stands, as its summary says; `code` is that of the checkpoint."""
    if runs:
        return RunState.RUNNING
    if code in (ExitCode.DELIVERED, ExitCode.REJECTIONS):
        return RunState.COMPLETE
    if state.run is not None:
        return RunState.KILLED
    ended = None if state.ended is None else state.ended.exit_code
    is_stopped = ended is None or ended in _WITHOUT_ERROR or ended > ExitCode.UNFORESEEN  # by a signal
    return RunState.STOPPED if is_stopped else RunState.FAILED


def _exit_code(state: CheckpointState, doubted: Mapping[Path, int], *, runs: bool) -> ExitCode:
    """While a run goes on, that something is left; else what the checkpoint says."""
    from bulk_importer.pipeline.resume.advice import lasting_codes
    from bulk_importer.pipeline.summarizing import standing_codes

    if runs:
        return ExitCode.UNFINISHED
    codes = [*standing_codes(state), *lasting_codes(state)]
    codes += [ExitCode.INPUT] if state.broken is not None else []
    codes += [ExitCode.IN_DOUBT] if doubted else []
    return most_important(codes)


def _run(state: CheckpointState, *, runs: bool) -> LatestRun | None:
    if state.run is not None:
        return LatestRun(
            id=state.run.run,
            started=written(state.run.at),
            ended=None,
            last_sign=None if runs else written(state.last_sign_at),
            exit_code=None,
            why="" if runs else _KILLED,
        )
    if state.ended is None:
        return None
    ended = state.ended
    at = written(ended.ended_at) if ended.ended_at else None
    return LatestRun(
        id=ended.run,
        started=written(ended.began_at),
        ended=at,
        last_sign=at,
        exit_code=ended.exit_code,
        why=ended.why,
    )


def _total(state: CheckpointState) -> tuple[int | None, bool]:
    """How many entries there are, and whether that is certain; as progress guesses it by the bytes read."""
    if state.end is not None:
        return state.end.entries, True
    if not (state.identity.plain and state.identity.size and state.offset):
        return None, False
    return max(round(state.position * state.identity.size / state.offset), state.position), False


def _rates(tail: LogTail, now: float, *, runs: bool) -> Rates:
    """Over the last minute, while a run goes on, and as long as the run went on."""
    state = tail.state
    if state.run is not None:
        began, until = state.run.at, now if runs else state.last_sign_at
        settled = state.run_settled
    elif state.ended is not None:
        began, until, settled = state.ended.began_at, state.ended.ended_at, state.ended.settled
    else:
        return Rates()
    latest = tail.throughput.rate(now, _RATE_SECONDS, since=began) if runs else None
    return Rates(
        last_minute=None if latest is None else round(latest, 3),
        while_it_ran=round(settled / (until - began), 3) if until - began > 0 else None,
    )


def _seconds_left(total: int | None, settled: int, rate: float | None) -> float | None:
    return round((total - settled) / rate, 1) if total is not None and rate and settled < total else None


def _waits_for(state: CheckpointState, logged: Wait | None) -> Wait | None:
    """What the run waits for as its log says; else lost answers, where nothing is left but to learn of these."""
    doubts = state.doubts()
    if logged is None and doubts and state.end is not None and not state.counts.in_flight:
        since = max(doubt.sent_at for doubt in doubts)
        return Wait(what="doubts", since=written(since), reason=doubts[-1].reason)
    return logged


def _doubt(doubt: Undecided, now: float) -> Doubt:
    return Doubt(
        batch=doubt.batch,
        reason=doubt.reason,
        sent=written(doubt.sent_at),
        seconds_ago=round(now - doubt.sent_at),
        spans=tuple(doubt.spans),
    )
