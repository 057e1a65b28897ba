"""The rules that a worker of Dask judges by, for as long as a check goes on.

They travel once to each worker, with the indexes that they name by their paths; these lie in a temporary folder
meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Self

from msgspec.structs import replace

from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.naming import judge_for
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.machine.malloc import reuse_large_blocks

__all__ = ["Judging", "KeptRules", "forget", "keep", "kept_rules"]


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

    @classmethod
    def of(cls, name: str, path: str | None, rules: Rules) -> Self:
        """By these rules, with the files that they name. Blocks."""
        indexes = {named: Path(named).read_bytes() for named in _paths_in(rules).values()}
        return cls(name, version("bulk-importer"), path, rules, indexes)


class KeptRules:
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
        return replace(judging.rules, **{name: here[path] for name, path in _paths_in(judging.rules).items()})

    def close(self) -> None:
        """Give back what was opened."""
        with self._turn:
            self._files.close()


_KEPT: dict[str, KeptRules] = {}


def keep(judging: Judging) -> str:
    """Keep rules on this worker; says which version of this program it has, without which nothing is kept."""
    ours = version("bulk-importer")
    if ours == judging.version:
        reuse_large_blocks()  # a worker of Dask is told to give all back at once: an eighth of its time went into that
        _KEPT.setdefault(judging.name, KeptRules(judging))
    return ours


def forget(name: str) -> None:
    """Keep the rules of that name no longer."""
    if (kept := _KEPT.pop(name, None)) is not None:
        kept.close()


def kept_rules(name: str) -> KeptRules | None:
    """The rules of that name, where this worker has them."""
    return _KEPT.get(name)


def _paths_in(rules: Rules) -> dict[str, str]:
    """The files that rules name, by the name of the field."""
    found = {name: getattr(rules, name, None) for name in ("media_index", "names")}
    return {name: path for name, path in found.items() if path}
