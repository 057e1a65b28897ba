"""Makes a chapter of a checkpoint: of its log and what lies beside that, also while a run goes on.

`summary.json` is asked only for what no log has: the tasks that were completed, and media in doubt.
"""

from __future__ import annotations

import platform
import shlex
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from bulk_importer.backups.replaced import REPLACED
from bulk_importer.checkpoint import CheckpointState, Header, LogTail
from bulk_importer.checkpoint.summary_file import written_summary
from bulk_importer.cli.reporting.accounts import ledger_of_books, ledger_of_moved, moved_in
from bulk_importer.cli.reporting.images import Images
from bulk_importer.cli.reporting.kinds import found_of, verdict_of
from bulk_importer.cli.reporting.rejects import sampled
from bulk_importer.distributed.values import shard_at
from bulk_importer.library.status import status_now
from bulk_importer.library.status_values import Status
from bulk_importer.observe import route_text, source_called
from bulk_importer.observe.outcome import FATES, Step, headline, next_steps, outcome
from bulk_importer.observe.report import Chapter, Count, Particulars, Verdict
from bulk_importer.observe.timeline.reading import read_course
from bulk_importer.pipeline.resume.undone import undone_in
from bulk_importer.pipeline.summarizing import summarize
from bulk_importer.readable import agreeing, counted
from bulk_importer.settings import definitions
from bulk_importer.summary import RunState, Summary

__all__ = ["chapter_of"]

_WAITS = {
    "server": "it waits for the server",
    "hours": "it is outside the hours in which it may send",
    "paused": "it is paused",
    "stopping": "it is stopping",
    "doubts": "it waits until it can be known what became of unconfirmed entries",
}
_ASKS = frozenset({"rejected", "in_doubt", "owed"})
"""What became of entries that asks for something to be done."""


def chapter_of(folder: Path, images: Images, *, seen_from: Path) -> Chapter:
    """All that there is to say of a checkpoint.

    Args:
        images: of the page.
        seen_from: the folder in which the report lies.

    Raises:
        CheckpointError: there is no checkpoint in the folder, or it cannot be read.
    """
    with closing(LogTail(folder)) as tail:
        status = status_now(folder, tail)
        header, state = tail.header, tail.state
    summary = _summary(folder, header, state, status)
    is_undone = undone_in(folder, state) is not None
    moved = moved_in(folder)
    books = [] if summary.conversion is None else [ledger_of_books(summary.conversion)]
    course = read_course(folder)
    samples = sampled(folder, state.rejected_bytes, _errors(status), seen_from=seen_from)
    return Chapter(
        name=source_called(status.source),
        verdict=Verdict.PARTLY if is_undone else verdict_of(summary),
        headline="Taken back" if is_undone else headline(summary),
        outcome=outcome(summary) + (", and taken back" if is_undone else ""),
        route=route_text(summary.to_builtins()),
        message=summary.message,
        counts=list(_counts(summary, status, is_undone=is_undone)),
        missing=None if is_undone else list(_missing(summary, status)),
        steps=list(_steps(folder, summary, status, is_undone=is_undone)),
        kept=[] if is_undone else list(_kept(folder, summary)),
        ledgers=[*books, *([] if moved is None else [ledger_of_moved(moved)])],
        classes_title="Labels by class",
        classes_caption=f"Geometries of {counted(course.classes_of, 'entry')} that passed the checks, by class",
        classes={} if books or moved is not None else course.classes,
        course=course,
        total=status.total,
        findings=found_of(status.findings, status.severities),
        examples=samples.examples(status.findings, images.known_by(folder)),
        particulars=Particulars(facts=list(_facts(summary, status)), settings=list(_settings(header))),
    )


def _summary(folder: Path, header: Header, state: CheckpointState, status: Status) -> Summary:
    """What a run that ended now would say of all runs together."""
    written = written_summary(folder)
    is_same = written is not None and written.delivered == status.delivered
    now = summarize(header, state, folder)
    return msgspec.structs.replace(
        now,
        state=status.state,
        exit_code=status.exit_code,
        in_doubt=status.in_doubt,
        message=_why(status) or now.message,
        tasks=written.tasks if written is not None and is_same else None,
        media_in_doubt=written.media_in_doubt if written is not None and is_same else [],
    )


def _why(status: Status) -> str:
    """Why it stands so: what a run waits for that is under way, or why it ended."""
    if status.waits_for is not None:
        return f"{_WAITS.get(status.waits_for.what, 'it waits')}: {status.waits_for.reason}"
    return "" if status.run is None else status.run.why


