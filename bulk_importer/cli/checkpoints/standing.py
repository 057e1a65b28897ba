"""What there is to say about a checkpoint for `status`, as plain values: where it stands, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.errors import ExitCode, most_important
from bulk_importer.times import written

if TYPE_CHECKING:
    from bulk_importer.checkpoint import CheckpointState, LockOwner, LogTail, Undecided
    from bulk_importer.checkpoint.log.records import Ended

__all__ = ["standing_of"]

_RATE_SECONDS = 60.0


def standing_of(folder: Path, follower: LogTail, owner: LockOwner | None, now: float) -> dict[str, Any]:
    """The facts, as `--json` prints them.

    Args:
        owner: who writes the checkpoint now.
        now: seconds since the epoch.
    """
    from bulk_importer.observe.hindrances import hindrance_of
    from bulk_importer.pipeline.resume.advice import advice

    header, state, pace = follower.header, follower.state, follower.pace
    counts = state.counts
    runs = owner is not None
    in_flight = counts.in_flight if runs else 0  # nobody waits for these answers any more
    waits_for = _waits_for(state, hindrance_of(folder)) if runs else None
    total, is_exact = _total(state)
    settled = counts.delivered + counts.rejected + counts.skipped
    rates = _rates(follower, now, runs=runs)
    return {
        "checkpoint": str(folder),
        "state": _state(state, runs=runs),
        "exit_code": _exit_code(state, runs=runs),
        "source": header.source,
        "server": header.server,
        "project": header.project,
        "entries": counts.entries,
        "delivered": counts.delivered,
        "rejected": counts.rejected,
        "skipped": counts.skipped,
        "in_doubt": counts.in_doubt - in_flight,
        "in_flight": in_flight,
        "owed": counts.owed,
        "settled": settled,
        "total": total,
        "is_total_exact": is_exact,
        "percent": None if total is None else min(100, 100 * settled // total) if total else 100,
        "read_bytes": state.offset,
        "size": state.identity.size,
        "is_read_to_the_end": state.end is not None,
        "is_finished": state.is_finished,
        "broken": None
        if state.broken is None
        else {"offset": state.broken.offset, "reason": state.broken.reason},
        "findings": dict(state.finding_counts),
        "begun": written(header.began_at) if header.began_at else None,
        "run": _run(state, runs=runs),
        "runs_now": None if owner is None else str(owner),
        "waits_for": waits_for,
        "entries_per_second": rates,
        "seconds_left": _seconds_left(total, settled, rates["last_minute"])
        if runs and not waits_for
        else None,
        "advice": "" if runs else advice(folder, header, state),
        "doubts": [_doubt(each, now) for each in state.doubts()],
        "troubles": [
            {
                "batch": each.batch,
                "at": written(each.at),
                "seconds_ago": round(now - each.at),
                "reason": each.reason,
            }
            for each in pace.troubles
        ],
    }


def _state(state: CheckpointState, *, runs: bool) -> str:
    """As in the summary, and `killed` where the latest run did not say how it ended."""
    if runs:
        return "running"
    if state.is_finished:
        return "complete"
    if state.run is not None:
        return "killed"
    code = None if state.ended is None else state.ended.exit_code
    if code is None or code in (ExitCode.UNFINISHED, ExitCode.DELIVERED, ExitCode.REJECTIONS) or code > 128:
        return "stopped"
    is_all_done = code in (ExitCode.IN_DOUBT, ExitCode.INPUT) and not state.counts.owed
    return "complete" if is_all_done and (state.end or state.broken) else "failed"


def _exit_code(state: CheckpointState, *, runs: bool) -> ExitCode:
    """What `status` ends with: while a run goes on, that something is left; else what the checkpoint says."""
    from bulk_importer.pipeline.resume.advice import lasting_codes
    from bulk_importer.pipeline.summarizing import standing_codes

    if runs:
        return ExitCode.UNFINISHED
    return most_important([*standing_codes(state), *lasting_codes(state)])


def _run(state: CheckpointState, *, runs: bool) -> dict[str, Any] | None:
    """The run that goes on, or the latest one; None where no run is on record."""
    if state.run is not None:
        return {
            "id": state.run.run,
            "started": written(state.run.at),
            "ended": None,
            "last_sign": None if runs else written(state.last_sign_at),
            "exit_code": None,
            "why": "" if runs else "it was killed, or the machine went down",
        }
    return None if state.ended is None else _ended_run(state.ended)


def _ended_run(ended: Ended) -> dict[str, Any]:
    at = written(ended.ended_at) if ended.ended_at else None
    return {
        "id": ended.run,
        "started": written(ended.began_at),
        "ended": at,
        "last_sign": at,
        "exit_code": ended.exit_code,
        "why": ended.why,
    }


def _total(state: CheckpointState) -> tuple[int | None, bool]:
    """How many entries there are, and whether that is certain; as progress guesses it by the bytes read."""
    if state.end is not None:
        return state.end.entries, True
    if not (state.identity.plain and state.identity.size and state.offset):
        return None, False
    return max(round(state.position * state.identity.size / state.offset), state.position), False


def _rates(follower: LogTail, now: float, *, runs: bool) -> dict[str, float | None]:
    """Entries settled a second: over the last minute, while a run goes on, and as long as the run went on."""
    state = follower.state
    if state.run is not None:
        began, until = state.run.at, now if runs else state.last_sign_at
        settled = state.run_settled
    elif state.ended is not None:
        began, until, settled = state.ended.began_at, state.ended.ended_at, state.ended.settled
    else:
        return {"last_minute": None, "while_it_ran": None}
    latest = follower.pace.rate(now, _RATE_SECONDS, since=began) if runs else None
    return {
        "last_minute": None if latest is None else round(latest, 3),
        "while_it_ran": round(settled / (until - began), 3) if until - began > 0 else None,
    }


def _seconds_left(total: int | None, settled: int, rate: float | None) -> float | None:
    return round((total - settled) / rate, 1) if total is not None and rate and settled < total else None


def _waits_for(state: CheckpointState, hindrance: Any) -> dict[str, str] | None:
    """What keeps a run from sending; None where nothing does."""
    counts = state.counts
    if hindrance is not None:
        return {"what": hindrance.what, "since": hindrance.since, "reason": hindrance.reason}
    doubts = state.doubts()
    if doubts and state.end is not None and not counts.in_flight:
        since = max(doubt.sent_at for doubt in doubts)
        return {"what": "doubts", "since": written(since), "reason": doubts[-1].reason}
    return None


def _doubt(doubt: Undecided, now: float) -> dict[str, Any]:
    return {
        "batch": doubt.batch,
        "reason": doubt.reason,
        "sent": written(doubt.sent_at),
        "seconds_ago": round(now - doubt.sent_at),
        "spans": [list(span) for span in doubt.spans],
    }
