"""Decides what a person can do with an upload, by how it stands. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bulk_importer.cli.serving.site.seen import Seen
from bulk_importer.cli.serving.spool.values import JobState
from bulk_importer.observe.page.upload.values import Action
from bulk_importer.readable import counted
from bulk_importer.settings import Backup

if TYPE_CHECKING:
    from bulk_importer.settings import Settings
    from bulk_importer.steering.values import Standing

__all__ = ["actions_for", "corrections_for", "removal_of"]

_NEEDED = "Delete the uploaded file, without which the import can be neither resumed nor taken back (undo)."
_KEPT = "What they hold is kept in a backup first, so that the import can be taken back."
_NOT_KEPT = "Nothing is kept of what they hold: that cannot be taken back."
_RECORD = "Delete the record of what was delivered, too: the same file would be sent again."


def actions_for(seen: Seen, settings: Settings) -> Sequence[Action]:
    """The buttons at the top of its page, the one that is mostly wanted first."""
    path = f"/jobs/{seen.job.id}"
    match seen.job.state:
        case JobState.CHECKING:
            return [Action(path=f"{path}/stop", label="Stop the check")]
        case JobState.CHECKED:
            return [_confirm(seen, path, settings), _check_again(path)]
        case JobState.REFUSED:
            return [_check_again(path)]
        case JobState.QUEUED:
            return [Action(path=f"{path}/withdraw", label="Take it out of the queue")]
        case JobState.IMPORTING if seen.question is not None:
            yes = Action(
                path=f"{path}/answer", label="Replace them", fields=(("answer", "yes"),), tone="main"
            )
            return [yes, Action(path=f"{path}/answer", label="Do not, and stop", fields=(("answer", "no"),))]
        case JobState.IMPORTING:
            return list(_steering(seen, path))
        case JobState.STOPPED | JobState.FAILED:
            return [Action(path=f"{path}/again", label="Resume the import", tone="main")]
        case _:
            return []


def _steering(seen: Seen, path: str) -> Iterator[Action]:
    """What makes an import that goes on go slower, or not at all, and back; nothing where it is about to end."""
    standing = seen.standing
    if standing is not None and standing.state == "stopping":
        return
    if standing is not None:
        yield from _pacing(standing, path)
    yield Action(path=f"{path}/stop", label="Stop the import")


def _pacing(standing: Standing, path: str) -> Iterator[Action]:
    """Those that can be of use now."""
    is_paused = standing.state == "paused"
    words = [("resume", "Resume") if is_paused else ("pause", "Pause"), ("slower", "Slower")]
    words += [("faster", "Faster")] if standing.limits != standing.allowed else []
    for word, label in words:
        yield Action(path=f"{path}/steer", label=label, fields=(("do", word),))


def _confirm(seen: Seen, path: str, settings: Settings) -> Action:
    """The button that has it imported; where labels are replaced, with a sentence that says how many."""
    assert seen.found is not None  # it is checked
    report = seen.found.report
    replaced = "0"
    consent = ""
    if report.replacing:
        replaced = str(report.media_replaced)
        kept = _NOT_KEPT if settings.backup == Backup.NEVER else _KEPT
        consent = (
            f"Replace the labels that {counted(report.media_replaced or 0, 'media', 'holds')} now "
            f"({counted(report.replacing, 'entry', 'does')} that). {kept}"
        )
    elif report.replacing is None and report.keep_data.get("false"):
        replaced = "unknown"
        consent = (
            f"Replace the labels that media hold now ({counted(report.keep_data['false'], 'entry', 'does')} that; "
            f"which of their media hold labels is not known). {_NOT_KEPT}"
        )
    return Action(
        path=f"{path}/confirm",
        label=f"Import {counted(report.accepted, 'entry')}",
        fields=(("replaced", replaced),),
        consent=consent,
        tone="main",
    )


def _check_again(path: str) -> Action:
    return Action(path=f"{path}/check", label="Check it again")


def corrections_for(seen: Seen) -> str:
    """Where corrected entries are sent; empty where there are none to correct."""
    rejected = 0 if seen.status is None else seen.status.rejected
    return f"/jobs/{seen.job.id}/corrections" if seen.job.state is JobState.DONE and rejected else ""


def removal_of(seen: Seen) -> Action | None:
    """The button that deletes an upload; None where it is at work, or about to be."""
    job, status = seen.job, seen.status
    if job.state.is_at_work or job.state is JobState.QUEUED:
        return None
    path = f"/jobs/{job.id}/remove"
    if status is None:
        return Action(path=path, label="Remove it", tone="harm")
    has_sent = bool(status.delivered or status.in_doubt)
    return Action(
        path=path,
        label="Remove it",
        consent=_NEEDED if has_sent else "",
        choice=_RECORD if has_sent else "Delete its checkpoint, too.",
        tone="harm",
    )
