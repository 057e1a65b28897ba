"""Says how one shard stands: by the last checkpoint of it, by who holds its lease, and by what its worker said last."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import CheckpointState, Header, LogTail
from bulk_importer.checkpoint.retries import retry_folders
from bulk_importer.distributed.gathering.holders import holder_of
from bulk_importer.distributed.gathering.logs import Kept
from bulk_importer.distributed.gathering.values import Holder, ShardState, Standing
from bulk_importer.distributed.keeping.opening import checkpoint_at
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.results import written_result
from bulk_importer.distributed.values import Plan, Result, Shard, epoch_name, work_key
from bulk_importer.errors import (
    CheckpointError,
    CheckpointMismatch,
    ExitCode,
    most_important,
)
from bulk_importer.library.status import status_now
from bulk_importer.library.status_values import Status
from bulk_importer.pipeline.notes import CountedMedia
from bulk_importer.pipeline.resume.advice import lasting_codes
from bulk_importer.pipeline.resume.undone import UNDONE
from bulk_importer.pipeline.summarizing import standing_codes, summarize
from bulk_importer.summary import RunState, Summary

__all__ = ["require_own", "standing_of"]

_RATE_SECONDS = 60.0
_WITHOUT_ERROR = frozenset({ExitCode.DELIVERED, ExitCode.REJECTIONS, ExitCode.IN_DOUBT, ExitCode.UNFINISHED})


def standing_of(place: Place, plan: Plan, shard: Shard, kept: Kept) -> Standing:
    """How a shard stands now; what is wrong with what is on record of it is said in the answer. Blocks."""
    holder: Holder | None = None
    try:
        root = work_key(shard.index)
        holder = holder_of(place, root, kept.lease, is_free=kept.free == kept.lease)
        result = written_result(place, plan, shard.index) if kept.has_result else None
        if not kept.checkpoint:
            return _without_log(shard, holder, result)
        key = f"{root}/{epoch_name(kept.checkpoint)}"
        with checkpoint_at(place, key) as folder:
            found = _by_log(folder, plan, shard)
        return _judged(msgspec.structs.replace(found, holder=holder, folder=key), result)
    except CheckpointError as error:
        return Standing(
            shard=shard,
            state=ShardState.UNUSABLE,
            holder=holder,
            exit_code=error.exit_code,
            message=str(error),
        )


def require_own(header: Header, state: CheckpointState, plan: Plan, shard: Shard) -> None:
    """Return where a log is that of the shard.

    Raises:
        CheckpointMismatch: it is not.
    """
    why = _foreign(header, state, plan, shard)
    if why:
        raise CheckpointMismatch(
            f"The log of shard {shard.index} is not the one of this plan: {why}. Put back what was there; nothing of "
            "it is counted."
        )


def _foreign(header: Header, state: CheckpointState, plan: Plan, shard: Shard) -> str:
    versions = [block.digest for block in state.identity.blocks if not block.length]
    if versions and versions != [shard.pieces]:
        return "it is about other bytes"
    if header.project != plan.project:
        return f"it is for project {header.project}, and the plan for {plan.project}"
    read = state.position if state.end is None else state.end.entries
    if read > shard.entries or (state.end is not None and read != shard.entries):
        return f"it counts {read:,} entries, and the shard has {shard.entries:,}"
    return ""


def _without_log(shard: Shard, holder: Holder | None, result: Result | None) -> Standing:
    """How a shard stands that has no log: not begun, just begun, given up before it was; or the log was lost."""
    if holder is not None and not holder.gave_back:
        return Standing(shard=shard, state=ShardState.HELD, holder=holder)
    if result is not None and result.entries:
        message = (
            f"The log of shard {shard.index} is gone, and the last work on it says that {result.delivered:,} of "
            f"{result.entries:,} entries were delivered."
        )
        return Standing(
            shard=shard,
            state=ShardState.UNUSABLE,
            holder=holder,
            exit_code=ExitCode.CHECKPOINT,
            message=message,
        )
    standing = Standing(shard=shard, state=ShardState.NOT_BEGUN, holder=holder)
    return standing if result is None else _ended_so(standing, result)


def _by_log(folder: Path, plan: Plan, shard: Shard) -> Standing:
    with closing(LogTail(folder)) as tail:
        now = status_now(folder, tail)
        header, state = tail.header, tail.state
        status = _of_the_import(now, state)
        rate = (
            None
            if state.run is None
            else tail.throughput.rate(time.time(), _RATE_SECONDS, since=state.run.at)
        )
    require_own(header, state, plan, shard)
    media = CountedMedia.last(state)
    return Standing(
        shard=shard,
        state=_state(status),
        summary=_summary(folder, header, state, status),
        exit_code=ExitCode(status.exit_code),
        message="" if status.run is None else status.run.why,
        in_doubt_in_retries=status.in_doubt_in_retries,
        began_at=header.began_at or None,
        latest_at=_latest(state),
        importable=None if media is None else media.importable,
        per_second=rate,
        is_undone=UNDONE in state.notes,
        has_retries=bool(retry_folders(folder)),
    )


def _of_the_import(status: Status, state: CheckpointState) -> Status:
    """The status without what ended a retry or an undo of an import that is finished: it is for them to say.

    What is known to be wrong with what was delivered stays.
    """
    if not status.is_finished or status.in_doubt_in_retries or status.state is RunState.RUNNING:
        return status
    code = most_important([*lasting_codes(state, about_delivered=True), *standing_codes(state)])
    if code not in (ExitCode.DELIVERED, ExitCode.REJECTIONS):
        return status
    return msgspec.structs.replace(status, state=RunState.COMPLETE, exit_code=code, run=None)


def _state(status: Status) -> ShardState:
    """By the log alone, which does not know of workers on other machines."""
    match status.state:
        case RunState.RUNNING:
            return ShardState.HELD
        case RunState.COMPLETE:
            return ShardState.COMPLETE
        case RunState.FAILED:
            return ShardState.FAILED
        case RunState.STOPPED | RunState.KILLED:
            return ShardState.STOPPED


def _summary(folder: Path, header: Header, state: CheckpointState, status: Status) -> Summary:
    now = summarize(header, state, folder)
    return msgspec.structs.replace(
        now,
        state=status.state,
        exit_code=status.exit_code,
        message="" if status.run is None else status.run.why,
    )


def _latest(state: CheckpointState) -> float | None:
    if state.run is not None:
        return state.last_sign_at
    return None if state.ended is None else state.ended.ended_at or None


def _judged(standing: Standing, result: Result | None) -> Standing:
    """With what is known besides the log: that somebody is at work on it, or why they gave it up."""
    if standing.state is ShardState.COMPLETE:
        return standing
    holder = standing.holder
    if holder is not None and not holder.gave_back:
        return msgspec.structs.replace(
            standing, state=ShardState.HELD, exit_code=ExitCode.UNFINISHED, message=""
        )
    if result is not None and (holder is None or result.epoch == holder.epoch):
        return _ended_so(standing, result)
    return standing


def _ended_so(standing: Standing, result: Result) -> Standing:
    """With why the latest worker ended, which the log says as well unless it ended before it had one."""
    code = ExitCode(result.exit_code)
    is_failed = code not in _WITHOUT_ERROR and code < ExitCode.HANGUP
    return msgspec.structs.replace(
        standing,
        state=ShardState.FAILED if is_failed else standing.state,
        exit_code=most_important([standing.exit_code, *([code] if is_failed else [])]),
        message=result.message or standing.message,
    )
