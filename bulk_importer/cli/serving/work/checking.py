"""Checks one upload as `check` does, and keeps some of the entries that it would reject, to be shown."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bulk_importer.model import Finding, Rejection
from bulk_importer.pipeline.check.checking import CheckReport
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.cli.serving.spool.values import Job
    from bulk_importer.cli.serving.work.running import Running

__all__ = ["Example", "Found", "check_upload"]

_MOST_EXAMPLES = 12
_MOST_CODES = 24
_MOST_FINDINGS = 20
_MOST_BYTES = 256 << 10


class Example(msgspec.Struct, frozen=True):
    """An entry that would be rejected, and why.

    Attributes:
        entry: decoded; None where it is no JSON, or large.
    """

    findings: tuple[Finding, ...]
    entry: Any = None


class Found(msgspec.Struct, frozen=True):
    """What a check found in an upload."""

    report: CheckReport
    examples: tuple[Example, ...] = ()

    @classmethod
    def kept(cls, content: bytes | None) -> Found | None:
        """What `Spool.save_check` was given; None where there is none, or another version of this program wrote it."""
        if content is None:
            return None
        try:
            return msgspec.json.decode(content, type=cls)
        except msgspec.MsgspecError:
            return None


async def check_upload(job: Job, spool: Spool, settings: Settings, running: Running) -> Found:
    """Find everything in an upload that its import would refuse; sends no label. It may be cancelled at any time.

    Args:
        running: sees how far it is; the request of its stop ends a conversion.

    Raises:
        BulkImporterError: as `library.checking.check_labels` does.
    """
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.intake import IntakeOptions
    from bulk_importer.library.checking import CheckListener, check_source
    from bulk_importer.library.converting import opened_labels
    from bulk_importer.library.rulesets import ruleset_for

    token = Token.find(settings.token_file)
    examples = _Examples()
    scratch = await asyncio.to_thread(spool.scratch, job)
    try:
        async with opened_labels(
            str(spool.source(job)), settings, scratch, token=token, emit=running, stop=running.stop
        ) as labels:
            ruleset = await ruleset_for(labels.settings, token, scratch, running)
            report = await check_source(
                labels.source,
                IntakeOptions.of(labels.settings),
                ruleset,
                running,
                listener=CheckListener(rejected=examples.take),
            )
            found = Found(report.after(labels.books), examples.taken)
    finally:
        await asyncio.shield(asyncio.to_thread(_delete, scratch))
    await asyncio.to_thread(spool.save_check, job, msgspec.json.encode(found))
    return found


def _delete(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


class _Examples:
    """Some rejected entries: one of each code, and where that leaves room another one, from another place first."""

    def __init__(self) -> None:
        # Changed by `take` alone: by code, the first of each, and another one with the place where it is wrong.
        self._first: dict[str, tuple[str, Example]] = {}
        self._other: dict[str, tuple[str, Example]] = {}

    def take(self, rejection: Rejection) -> None:
        """Keep it where it is of use; it is an example of what was found least often so far."""
        for finding in rejection.findings:
            if finding.code not in self._first and len(self._first) < _MOST_CODES:
                self._first[finding.code] = _place(finding), _example(rejection, finding)
                return
        for finding in rejection.findings:
            if self._is_better(finding):
                self._other[finding.code] = _place(finding), _example(rejection, finding)
                return

    def _is_better(self, finding: Finding) -> bool:
        """Whether it is of more use than the other one of its code that there is."""
        if finding.code not in self._first:
            return False
        first, place = self._first[finding.code][0], _place(finding)
        other = self._other.get(finding.code)
        return other is None or (other[0] == first != place)

    @property
    def taken(self) -> tuple[Example, ...]:
        """Those that are shown: one of each code before another one of any."""
        kept = [*self._first.values(), *self._other.values()]
        return tuple(example for _, example in kept[: max(_MOST_EXAMPLES, len(self._first))])


def _example(rejection: Rejection, of: Finding) -> Example:
    """The entry, with what it is an example of before all else that is wrong with it."""
    others = [each for each in rejection.findings if each is not of]
    return Example((of, *others[: _MOST_FINDINGS - 1]), _decoded(rejection.raw))


def _place(finding: Finding) -> str:
    """Where it is, without the numbers of elements."""
    return "/".join("*" if step.isdigit() else step for step in finding.pointer.split("/"))


def _decoded(raw: bytes) -> Any:
    """An entry, where it is JSON that every decoder takes, and no larger than what can be looked at."""
    try:
        return msgspec.json.decode(raw) if len(raw) <= _MOST_BYTES else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
