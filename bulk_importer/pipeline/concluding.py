"""Concludes a run: puts on record that it is over, how and why, and writes its summary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.checkpoint.summary_file import write_summary
from bulk_importer.errors import BulkImporterError, CheckpointError, ExitCode
from bulk_importer.events import Observer, RunEnded
from bulk_importer.pipeline.notes import note_media
from bulk_importer.pipeline.one_pass.flow import PassResult
from bulk_importer.pipeline.run import Run
from bulk_importer.pipeline.summarizing import Ending, left_to_send, summarize, tally_since
from bulk_importer.pipeline.wiped.media_counts import ProjectMedia, count_media
from bulk_importer.readable import counted
from bulk_importer.summary import Summary

__all__ = ["CANCELLED", "conclude", "conclude_early", "ending_on_record"]

CANCELLED = "The program that ran it cancelled it."
"""Why a run ended whose task was cancelled."""


async def conclude(run: Run, result: PassResult) -> Summary:
    """Conclude a run whose passes are over. A disk that refuses to record that is one more error of the run."""
    errors = [*result.errors]
    if run.first_contact.error is not None:
        errors.append(run.first_contact.error)
    this_run = tally_since(
        run.before,
        run.checkpoint.state,
        seconds=result.seconds,
        requests=result.requests,
        retries=result.retries,
    )
    try:
        # Nobody waited for the disk while the run went on; from here on a power cut takes nothing of it away.
        await asyncio.to_thread(run.media.log.sync)
        await _note_media(run)
    except CheckpointError as error:
        errors.append(error)

    def summary_with(errors: Sequence[BulkImporterError]) -> Summary:
        ending = _ending(run, result, errors)
        return summarize(
            run.checkpoint.header, run.checkpoint.state, run.folder, this_run=this_run, ending=ending
        )

    summary = summary_with(errors)
    try:
        await _record_ended(run.checkpoint, summary)
    except CheckpointError as error:
        errors.append(error)
    summary = summary_with(errors)  # once more: with the sums that are on record now
    try:
        write_summary(run.folder, summary)
    except CheckpointError as error:
        # A disk that refused the record refuses the summary, too: that is said once.
        if not any(isinstance(each, CheckpointError) for each in errors):
            summary = summary_with([*errors, error])
    run.emit(RunEnded(exit_code=summary.exit_code, state=summary.state))
    return summary


async def conclude_early(
    checkpoint: Checkpoint, folder: Path, error: BulkImporterError, emit: Observer
) -> Summary:
    """Conclude a run that an error ended outside its passes: as a rule before the first reading."""
    return await _conclude_so(checkpoint, folder, Ending(errors=[error]), emit)


@asynccontextmanager
async def ending_on_record(checkpoint: Checkpoint, folder: Path, emit: Observer) -> AsyncIterator[None]:
    """Conclude the run that an exception ends in which nobody concluded it, and let that go on to the caller.

    It was cancelled, or something was not foreseen. What is on disk must not say for ever that a run goes on, or that
    it was killed.
    """
    try:
        yield
    except asyncio.CancelledError:
        await _conclude_so(checkpoint, folder, Ending(reason=CANCELLED), emit)
        raise
    except Exception as error:
        unforeseen = BulkImporterError(
            f"An internal error (a bug of bulk-importer) ended the run: {error!r}."
        )
        await conclude_early(checkpoint, folder, unforeseen, emit)
        raise


async def _conclude_so(checkpoint: Checkpoint, folder: Path, ending: Ending, emit: Observer) -> Summary:
    def summary_now() -> Summary:
        return summarize(checkpoint.header, checkpoint.state, folder, ending=ending)

    with suppress(CheckpointError):  # that is what ended the run, or will be said by the next one
        await _record_ended(checkpoint, summary_now())
    summary = summary_now()
    with suppress(CheckpointError):
        write_summary(folder, summary)
    emit(RunEnded(exit_code=summary.exit_code, state=summary.state))
    return summary


def _ending(run: Run, result: PassResult, errors: Sequence[BulkImporterError]) -> Ending:
    stop = run.stop
    stopped_by = ExitCode.IN_DOUBT if result.held_back else None
    return Ending(
        errors=errors,
        stopped_by=stop.exit_code if stop.is_requested and not errors else stopped_by,
        reason=stop.reason or _remark(run, result),
        media_in_doubt=run.doubts.media_ids,
    )


async def _record_ended(checkpoint: Checkpoint, summary: Summary) -> None:
    this_run = summary.this_run
    await checkpoint.record_run_ended(
        seconds=this_run.seconds,
        requests=this_run.requests,
        retries=this_run.retries,
        exit_code=summary.exit_code,
        why=summary.message,
    )


async def _note_media(run: Run) -> None:
    """Put on record how many media have something by now, for this summary and for later ones."""
    state, wiped = run.checkpoint.state, run.media.wiped
    if state.end is None:
        return
    project = ProjectMedia(wiped.importable, run.ruleset.rules.media_index)
    media = await asyncio.to_thread(count_media, run.folder, state, wiped.mentions, project)
    await note_media(run.checkpoint, media)


def _remark(run: Run, result: PassResult) -> str:
    """What is not sent and why; what to try with rejections that may be none by now; what is not known."""
    state, remarks = run.checkpoint.state, []
    if result.is_limited and not state.is_finished:
        remarks.append(
            f"--limit ended the run; not sent yet: {left_to_send(state)}. The same command without it sends all "
            "of that; with it, as many entries again at most."
        )
    if result.held_back:
        remarks.append(
            f"{counted(result.held_back, 'entry', 'was')} not sent: the answers to requests of other sources for the "
            "same media were lost. When it is known what became of these, the same command sends what is left."
        )
    if run.watch is not None and run.watch.has_grown and state.rejected:
        remarks.append(
            "Something was added to the label configuration since entries were first checked against it: "
            f"'bulk-importer retry {run.folder}' checks what was rejected by it as it is now, and sends what is right."
        )
    if run.media.wiped.unknown:
        remarks.append(f"It is not known {run.media.wiped.unknown}.")
    return " ".join(remarks)
