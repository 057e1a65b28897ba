"""Says what came of a run: in a phrase, and as steps to take now. The text summary and the report say the same.

Pure.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

import msgspec

from bulk_importer.errors import ExitCode
from bulk_importer.readable import counted
from bulk_importer.summary import Books, RunState, Summary

__all__ = ["FATES", "Step", "headline", "next_steps", "outcome"]

FATES = {
    "delivered": "delivered",
    "rejected": "rejected",
    "skipped": "skipped",
    "in_doubt": "unconfirmed",
    "owed": "not sent yet",
}
"""What may have become of an entry: the key of the summary, and the word for people."""

# What has to be done before the same command again can go on, the message says.
_SAID = frozenset({ExitCode.USAGE, ExitCode.INPUT, ExitCode.BUDGET, ExitCode.CHECKPOINT, ExitCode.UNFINISHED})
_MOST_MEDIA = 5


class Step(msgspec.Struct, frozen=True):
    """Something to look at or to do.

    Attributes:
        text: a sentence, or with one of the others the beginning of one.
        path: the file or folder that it is about.
        command: what is to be typed.
    """

    text: str
    path: str = ""
    command: str = ""


def headline(summary: Summary) -> str:
    """How it stands, in a few words."""
    is_settled = summary.entries and not (summary.owed or summary.in_doubt)
    if summary.exit_code == ExitCode.INPUT and is_settled:
        return "Complete up to the break in the source"
    if summary.tasks is not None and summary.state is not RunState.COMPLETE:
        return "Delivered, and tasks are left"
    if summary.state is RunState.COMPLETE and summary.rejected and not summary.delivered:
        return "Nothing delivered"
    return {
        RunState.RUNNING: "Running",
        RunState.COMPLETE: "Complete",
        RunState.STOPPED: "Stopped",
        RunState.FAILED: "Failed",
        RunState.KILLED: "Killed",
    }[summary.state]


def outcome(summary: Summary) -> str:
    """What became of the entries, in a phrase."""
    if summary.delivered == summary.entries > 0:
        every = "the entry is" if summary.entries == 1 else f"all {summary.entries:,} entries are"
        return f"{every} delivered{_but_for(summary.conversion)}"
    parts = [f"{summary.delivered:,} of {counted(summary.entries, 'entry')} delivered"]
    facts = summary.to_builtins()
    parts += [
        f"{facts[name]:,} {word}" for name, word in FATES.items() if facts[name] and name != "delivered"
    ]
    return ", ".join(parts)


def origin_text(findings: Mapping[str, int]) -> str:
    """What a source is that holds entries of an export, and what helps; empty for any other."""
    if "exported-entry" not in findings:
        return ""
    return (
        "The source is an export of DataGym, taken as entries because --from entries says so. Without that it is "
        "converted: its media are found by their names. 'bulk-importer explain exported-entry' says more."
    )


def next_steps(summary: Summary, *, advice: str = "", plan: str = "") -> Iterator[Step]:
    """Where to look, and what to do.

    Args:
        advice: how what is left is resumed, as the checkpoint says it, which comes first; without it that depends on
            how the run ended.
        plan: where a plan lies, of which this is a shard; empty for any other run.
    """
    if advice:
        yield Step(advice)
    if origin := origin_text(summary.findings):
        yield Step(origin)
    if summary.rejected and plan:
        output = " --output FOLDER" if "://" in plan else ""
        yield Step(
            "To see what all shards rejected, and why, and to send it again, run",
            command=f"bulk-importer gather {shlex.quote(plan)}{output}",
        )
    elif summary.rejected:
        yield Step("Rejected entries, and why", path=f"{summary.checkpoint}/rejected.jsonl")
        yield Step(
            "To send them again, fix them in a copy of that file, and run",
            command=f"bulk-importer retry {shlex.quote(summary.checkpoint)} CORRECTED.jsonl",
        )
    else:
        yield Step("Checkpoint", path=summary.checkpoint)
    if summary.in_doubt:
        yield from _unconfirmed(summary)
    if not advice and summary.state is not RunState.COMPLETE and summary.exit_code not in _SAID:
        yield Step("The same command again resumes where this run stopped.")


def _but_for(books: Books | None) -> str:
    """What asks for exit code 1 where every entry is delivered."""
    if books is None or books.is_complete:
        return ""
    left = sum(books.left_behind.values())
    return (
        f", but {counted(left, 'object')} of the source left behind"
        if left
        else ", but not all that is said of them"
    )


def _unconfirmed(summary: Summary) -> Iterator[Step]:
    fate = "it, and it is" if summary.in_doubt == 1 else "them, and they are"
    yield Step(
        f"The answers to {counted(summary.in_doubt, 'entry')} were lost: it is not known whether the server took "
        f"{fate} not sent again."
    )
    shown = ", ".join(summary.media_in_doubt[:_MOST_MEDIA])
    more = len(summary.media_in_doubt) - _MOST_MEDIA
    if shown:
        yield Step(f"Unconfirmed media: {shown}" + (f" and {more:,} more" if more > 0 else ""))
