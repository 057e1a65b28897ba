"""Says what an event tells, in a sentence, how much it matters, and what a source is called.

Pure.
"""

from __future__ import annotations

import re

from bulk_importer.events import (
    Advanced,
    BatchDelivered,
    BatchDoubted,
    BatchRefused,
    BatchSealed,
    CheckpointOpened,
    DoubtsEnded,
    EntriesRejected,
    Event,
    GateMoved,
    LimitsChanged,
    OutageBegan,
    OutageEnded,
    ReplacementForeseen,
    RequestEnded,
    RetryScheduled,
    RunPaused,
    RunResumed,
    SegmentRead,
    StopRequested,
    WindowClosed,
    WindowOpened,
)
from bulk_importer.levels import Level
from bulk_importer.readable import counted
from bulk_importer.steering.values import Limits

__all__ = ["capitalized", "level_of", "sentence_of", "source_called"]

_WORD = re.compile(r"[a-z']+[ ,]")


def capitalized(text: str) -> str:
    """The text as a sentence begins; what begins with a path or an address stays so."""
    return text[:1].upper() + text[1:] if _WORD.match(text) else text


def source_called(source: str) -> str:
    """What people call a source: standard input has no name of its own."""
    return "standard input" if source == "-" else source


def level_of(event: Event) -> Level:
    """The level at which an event is told."""
    match event:
        case OutageBegan() | BatchDoubted() | ReplacementForeseen():
            return Level.WARNING
        case BatchSealed() | BatchDelivered() | RequestEnded() | SegmentRead() | Advanced():
            return Level.DEBUG  # of a large import there are very many
        case CheckpointOpened():
            return Level.DEBUG
        case RetryScheduled() | BatchRefused() | GateMoved() | EntriesRejected() | StopRequested():
            return Level.DEBUG
        case _:
            return Level.INFO


def sentence_of(event: Event) -> str:
    """What an event tells, for a person; empty where the line of progress says it all."""
    match event:
        case OutageBegan():
            return f"The server is away: {event.reason}. What is not sent yet waits for it."
        case OutageEnded():
            return f"The server answers again, after {event.seconds:,.0f} s."
        case WindowClosed() | WindowOpened() | RunPaused() | RunResumed() | LimitsChanged():
            return _held(event)
        case BatchDoubted():
            return f"The answer to {counted(event.entries, 'entry')} was lost: {event.reason}."
        case DoubtsEnded():
            fate = "delivered" if event.delivered else "not delivered, and sent again"
            return f"It is known now what became of {counted(event.entries, 'entry')}: {fate}."
        case RetryScheduled():
            return f"Batch {event.batch} is sent again in {event.after_seconds:.1f} s: {event.reason}"
        case BatchRefused():
            return (
                f"The server refused batch {event.batch} of {counted(event.entries, 'entry')}: {event.reason}"
            )
        case EntriesRejected():
            codes = ", ".join(f"{count:,} x {code}" for code, count in event.codes.items())
            rejected = sum(span.stop - span.start for span in event.spans)
            return f"Rejected {counted(rejected, 'entry')}: {codes}."
        case GateMoved():
            return f"{event.max_in_flight} in flight, weight {event.max_weight:,}: {event.reason}"
        case StopRequested():
            return f"Ending: {event.reason}"
        case ReplacementForeseen():
            return _replaced(event)
        case _:
            return ""


def _held(event: WindowClosed | WindowOpened | RunPaused | RunResumed | LimitsChanged) -> str:
    """What a person allowed to leave, by hours or at this moment."""
    match event:
        case WindowClosed():
            return f"Paused until {event.until}: it sends only {event.hours}."
        case WindowOpened():
            return "The hours for sending have begun."
        case RunPaused():
            return f"Paused by {event.by}: nothing new is sent until it is resumed."
        case RunResumed():
            return f"Resumed by {event.by}, after {event.seconds:,.0f} s."
        case LimitsChanged(is_as_started=True):
            return f"Limits changed by {event.by}: back to those that it was started with."
        case LimitsChanged():
            limits = Limits(
                max_in_flight=event.max_in_flight,
                requests_per_second=event.requests_per_second,
                entries_per_second=event.entries_per_second,
                bytes_per_second=event.bytes_per_second,
            )
            return f"Limits changed by {event.by}: {limits.words}."


def _replaced(event: ReplacementForeseen) -> str:
    """How many media lose labels, as far as that is known."""
    from_where = f", from position {event.position:,} on" if event.source else ""
    which = f"entries have keepData false{from_where}"
    kept = f" {event.kept}" if event.kept else ""
    if event.media is None:
        return f"May replace existing labels: {which}, and it is not known which media hold labels.{kept}"
    media = f"{event.media:,} of the project's {event.importable:,} media"
    if event.is_exact:
        return f"Replaces existing labels on {media} (keepData false).{kept}"
    return f"May replace existing labels on up to {media}: {event.holding:,} hold labels, and {which}.{kept}"
