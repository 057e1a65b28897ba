"""Draws what has a time: how fast it went, how long answers took, and how much was sent at once.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bulk_importer.observe.drawing.charts.axes import figure, linear, logarithmic, seconds_text
from bulk_importer.observe.drawing.charts.bins import Bin, curve_bins, table_bins
from bulk_importer.observe.drawing.charts.curves import BLUE, band, line, steps_of_bins, steps_of_gate
from bulk_importer.observe.drawing.charts.held import Key
from bulk_importer.observe.drawing.charts.panel import Panel, over_time
from bulk_importer.observe.drawing.charts.period import Period
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup
from bulk_importer.observe.parts import duration
from bulk_importer.observe.timeline.values import Course
from bulk_importer.readable import counted

__all__ = ["batches", "latency", "rate", "time_rows"]

_HEIGHT = 140.0
_LOWER = 90.0
_MOST_ROWS = 10
_HELD = {
    "outage": "server away",
    "paused": "paused",
    "hours": "outside its hours",
    "doubts": "lost answers awaited",
}


def rate(course: Course, period: Period, title: str) -> tuple[Markup, str]:
    """Entries delivered a second, and what is to be seen in it."""
    bins = curve_bins(course, period)
    highest = max((each.per_second for each in bins), default=0.0)
    axis = linear(highest, height=_HEIGHT)
    tops = steps_of_bins(bins, period, axis, lambda each: each.per_second)
    curves = [band(tops, [(at, until, axis.height) for at, until, _ in tops]), line(tops)]
    entries = sum(each.entries for each in course.stretches)
    running = sum(each.seconds for each in bins)
    mean = entries / running if running else 0.0
    text = (
        f"{counted(entries, 'entry')} in {duration(running)}, {figure(mean)} a second on the average, "
        f"{figure(highest)} at most{_held_text(course, period)}"
    )
    keys = [Key(_line_sample(), "delivered")]
    panel = Panel("entries per second", axis, curves)
    return over_time(course, period, [panel], keys, title=title, text=text), text


def latency(course: Course, period: Period, title: str) -> tuple[Markup, str] | None:
    """How long answers took: the fastest, the median and the slowest; None without any."""
    bins = [each for each in curve_bins(course, period) if each.latencies]
    known = [each.latencies for each in bins if each.latencies]
    if not known:
        return None
    low, high = min(each[0] for each in known), max(each[2] for each in known)
    axis = logarithmic(low, high, height=_HEIGHT)

    def steps(index: int) -> list[tuple[float, float, float]]:
        return steps_of_bins(bins, period, axis, lambda each: each.latencies and each.latencies[index])

    curves = [band(steps(2), steps(0)), line(steps(1))]
    middle = sorted(each[1] for each in known)[len(known) // 2]
    text = (
        f"Half of the answers took {seconds_text(middle)} or less, the fastest {seconds_text(low)}, the slowest "
        f"{seconds_text(high)}."
    )
    keys = [Key(_line_sample(), "median"), Key(_band_sample(), "fastest to slowest")]
    panel = Panel("time to the answer", axis, curves)
    return over_time(course, period, [panel], keys, title=title, text=text), text


def batches(course: Course, period: Period, title: str) -> tuple[Markup, str] | None:
    """How heavy batches were and how many were in flight, and what the gate allowed; None without any."""
    bins = [each for each in curve_bins(course, period) if each.in_flight]
    if not bins:
        return None
    set_at = [each for each in course.marks if each.kind == "gate"]
    weight = linear(
        max([*(each.mean_weight or 0 for each in bins), *(each.weight or 0 for each in set_at)], default=0),
        height=_LOWER,
        whole=True,
    )
    flight = linear(
        max([*(each.in_flight for each in bins), *(each.in_flight or 0 for each in set_at)], default=0),
        height=_LOWER,
        whole=True,
    )
    panels = [
        Panel(
            "weight of a batch, on the average",
            weight,
            [
                line(
                    steps_of_gate(course.marks, period, weight, lambda each: each.weight),
                    color="currentColor",
                    width=1,
                    dashes="3 3",
                ),
                line(steps_of_bins(bins, period, weight, lambda each: each.mean_weight)),
            ],
        ),
        Panel(
            "requests in flight, the most",
            flight,
            [
                line(
                    steps_of_gate(course.marks, period, flight, lambda each: each.in_flight),
                    color="currentColor",
                    width=1,
                    dashes="3 3",
                ),
                line(steps_of_bins(bins, period, flight, lambda each: each.in_flight)),
            ],
        ),
    ]
    requests = sum(each.requests for each in course.stretches)
    mean = sum(each.weight for each in course.stretches) / requests if requests else 0
    changes = len(set_at) + course.left_out.get("gate", 0)
    text = (
        f"{counted(requests, 'batch')} of weight {figure(round(mean))} on the average, "
        f"{max(each.in_flight for each in bins):,} in flight at most."
    )
    if changes:
        text += f" What may be sent at once was changed {counted(changes, 'time')}."
    keys = [Key(_line_sample(), "sent")]
    if set_at:
        keys.append(Key(_line_sample("currentColor", 1, "3 3"), "allowed at most"))
    return over_time(course, period, panels, keys, title=title, text=text), text


def time_rows(course: Course, period: Period) -> Iterator[tuple[str, ...]]:
    """What all of these plots show, in a few rows: see `plots`."""
    bins = table_bins(course, period, _MOST_ROWS)
    days = {_then(at, period).date() for each in bins for at in (each.at, each.until)}
    for each in bins:
        known = each.latencies
        yield (
            _span_text(each, period, has_days=len(days) > 1),
            f"{each.sum('entries'):,}",
            figure(each.per_second) if each.seconds else "",
            f"{each.sum('rejected'):,}",
            seconds_text(known[1]) if known else "",
            seconds_text(known[2]) if known else "",
            figure(round(each.mean_weight)) if each.mean_weight is not None else "",
            f"{each.in_flight:,}" if each.in_flight else "",
            _what_held(course, each),
        )


def _span_text(each: Bin, period: Period, *, has_days: bool) -> str:
    first, last = _then(each.at, period), _then(each.until, period)
    clock = "%H:%M:%S" if each.until - each.at < 120 else "%H:%M"
    day = f"{first:%a} {first.day} {first:%b} " if has_days else ""
    return f"{day}{first:{clock}} to {last:{clock}}"


def _what_held(course: Course, each: Bin) -> str:
    said = []
    for kind, text in _HELD.items():
        seconds = sum(
            max(
                0.0,
                min(each.until, each.until if quiet.until is None else quiet.until) - max(each.at, quiet.at),
            )
            for quiet in course.quiet
            if quiet.kind == kind
        )
        if seconds:
            said.append(f"{text} {duration(seconds)}")
    retries, refused = each.sum("retries"), each.sum("refused")
    said += [counted(retries, "retry")] if retries else []
    said += [counted(refused, "refused batch")] if refused else []
    return ", ".join(said)


def _held_text(course: Course, period: Period) -> str:
    end = period.parts[-1][1]
    said = []
    for kind, text in _HELD.items():
        some = [each for each in course.quiet if each.kind == kind]
        if some:
            seconds = sum((end if each.until is None else each.until) - each.at for each in some)
            said.append(f"{text} for {duration(seconds)}")
    return f"; {', '.join(said)}." if said else "."


def _then(at: float, period: Period) -> datetime:
    return datetime.fromtimestamp(at, period.zone)


def _line_sample(color: str = BLUE, width: float = 2, dashes: str | None = None) -> Markup:
    return element("line", x1=0, x2=24, y1=6, y2=6, stroke=color, stroke_width=width, stroke_dasharray=dashes)


def _band_sample() -> Markup:
    return element("rect", x=0, y=1, width=24, height=10, fill=BLUE, fill_opacity=0.25)
