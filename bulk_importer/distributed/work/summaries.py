"""How a shard stands: the summary of its checkpoint, and of work that an error ended."""

from __future__ import annotations

import msgspec

from bulk_importer.checkpoint import read_state
from bulk_importer.distributed.keeping.interfaces import Kept
from bulk_importer.distributed.values import Plan
from bulk_importer.errors import BulkImporterError, CheckpointError, Interrupted, NotAuthorised
from bulk_importer.pipeline.summarizing import Ending, summarize
from bulk_importer.summary import RunState, Summary

__all__ = ["standing", "summary_of", "told_elsewhere"]


def standing(kept: Kept) -> Summary | None:
    """How a shard stands by its checkpoint; None where nothing is on record. Blocks."""
    try:
        header, state = read_state(kept.folder)
    except CheckpointError:
        return None
    return summarize(header, state, kept.folder, ending=Ending())


def told_elsewhere(summary: Summary, host: str, *, has_token: bool) -> Summary:
    """The summary for people at another machine, whose own token is not the one that the server refused.

    Args:
        host: that this worker is on.
        has_token: whether this worker has one.
    """
    advice = (
        f"Check the token of the worker on {host}{'' if has_token else ', which has none'} (DATAGYM_TOKEN in its "
        "environment, or the file there that --token-file names; workers are never sent one)"
    )
    return msgspec.structs.replace(summary, message=summary.message.replace(NotAuthorised.ADVICE, advice))


def summary_of(kept: Kept, plan: Plan, source: str, error: BulkImporterError) -> Summary:
    """The summary of work that an error ended before, or outside of, an import. Blocks."""
    state = RunState.STOPPED if isinstance(error, Interrupted) else RunState.FAILED
    known = standing(kept) or Summary(
        state=state,
        exit_code=error.exit_code,
        source=source,
        project=plan.project,
        server=plan.server,
        checkpoint=str(kept.folder),
        project_name=plan.project_name,
    )
    return msgspec.structs.replace(known, state=state, exit_code=error.exit_code, message=str(error))
