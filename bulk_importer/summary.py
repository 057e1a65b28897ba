"""What came of a run: the object that `--json` prints, `summary.json` holds, and the library returns.

The keys are a contract with programs that read them. Counts are for the whole ledger, over all runs on it;
`this_run` holds the same for this process alone: there `owed` is what it was the first to read and did not settle, and
`in_doubt` what of its own requests is in doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Self

import msgspec

from bulk_importer.errors import ExitCode, most_important

__all__ = ["Books", "Replacement", "RunState", "Summary", "Tally", "TaskTally", "together"]


class RunState(StrEnum):
    """How a run stands: `complete` means that all is settled, with exit code 0 or 1, and with no other one.

    `killed`, that the latest run did not say how it ended, is known when it is looked at later, and in no summary. A
    run whose disk was full could not say it either.
    """

    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"
    KILLED = "killed"

    @classmethod
    def of_all(cls, states: Collection[RunState]) -> RunState:
        """How several runs stand together: as the one that stands worst."""
        return next(
            state for state in (cls.FAILED, cls.STOPPED, cls.RUNNING, cls.COMPLETE) if state in states
        )


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of one run, or of all runs on a checkpoint: how many entries ended where, and what that took.

    Attributes:
        entries: how many positions were read; each is in exactly one of the next five.
        delivered: how many entries the server accepted.
        rejected: how many entries were found wrong or were refused by the server.
        skipped: how many elements hold only `label_classes`.
        in_doubt: how many entries were in requests whose answer was lost.
        owed: how many entries are still to be sent.
        bytes: of the source that were read (decompressed).
        seconds: wall clock time of the runs.
        requests, retries: uploads sent, and how many of them were sent again.
        findings: code -> how often; those of a rejected entry no longer when a retry has delivered it.
    """

    entries: int = 0
    delivered: int = 0
    rejected: int = 0
    skipped: int = 0
    in_doubt: int = 0
    owed: int = 0
    bytes: int = 0
    seconds: float = 0.0
    requests: int = 0
    retries: int = 0
    findings: dict[str, int] = msgspec.field(default_factory=dict)


_COUNTS = tuple(field for field in Tally.__struct_fields__ if field != "findings")


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """How many media lose labels that they held, as it was said before the first entry left that may delete some.

    Attributes:
        media: how many media, at most so many unless `is_exact`; None where it is not known which media hold labels.
        is_whole: it is about all that was left of the source, and not about what `--limit` lets through.
        holding: how many media of the project held labels that could be deleted; None likewise.
        importable: how many media of the project can be imported; None likewise.
        is_confirmed: a person said yes, or `--yes` did; else there was nobody to ask.
    """

    NOTE: ClassVar[str] = "replacement"

    media: int | None
    is_exact: bool
    is_whole: bool
    holding: int | None = None
    importable: int | None = None
    is_confirmed: bool = False

    @classmethod
    def kept(cls, notes: Mapping[str, object]) -> Self | None:
        """What the notes of a checkpoint's log hold; None where nothing was said."""
        note = notes.get(cls.NOTE)
        return None if note is None else msgspec.convert(note, cls)


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the labels of another tool when they were converted: `read` is `carried` plus `left_behind`.

    Attributes:
        format: name of the format.
        pictures: that were read.
        entries: that were written for them.
        read: objects by label.
        carried: objects that are in the entries, by label.
        left_behind: objects that are not, by label.
        findings: how often what was found, by code.
        reasons: the same by code and by what it was about: a label, or the name of an attribute.
        is_complete: nothing is left behind that nobody chose to leave.
    """

    NOTE: ClassVar[str] = "conversion"

    format: str
    pictures: int
    entries: int
    read: dict[str, int]
    carried: dict[str, int]
    left_behind: dict[str, int]
    findings: dict[str, int]
    reasons: dict[str, dict[str, int]]
    is_complete: bool

    @classmethod
    def kept(cls, notes: Mapping[str, object]) -> Self | None:
        """What the notes of a checkpoint's log hold; None where nothing was converted."""
        note = notes.get(cls.NOTE)
        return None if note is None else msgspec.convert(note, cls)


