"""Checks one upload as `check` does, and keeps some of the entries that it would reject, to be shown."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
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
_MOST_OF_A_CODE = 2
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
                labels.settings,
                ruleset,
                running,
                listener=CheckListener(rejected=examples.take),
            )
            found = Found(report.after(labels.books), tuple(examples.taken))
    finally:
        await asyncio.shield(asyncio.to_thread(_delete, scratch))
    await asyncio.to_thread(spool.save_check, job, msgspec.json.encode(found))
    return found


def _delete(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


class _Examples:
    """Some rejected entries, of each code a few."""

    def __init__(self) -> None:
        # Changed by `take` alone.
        self.taken: list[Example] = []
        self._codes: Counter[str] = Counter()

    def take(self, rejection: Rejection) -> None:
        codes = {each.code for each in rejection.findings}
        if len(self.taken) >= _MOST_EXAMPLES or all(self._codes[each] >= _MOST_OF_A_CODE for each in codes):
            return
        self._codes.update(codes)
        self.taken.append(Example(tuple(rejection.findings[:_MOST_FINDINGS]), _decoded(rejection.raw)))


def _decoded(raw: bytes) -> Any:
    """An entry, where it is JSON that every decoder takes, and no larger than what can be looked at."""
    try:
        return msgspec.json.decode(raw) if len(raw) <= _MOST_BYTES else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
