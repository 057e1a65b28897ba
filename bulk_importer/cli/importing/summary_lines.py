"""Says in words what came of the sources of one command: of one at length, of several in a table with their sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli.columns import aligned
from bulk_importer.errors import ExitCode

if TYPE_CHECKING:
    from bulk_importer.summary import Summary

__all__ = ["summary_lines"]

_COLUMNS = ("source", "state", "entries", "delivered", "rejected", "unconfirmed", "left", "exit")
_COUNTS = ("entries", "delivered", "rejected", "in_doubt", "owed")
_MOST_NAMED = 10
_GOES_ON = frozenset(
    {ExitCode.SERVER, ExitCode.UNFINISHED, ExitCode.HANGUP, ExitCode.INTERRUPTED, ExitCode.TERMINATED}
)
"""With these the same command resumes as it is; with others something is to be done before, which messages say."""


def summary_lines(summaries: Sequence[Summary], whole: dict[str, Any]) -> Iterator[str]:
    """What to print of the sources of a command.

    Args:
        summaries: one for each source; one of which nothing was read was told when that was known.
        whole: all together, as `summary.together` gives them.
    """
    from bulk_importer.observe import finding_lines, origin_text, summary_text, task_lines

    if len(summaries) == 1:
        yield from (summary_text(each) for each in summaries if each.entries)
        return
    project = next((each.project_name for each in summaries if each.project_name), whole["project"])
    yield f"{len(summaries):,} sources -> project {project} at {whole['server']}"
    yield from (f"  {line}" for line in _table(summaries, whole))
    yield from task_lines(summaries[0].tasks)
    yield from (f"  {each.source}: {each.message}" for each in summaries if each.message)
    if found := list(finding_lines(whole["findings"], whole["severities"])):
        yield "  What was found ('bulk-importer explain CODE' says what a code means):"
        yield from found
    if origin := origin_text(whole["findings"]):
        yield f"  {origin}"
    if whole["media_in_doubt"]:
        yield f"  Unconfirmed media: {_listed(whole['media_in_doubt'])}"
    rejecting = [f"{each.checkpoint}/rejected.jsonl" for each in summaries if each.rejected]
    if rejecting:
        yield f"  Rejected entries, and why: {_listed(rejecting)}"
    if whole["exit_code"] in _GOES_ON:
        yield "  The same command again resumes."
    yield f"  Each has a checkpoint, for 'status', 'verify' and 'retry': {_listed([s.checkpoint for s in summaries])}"


def _table(summaries: Sequence[Summary], whole: dict[str, Any]) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [_COLUMNS]
    for each in summaries:
        counts = (f"{getattr(each, name):,}" for name in _COUNTS)
        rows.append((Path(each.source).name, each.state.value, *counts, str(int(each.exit_code))))
    sums = (f"{whole[name]:,}" for name in _COUNTS)
    rows.append(("together", whole["state"], *sums, str(int(whole["exit_code"]))))
    return aligned(rows)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
