"""Says what came of a retry: the summary of the original ledger, and a file of what was rejected once more."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import Checkpoint, CheckpointState
from bulk_importer.checkpoint.retries import RetryFolder
from bulk_importer.checkpoint.summary_file import write_summary
from bulk_importer.errors import BulkImporterError, CheckpointUnusable, ExitCode, most_important
from bulk_importer.files.durable import replace_file
from bulk_importer.media.build_index import index_in
from bulk_importer.model import MediaCounts
from bulk_importer.pipeline.notes import CountedMedia, note_media
from bulk_importer.pipeline.summarizing import (
    Before,
    Ending,
    left_to_send,
    summarize,
    tally_since,
)
from bulk_importer.pipeline.wiped.media_counts import ProjectMedia, count_media
from bulk_importer.pipeline.wiped.mention_log import recall_checkpoint
from bulk_importer.pipeline.wiped.mentions import Mentions
from bulk_importer.summary import RunState, Summary, Tally
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["conclude_retry", "write_rejected_again"]

REJECTED_AGAIN = "rejected-again.jsonl"


def write_rejected_again(folder: Path, state: CheckpointState, retries: Sequence[RetryFolder]) -> Path | None:
    """Replace the file of what was rejected once more, each line with the position in the original source. Blocks.

    Returns:
        The file; None where nothing was rejected once more.

    Raises:
        CheckpointUnusable: the file cannot be written.
    """
    path = folder / REJECTED_AGAIN
    lines = [
        msgspec.json.encode(
            {"position": position, "media_id": line.media_id, "findings": line.findings, **line.kept()}
        )
        for retry in retries
        for position, line in retry.rejected_lines()
        if position in state.rejected
    ]
    try:
        if not lines:
            path.unlink(missing_ok=True)
            return None
        replace_file(path, b"\n".join(lines) + b"\n")
    except OSError as error:
        raise CheckpointUnusable.by(path, error) from error
    return path


async def conclude_retry(
    folder: Path,
    ledger: Checkpoint,
    before: Before,
    summaries: Sequence[Summary],
    errors: Sequence[BulkImporterError],
    stop: StopSwitch,
) -> Summary:
    """Put on record that a retry is over, and write the summary of the ledger that had rejected the entries.

    Args:
        before: the sums of that ledger when the retry began.
        summaries: of the imports that the retry consists of.
        errors: what ended the retry besides.

    Raises:
        CheckpointError: it cannot be recorded or written.
    """
    this_run = _tally(ledger.state, before, summaries)
    # What the retries ended with matters as well, but for rejections: the ledger counts those itself.
    codes = [ExitCode(each.exit_code) for each in summaries if each.exit_code != ExitCode.REJECTIONS]
    ending = Ending(
        errors=errors,
        stopped_by=stop.exit_code if stop.is_requested else None,
        reason=_import_left(ledger.state),
        media_in_doubt=[media_id for each in summaries for media_id in each.media_in_doubt],
    )

    await _note_media(folder, ledger)

    def summary_now() -> Summary:
        summary = summarize(ledger.header, ledger.state, folder, this_run=this_run, ending=ending)
        return msgspec.structs.replace(
            summary,
            state=RunState.of_all([summary.state, *(each.state for each in summaries)]),
            exit_code=most_important([ExitCode(summary.exit_code), *codes]),
            message=" ".join(filter(None, [*(each.message for each in summaries), summary.message])),
        )

    ended = summary_now()
    await ledger.record_run_ended(
        seconds=this_run.seconds,
        requests=this_run.requests,
        retries=this_run.retries,
        exit_code=ended.exit_code,
        why=ended.message,
    )
    summary = summary_now()  # once more: with the sums that are on record now
    await asyncio.to_thread(write_summary, folder, summary)
    return summary


async def _note_media(folder: Path, ledger: Checkpoint) -> None:
    """Count the media of the import anew: a retry may have brought something to some of them."""
    last = CountedMedia.last(ledger.state)
    if ledger.state.end is None or last is None or CountedMedia.kept(ledger.state) is not None:
        return

    def count() -> MediaCounts | None:
        named = Mentions()
        recall_checkpoint(folder, named)
        return count_media(folder, ledger.state, named, ProjectMedia(last.importable, index_in(folder)))

    await note_media(ledger, await asyncio.to_thread(count))


def _tally(state: CheckpointState, before: Before, summaries: Sequence[Summary]) -> Tally:
    """What the retry added. The ledger counts less as rejected than before, the retry counts what failed again."""
    each_run = [each.this_run for each in summaries]
    findings: Counter[str] = Counter()
    for each in each_run:
        findings.update(each.findings)
    this_run = tally_since(
        before,
        state,
        seconds=sum(each.seconds for each in each_run),
        requests=sum(each.requests for each in each_run),
        retries=sum(each.retries for each in each_run),
    )
    rejected = sum(each.rejected for each in each_run)
    return msgspec.structs.replace(this_run, rejected=rejected, findings=dict(findings))


def _import_left(state: CheckpointState) -> str:
    """That the import itself is not finished, which no retry changes; empty where it is, or waits for answers."""
    left = "" if state.counts.in_doubt else left_to_send(state)
    return (
        f"The import itself is not finished; not sent yet: {left}. The import command again sends that."
        if left
        else ""
    )
