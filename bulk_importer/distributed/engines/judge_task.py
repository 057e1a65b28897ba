"""What a worker of Dask does for a check: judges one segment of a source at a time, by rules that it was given once.

The rules travel once to each worker: those that are there get them first, and one that comes later says that it has
none. Indexes that they name by their paths come with them, and lie in a temporary folder meanwhile.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec.structs import replace

from bulk_importer.intake.job import Failure, Job, JobResult
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.naming import judge_for
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.intake.workers.perform import perform
from bulk_importer.sources.pread import read_at

__all__ = ["Judging", "Unready", "can_read", "forget", "judge_segment", "keep", "paths_in"]


@dataclass(frozen=True)
class Judging:
    """What workers need to judge the segments of one source.

    Attributes:
        name: of this one among others of the same scheduler.
        version: of this program.
        path: of the source, where workers read it themselves; else None.
        rules: paths in them are keys of `indexes`.
        indexes: the files that the rules name, by their paths, as they are on the client.
    """

    name: str
    version: str
    path: str | None
    rules: Rules
    indexes: Mapping[str, bytes] = field(default_factory=dict)


def can_read(path: str, size: int) -> bool:
    """Whether this worker sees a file of this size at the path. That it is the same file each answer proves."""
    with contextlib.suppress(OSError):
        return Path(path).stat().st_size == size
    return False


class Unready(msgspec.Struct, frozen=True):
    """A worker has not been given the rules: it came later than they did, or was started again."""

    worker: str


class _Kept:
    """What a worker keeps of a `Judging`, and what is made of it when the first segment comes."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging
        self._files = contextlib.ExitStack()
        # One segment at a time, also where a worker has several threads; the others are set under it, once.
        self._turn = threading.Lock()
        self._judge: Judge | None = None
        self._source: int | None = None

    @contextlib.contextmanager
    def ready(self) -> Iterator[tuple[Judge, int | None]]:
        """The judge, and the open source where there is one."""
        with self._turn:
            if self._judge is None:
                if self._judging.path is not None:
                    self._source = os.open(self._judging.path, os.O_RDONLY)
                    self._files.callback(os.close, self._source)
                self._judge = judge_for(self._rules())
            yield self._judge, self._source

    def _rules(self) -> Rules:
        judging = self._judging
        if not judging.indexes:
            return judging.rules
        folder = self._files.enter_context(tempfile.TemporaryDirectory(prefix="bulk-importer-"))
        here = {}
        for number, (path, content) in enumerate(judging.indexes.items()):
            here[path] = str(Path(folder) / str(number))
            Path(here[path]).write_bytes(content)
        return replace(judging.rules, **{name: here[path] for name, path in paths_in(judging.rules).items()})

    def close(self) -> None:
        """Give back what was opened."""
        with self._turn:
            self._files.close()


_KEPT: dict[str, _Kept] = {}


def keep(judging: Judging) -> str:
    """Keep rules on this worker; says which version of this program it has, without which nothing is kept."""
    ours = version("bulk-importer")
    if ours == judging.version:
        _KEPT.setdefault(judging.name, _Kept(judging))
    return ours


def forget(name: str) -> None:
    """Keep the rules of that name no longer."""
    if (kept := _KEPT.pop(name, None)) is not None:
        kept.close()


def paths_in(rules: Rules) -> dict[str, str]:
    """The files that rules name, by the name of the field."""
    found = {name: getattr(rules, name, None) for name in ("media_index", "names")}
    return {name: path for name, path in found.items() if path}


def judge_segment(name: str, job: Job, data: bytes) -> bytes:
    """Judge one segment by the rules of that name; gives a pickled `JobResult`, `Failure` or `Unready`."""
    from distributed import get_worker

    address = get_worker().address
    kept = _KEPT.get(name)
    if kept is None:
        return pickle.dumps(Unready(address))
    # An entry is thousands of objects that live for microseconds and hold no cycles; see `intake.workers.main`.
    gc.disable()
    try:
        return pickle.dumps(_judged(kept, job, data, address), protocol=5)
    finally:
        gc.enable()


def _judged(kept: _Kept, job: Job, data: bytes, address: str) -> JobResult | Failure:
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
