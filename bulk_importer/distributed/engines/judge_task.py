"""What a worker of Dask does for a check: judges one segment of a source at a time, by rules that it was given once."""

from __future__ import annotations

import contextlib
import gc
import pickle
import traceback
from pathlib import Path

import msgspec

from bulk_importer.distributed.engines.kept_rules import KeptRules, kept_rules
from bulk_importer.intake.job import Failure, Job, JobResult
from bulk_importer.intake.workers.perform import perform
from bulk_importer.sources.pread import read_at

__all__ = ["Unready", "can_read", "judge_segment"]


def can_read(path: str, size: int) -> bool:
    """Whether this worker sees a file of this size at the path. That it is the same file each answer proves."""
    with contextlib.suppress(OSError):
        return Path(path).stat().st_size == size
    return False


class Unready(msgspec.Struct, frozen=True):
    """A worker has not been given the rules: it came later than they did, or was started again."""

    worker: str


def judge_segment(name: str, job: Job, data: bytes) -> bytes:
    """Judge one segment by the rules of that name; gives a pickled `JobResult`, `Failure` or `Unready`."""
    from distributed import get_worker

    address = get_worker().address
    kept = kept_rules(name)
    if kept is None:
        return pickle.dumps(Unready(address))
    # An entry is thousands of objects that live for microseconds and hold no cycles; see `intake.workers.main`.
    gc.disable()
    try:
        return pickle.dumps(_judged(kept, job, data, address), protocol=5)
    finally:
        gc.enable()


def _judged(kept: KeptRules, job: Job, data: bytes, address: str) -> JobResult | Failure:
    try:
        with kept.ready() as (judge, source):
            if source is not None:
                data = read_at(source, job.length, job.offset)
                if len(data) < job.length:
                    return Failure("it became shorter while it was read", source_at_fault=True)
            return perform(judge, job, data)
    except OSError as error:
        return Failure(f"{error.strerror} at byte {job.offset}, on {address}", source_at_fault=True)
    except Exception:  # noqa: BLE001 - whatever it is, the client must hear of it
        return Failure(traceback.format_exc(limit=-4), source_at_fault=False)
