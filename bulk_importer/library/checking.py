"""Checks labels for a program and for the command line: what an import would refuse, found without sending any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

from bulk_importer.errors import UsageError
from bulk_importer.library.inputs import Entries, caller_of, labels_in
from bulk_importer.library.sync import synchronous

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.intake import IntakeOptions
    from bulk_importer.model import Finding, Rejection
    from bulk_importer.pipeline.check.checking import CheckReport
    from bulk_importer.pipeline.ruleset import RuleSet
    from bulk_importer.pipeline.wiped.mentions import Mentions
    from bulk_importer.settings import Settings
    from bulk_importer.sources import Source

__all__ = ["CheckListener", "check_labels", "check_labels_sync", "check_source"]


def _unheard(_: Finding | Rejection) -> None:
    """Nobody wants to hear of it."""


@dataclass(frozen=True, slots=True)
class CheckListener:
    """Who is told of what a check finds, as it is found; see `Check.run`."""

    found: Callable[[Finding], None] = _unheard
    rejected: Callable[[Rejection], None] = _unheard


_NOBODY = CheckListener()


async def check_labels(
    source: str | PathLike[str] | Entries,
    settings: Settings,
    *,
    token: str | None = None,
    observers: Sequence[Observer] = (),
    sample: int | None = None,
    found: Callable[[Finding], None] = _unheard,
) -> CheckReport:
    """Find everything in one source that an import with these settings would refuse; sends no label.

    It writes nothing but a temporary folder, and it may be cancelled at any time.

    Args:
        source: a path or a URL, or the entries themselves, as an iterable or an asynchronous one.
        settings: those of the import. Without `server` the entries are checked against the schema and, where
            `label_config` names a file, against that; with it against the configuration and the media of `project`.
        token: of the API; without it that of `Settings.token_file`, else of `DATAGYM_TOKEN`, else none.
        observers: called with each event, in the event loop; `Advanced` says how far the check is.
        sample: look at so many entries from the beginning; None for all.
        found: called with each error and warning, in the event loop, in the order of the entries. The report has
            them in groups, and not each of them.

    Returns:
        The report, as `bulk-importer check --json` prints it; its `exit_code` is 0 without an error, 1 with errors,
        and 3 where the source could not be read to its end, of which `message` says why.

    Raises:
        UsageError: the settings cannot be meant.
        InputError: nothing of the source can be read.
        ServerError: the label configuration or the media cannot be read from the server.
    """
    from bulk_importer.intake import IntakeOptions
    from bulk_importer.library.rulesets import ruleset_for, scratch_folder

    if sample is not None and sample < 1:
        raise UsageError(f"A sample has one entry at least, and not {sample}.")
    caller = caller_of(settings, token, observers)
    with scratch_folder() as folder:
        async with labels_in(source, settings, folder, caller) as labels:
            ruleset = await ruleset_for(labels.settings, caller.token, folder, caller.emit)
            report = await check_source(
                labels.source,
                IntakeOptions.of(labels.settings),
                ruleset,
                caller.emit,
                sample=sample,
                listener=CheckListener(found=found),
            )
    return report.after(labels.books)


check_labels_sync = synchronous(check_labels)


async def check_source(
    source: Source,
    options: IntakeOptions,
    ruleset: RuleSet,
    observer: Observer,
    *,
    sample: int | None = None,
    listener: CheckListener = _NOBODY,
    others: Mentions | None = None,
) -> CheckReport:
    """Check one open source against a ruleset; takes and raises what `Check` does.

    Args:
        options: how it is read.
        observer: receives `Advanced` from the beginning on.
    """
    from bulk_importer.pipeline.check.checking import Check

    passed = _passed(source, sample, observer)
    passed(0, 0, 0)
    check = Check(source, ruleset, options, sample=sample, others=others)
    return await check.run(found=listener.found, rejected=listener.rejected, passed=passed)


def _passed(source: Source, sample: int | None, observer: Observer) -> Callable[[int, int, int], None]:
    """Tells how far a check is: in bytes of the source as it lies there, or in entries of the sample."""
    from bulk_importer.events import Advanced

    work = f"checking {source.name.rsplit('/', 1)[-1]}"

    def passed(entries: int, rejected: int, read_bytes: int) -> None:
        taken = read_bytes if source.plain else source.taken or 0
        done, total, unit = (taken, source.size, "bytes") if sample is None else (entries, sample, "entries")
        beside = {"rejected": rejected} | ({"entries": entries} if sample is None else {})
        observer(Advanced(work=work, done=done, total=total, unit=unit, beside=beside))

    return passed