class TaskTally(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the tasks of media that labels were delivered for; each is in one count.

    Attributes:
        state: `COMPLETED` or `SKIPPED`: what they are given.
        given: that were given it, by this run or an earlier one, whatever people did with them since.
        already: that had it before.
        refused: that the server does not give it, because a required value is unset or invalid, or for other reasons.
        decided: that are left alone, because people are at work on them, or have decided otherwise.
        rejected: that are left alone, because entries of their media are rejected.
        unsent: that are left alone, because entries of their media are not sent yet.
        left: that are still to be given it.
    """

    state: str
    given: int = 0
    already: int = 0
    refused: int = 0
    decided: int = 0
    rejected: int = 0
    unsent: int = 0
    left: int = 0


class Summary(Tally, frozen=True, kw_only=True):
    """What came of an import: the sums over all runs on its checkpoint, how it stands, and what it was about.

    Attributes:
        started, ended: when the run began and was over, ISO 8601 with the zone of this machine; empty where that is not
            known, or is not so yet. Where nothing was left to do: of the latest run that did something.
        message: why it ended, in a sentence; empty where all is well.
        severities: code -> `error`, `warning` or `note`: what each of the findings counts as in the latest run.
        project_name: as the server had it; empty where it is not known.
        media_delivered: media that an entry is delivered for; None until the source is read to its end, and where that
            is not known.
        media_undelivered: media that the source has an entry for, and none is delivered; None likewise.
        media_without_entry: media of the project that could be imported and that the source has no entry for; None
            likewise, and where the media of the project are not looked at.
        media_in_doubt: ids of media that may or may not hold the labels of a lost answer, at most a thousand.
        replacement: which labels were deleted, as it was said beforehand; None where none could be.
        conversion: what became of the labels of another tool; None where the source held entries.
        tasks: what became of the tasks of media that labels were delivered for, where `--on-delivered` says that they
            are completed or skipped, and the import is complete; else None. All sources of a command have the same.
    """

    state: RunState
    exit_code: int
    source: str
    project: str
    server: str
    checkpoint: str
    started: str = ""
    ended: str = ""
    message: str = ""
    severities: dict[str, str] = msgspec.field(default_factory=dict)
    project_name: str = ""
    media_delivered: int | None = None
    media_undelivered: int | None = None
    media_without_entry: int | None = None
    media_in_doubt: list[str] = msgspec.field(default_factory=list)
    replacement: Replacement | None = None
    conversion: Books | None = None
    tasks: TaskTally | None = None
    this_run: Tally = msgspec.field(default_factory=Tally)

    def to_builtins(self) -> dict[str, Any]:
        """As plain values, in the order of the contract."""
        flat: dict[str, Any] = msgspec.to_builtins(self)
        first = ("state", "exit_code")
        return {**{key: flat[key] for key in first}, **flat}


_OF_MEDIA = ("media_delivered", "media_undelivered", "media_without_entry")


def together(summaries: Sequence[Summary]) -> dict[str, Any]:
    """Several sources as one object, of the same keys for one and for many: what `--json` prints.

    Args:
        summaries: of the sources of one command, at least one.

    Returns:
        The keys of a summary, and `sources` with one for each source. Counts are sums. `source` and `checkpoint` are
        None where there are several, and so is what cannot be added up: media may be in more than one.
    """
    each = [summary.to_builtins() for summary in summaries]
    if len(each) == 1:
        return {**each[0], "sources": each}
    return {
        **each[0],
        "state": RunState.of_all([summary.state for summary in summaries]),
        "exit_code": int(most_important([ExitCode(summary.exit_code) for summary in summaries])),
        **_added(summaries),
        "source": None,
        "checkpoint": None,
        "message": " ".join(
            filter(None, (f"{it.source}: {it.message}" if it.message else "" for it in summaries))
        ),
        "severities": {code: it for each in summaries for code, it in each.severities.items()},
        **dict.fromkeys(_OF_MEDIA),
        "replacement": None,
        "conversion": None,
        "tasks": each[0]["tasks"],
        "media_in_doubt": list(dict.fromkeys(media for it in summaries for media in it.media_in_doubt)),
        "this_run": _added([summary.this_run for summary in summaries]),
        "sources": each,
    }


def _added(tallies: Sequence[Tally]) -> dict[str, Any]:
    """The sums of tallies, by the keys of one."""
    findings: Counter[str] = Counter()
    for tally in tallies:
        findings.update(tally.findings)
    sums = {name: sum(getattr(tally, name) for tally in tallies) for name in _COUNTS}
    return {**sums, "seconds": round(sums["seconds"], 3), "findings": dict(findings)}
