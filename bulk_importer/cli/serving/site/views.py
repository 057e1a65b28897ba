"""Makes of what is known of uploads what the pages show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bulk_importer.cli.serving.site.findings import (
    MOST_PLACES,
    account_of,
    forecast_of,
    pictures_of,
    wrong_in,
)
from bulk_importer.cli.serving.site.offers import actions_for, corrections_for, removal_of
from bulk_importer.cli.serving.site.seen import Seen
from bulk_importer.cli.serving.site.wording import HEADLINES, STEERED, for_labellers, in_browser, sized
from bulk_importer.cli.serving.spool.values import JobState
from bulk_importer.observe.page.upload.values import Row, Sheet
from bulk_importer.observe.parts import duration
from bulk_importer.readable import counted
from bulk_importer.times import written

if TYPE_CHECKING:
    from bulk_importer.settings import Settings
    from bulk_importer.steering.values import Standing

__all__ = ["row_of", "sheet_of"]

_MOODS = {
    JobState.RECEIVED: "works",
    JobState.CHECKING: "works",
    JobState.CHECKED: "waits",
    JobState.REFUSED: "bad",
    JobState.QUEUED: "works",
    JobState.IMPORTING: "works",
    JobState.DONE: "good",
    JobState.STOPPED: "waits",
    JobState.FAILED: "bad",
}
_OF_STANDING = (("Delivered", "delivered"), ("Rejected", "rejected"), ("Unconfirmed", "in_doubt"))
_OF_STATUS = (("Read so far", "entries"), *_OF_STANDING, ("Not sent yet", "owed"))


def row_of(seen: Seen) -> Row:
    """What the front shows of an upload."""
    job = seen.job
    return Row(
        path=f"/jobs/{job.id}",
        name=job.name,
        size=sized(job.size),
        received=written(job.received),
        state=_headline(seen),
        mood=_mood(seen),
        said=_said(seen) or _ended(seen),
        percent=_percent(seen),
    )


def sheet_of(seen: Seen, settings: Settings) -> Sheet:
    """What the page of an upload shows."""
    job, report = seen.job, None if seen.found is None else seen.found.report
    wrong = [] if report is None else wrong_in(report)
    return Sheet(
        path=f"/jobs/{job.id}",
        name=job.name,
        project=settings.project or "",
        server=settings.server or "",
        version=_version(seen),
        headline=_headline(seen),
        mood=_mood(seen),
        message=" ".join(_message(seen, settings)),
        progress=_said(seen),
        percent=_percent(seen),
        is_at_work=_mood(seen) == "works",
        counts=tuple(_counts(seen)),
        plots=seen.plots,
        wrong=tuple(wrong[:MOST_PLACES]),
        more_wrong=max(0, len(wrong) - MOST_PLACES),
        pictures=() if seen.found is None else pictures_of(seen.found),
        account=() if report is None else account_of(report),
        actions=tuple(actions_for(seen, settings)),
        corrections=corrections_for(seen),
        removal=removal_of(seen),
        terminal=seen.terminal,
        links=seen.links,
        facts=tuple(_facts(seen)),
    )


def _version(seen: Seen) -> str:
    """Another one whenever something else can be done with it."""
    standing = seen.standing
    steered = "" if standing is None else f"{standing.state} {standing.limits.max_in_flight}"
    return f"{seen.job.state.value} {seen.question is not None} {seen.job.turn} {steered}"


def _headline(seen: Seen) -> str:
    if seen.question is not None:
        return "Asks you"
    steered = None if seen.standing is None else STEERED.get(seen.standing.state)
    return steered or HEADLINES[seen.job.state]


def _mood(seen: Seen) -> str:
    return "waits" if seen.question is not None else _MOODS[seen.job.state]


def _said(seen: Seen) -> str:
    """How far what goes on is, in words; empty where nothing goes on."""
    if seen.job.state is JobState.QUEUED and seen.before:
        return f"{counted(seen.before, 'import', 'is')} before it"
    facts = seen.facts
    if facts is None or seen.question is not None:
        return ""
    unit, done, total = str(facts["unit"]), _number(facts["done"]), facts["total"]
    parts = [str(facts["state"] or facts["reason"] or "")]
    if done or total is not None:
        about = "" if facts["is_total_exact"] else "about "
        of = "" if total is None else f" of {about}{_many(_number(total), unit)}"
        parts.append(f"{_many(done, unit)}{of}{'' if unit == 'bytes' else f' {unit}'}")
    if seen.standing is not None and seen.standing.state in STEERED:
        return "; ".join(filter(None, parts))
    if facts["per_second"] is not None:
        parts.append(f"{_many(_number(facts['per_second']), unit)}/s")
    if facts["seconds_left"] is not None:
        parts.append(f"{duration(_number(facts['seconds_left']))} left")
    return "; ".join(filter(None, parts))


def _many(count: float, unit: str) -> str:
    return sized(round(count)) if unit == "bytes" else f"{count:,.0f}"


def _ended(seen: Seen) -> str:
    """What came of it, in a few words."""
    if seen.job.message and seen.job.state in (JobState.REFUSED, JobState.FAILED):
        return in_browser(seen.job.message, source=seen.source, name=seen.job.name)
    came = seen.job.came
    if came is None or came.good is None:
        return ""
    if seen.job.state.is_ended:
        return f"{came.good:,} delivered, {came.bad:,} rejected"
    return f"{came.good:,} could be sent, {came.bad:,} would be rejected"


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0.0


def _percent(seen: Seen) -> int | None:
    percent = None if seen.facts is None else seen.facts["percent"]
    return percent if isinstance(percent, int) else None


def _message(seen: Seen, settings: Settings) -> Iterator[str]:
    """What a person has to know, in sentences."""
    job, standing = seen.job, seen.standing
    if standing is not None and standing.limits != standing.allowed:
        yield f"Limited by {standing.changed_by}: {_limited(standing)}."
    if seen.question is not None:
        media = seen.question.media
        many = (
            "labels that media hold; how many is not known"
            if media is None
            else f"the labels of {media:,} media"
        )
        yield f"It is about to replace {many}. {_keeping(seen)}Nothing of that is sent before you answer."
        yield "Imports behind it wait for that, too."
    if seen.status is not None and seen.status.is_finished and job.state is not JobState.DONE:
        yield "By now all of it is settled: somebody resumed it at a terminal."
    elif job.message:
        yield in_browser(job.message, source=seen.source, name=job.name)
    if seen.twin is not None and not job.state.is_ended:
        state = HEADLINES[seen.twin.state]
        yield f"The same file was uploaded before, as {seen.twin.name} at {written(seen.twin.received)}: {state}."
    report = None if seen.found is None else seen.found.report
    if report is None or job.state is not JobState.CHECKED:
        return
    if report.message:
        yield in_browser(report.message, source=seen.source, name=job.name)
        yield "What stands before that can be imported."
    if settings.max_errors.is_exceeded(report.rejected, report.entries):
        yield (
            f"More is wrong than the {settings.max_errors} that are allowed: its import would end before it is "
            "complete. Fix that and upload it again, or ask whoever started this page to allow more."
        )


def _limited(standing: Standing) -> str:
    now, most = standing.limits.max_in_flight, standing.allowed.max_in_flight
    return "less leaves in a second than could" if now == most else f"{now} of {most} requests at a time"


def _keeping(seen: Seen) -> str:
    kept = "" if seen.question is None else for_labellers(seen.question.kept)
    return f"{kept} " if kept else ""


def _counts(seen: Seen) -> Iterator[tuple[str, str]]:
    """What is known in numbers: of the import while it goes on, of its checkpoint, or else of the check."""
    if seen.job.state is JobState.IMPORTING:
        if seen.standing is not None:
            yield from ((title, f"{getattr(seen.standing, name):,}") for title, name in _OF_STANDING)
    elif seen.status is not None:
        yield from ((title, f"{getattr(seen.status, name):,}") for title, name in _OF_STATUS)
        if seen.status.total is not None:
            yield "In all", f"{'' if seen.status.is_total_exact else 'about '}{seen.status.total:,}"
    elif seen.found is not None:
        yield from forecast_of(seen.found.report)


def _facts(seen: Seen) -> Iterator[tuple[str, str]]:
    job = seen.job
    yield "File", job.name
    yield "Size", f"{sized(job.size)} ({job.size:,} bytes)"
    yield "Uploaded", written(job.received)
    yield "Digest (XXH3)", job.digest
    if seen.found is not None and seen.found.report.conversion is not None:
        yield "Format", seen.found.report.conversion.format