def _counts(summary: Summary, status: Status, *, is_undone: bool) -> Iterator[Count]:
    yield Count("entries", summary.entries)
    facts = summary.to_builtins()
    is_over = summary.state is not RunState.RUNNING
    for name, word in FATES.items():
        if facts[name] or name in ("delivered", "rejected"):
            yield Count(word, facts[name], is_bad=name in _ASKS and (is_over or name == "rejected"))
    if status.in_flight:
        yield Count("in flight", status.in_flight)
    if status.total is not None and not status.is_read_to_the_end:
        yield Count("in all, about", status.total)
    if summary.media_delivered is not None and not is_undone:
        yield Count("media with labels", summary.media_delivered)


def _missing(summary: Summary, status: Status) -> Iterator[str]:
    if summary.rejected:
        yield f"{counted(summary.rejected, 'entry', 'was')} rejected; 'What was found' says why."
    if summary.in_doubt:
        yield f"{counted(summary.in_doubt, 'entry', 'is')} unconfirmed: the answers of the server were lost."
    if status.in_doubt_in_retries:
        yield f"{counted(status.in_doubt_in_retries, 'entry', 'is')} unconfirmed in a retry."
    if summary.owed:
        yield f"{counted(summary.owed, 'entry', 'is')} not sent yet."
    if status.broken is not None:
        yield (
            f"What stands behind byte {status.broken.offset} of the source: it breaks there, {status.broken.reason}."
        )
    elif not status.is_read_to_the_end:
        yield "What was not read yet of the source."
    if summary.media_undelivered:
        yield f"{counted(summary.media_undelivered, 'media', 'has')} an entry, and none was delivered."
    if summary.media_without_entry:
        without = summary.media_without_entry
        yield f"{counted(without, 'media')} of the project {agreeing(without, 'has')} no entry."
    yield from _left_behind(summary)


def _left_behind(summary: Summary) -> Iterator[str]:
    books, tasks = summary.conversion, summary.tasks
    if books is not None and books.left_behind:
        yield f"{counted(sum(books.left_behind.values()), 'object')} of the source left behind by the conversion."
    if tasks is not None and (left := tasks.refused + tasks.left):
        yield f"{counted(left, 'task')} not {tasks.state.lower()}: refused by the server, or still to be done."


def _steps(folder: Path, summary: Summary, status: Status, *, is_undone: bool) -> Iterator[Step]:
    if summary.state is RunState.RUNNING:
        watch = f"bulk-importer status {shlex.quote(str(folder))} --watch"
        yield Step("It is under way, and this page as old as it says below; to watch it, run", command=watch)
    if is_undone:
        yield Step(status.advice)
    else:
        shard = shard_at(str(folder))
        yield from next_steps(summary, advice=status.advice, plan="" if shard is None else shard[0])


def _kept(folder: Path, summary: Summary) -> Iterator[Step]:
    """What is known of the labels that were deleted, and how they come back."""
    replacement = summary.replacement
    is_kept = (folder / REPLACED).exists()
    if replacement is not None:
        bound = "" if replacement.is_exact else "at most "
        media = (
            "It is not known which media held labels that were replaced."
            if replacement.media is None
            else f"Labels of {bound}{counted(replacement.media, 'media')} were to be replaced (keepData false)."
        )
        yield Step(media)
    if is_kept:
        yield Step("What media held before is kept", path=str(folder / REPLACED))
        yield Step(
            "To see what taking the import back would do, and without --dry-run to do it, run",
            command=f"bulk-importer undo {shlex.quote(str(folder))} --dry-run",
        )
    elif replacement is not None:
        yield Step("What media held before is not kept.")


def _facts(summary: Summary, status: Status) -> Iterator[tuple[str, str]]:
    run = status.run
    known: Mapping[str, Any] = {
        "source": source_called(status.source),
        "server": status.server,
        "project": f"{status.project_name} ({status.project})" if status.project_name else status.project,
        "checkpoint": str(status.checkpoint),
        "first begun": status.begun,
        "latest run began": None if run is None else run.started,
        "latest run ended": None if run is None else run.ended,
        "last sign of it": None if run is None or run.ended else run.last_sign,
        "exit code": None if run is None else run.exit_code,
        "time of all runs": f"{summary.seconds:,.1f} s" if summary.seconds else "",
        "requests": f"{summary.requests:,}, {summary.retries:,} of them sent again"
        if summary.requests
        else "",
        "read": f"{status.read_bytes:,} bytes"
        + ("" if status.is_read_to_the_end else ", and not to the end"),
        "version": f"bulk-importer {version('bulk-importer')}, Python {platform.python_version()}",
    }
    yield from ((key, str(value)) for key, value in known.items() if value not in (None, ""))


def _settings(header: Header) -> Iterator[tuple[str, str]]:
    """Those on record that are not as they are by default."""
    defaults = {each.name: (each.flag, each.default) for each in definitions()}
    for name, value in header.settings.items():
        flag, default = defaults.get(name, (name, None))
        if value != default:
            yield flag, str(value)


def _errors(status: Status) -> list[str]:
    return [code for code, severity in status.severities.items() if severity == "error"]
