"""Plots are right whatever happened: well formed, readable without a style sheet, and the same as their tables."""

from __future__ import annotations

import re
from datetime import UTC
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bulk_importer.observe.drawing.plots import Plot, bars, course_plots, course_table, places_plot
from bulk_importer.observe.timeline.values import Course, Mark, Place, Quiet, Stretch

EVENING = 1_795_816_800.0
"""Friday, 27 November 2026, 22:00 UTC."""


def stretch(at: float, seconds: float = 60, **changes: float) -> Stretch:
    """Some seconds after the evening began, with deliveries."""
    facts = {"entries": 600, "weight": 6000, "requests": 60, "in_flight": 4} | changes
    latencies = {"low_seconds": 0.1, "mid_seconds": 0.5, "high_seconds": 12.0} if facts["requests"] else {}
    return Stretch(at=EVENING + at, seconds=seconds, **facts, **latencies)  # type: ignore[arg-type]  # numbers all


NIGHT = Course(
    stretches=tuple(stretch(at, 120) for at in range(0, 8 * 3600, 120)),
    quiet=(
        Quiet(kind="outage", at=EVENING + 7000, until=EVENING + 7600, reason="<script>"),
        Quiet(kind="hours", at=EVENING + 9000, until=EVENING + 9600),
        Quiet(kind="paused", at=EVENING + 9100, until=None),
    ),
    marks=(
        Mark(kind="replacement", at=EVENING - 5, text="Replaces labels."),
        Mark(kind="gate", at=EVENING + 10, text="faster", in_flight=4, weight=900),
        Mark(kind="gate", at=EVENING + 900, text="faster", in_flight=8, weight=1200),
        Mark(kind="limits", at=EVENING + 3000, text="Limits changed."),
        Mark(kind="stop", at=EVENING + 28_000, text="Ending."),
    ),
    places=(
        Place(first=0, count=512, rejected=3, codes={"unknown-class": 4}),
        Place(first=51_200, count=512, rejected=40, codes={"unknown-class": 1, "<b>": 40}),
    ),
    positions=100_000,
    left_out={"gate": 70},
)


def texts(plot: Plot) -> list[str]:
    """What is written in it, but for its title and description."""
    root = ET.fromstring(plot.svg.text)
    return [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]


def require_right(plot: Plot) -> None:
    """It is well formed, has no number that is none, nothing that a strict page forbids, and says what it shows."""
    drawn = plot.svg.text
    root = ET.fromstring(drawn)
    assert root.get("role") == "img"
    assert [each.text for each in root[:2]] == [plot.title, plot.text]
    for each in root.iter():
        assert not {"style", "id", "href"} & set(each.attrib)
    assert not re.search(r"\b(nan|inf)\b", re.sub(r"<(title|desc|text)\b.*?</\1>", "", drawn))
    assert all(-0.01 <= float(each) <= 100.01 for each in re.findall(r'"(-?[\d.]+)%"', drawn))


def test_a_night_is_three_plots() -> None:
    """By the clock of the zone, with the units, and with all that held it up."""
    plots = course_plots(NIGHT, ZoneInfo("Europe/Berlin"))
    for plot in plots:
        require_right(plot)
    rate, latency, batches = (texts(plot) for plot in plots)
    assert {"entries per second", "00:00", "Sat 28 Nov", "10"} <= set(rate)
    assert {
        "server away: 10 min 00 s",
        "outside its hours: 10 min 00 s",
        "paused by a person: 5 h 28 min",
        "batches changed: 72 times",
        "limits changed by a person: once",
        "stop requested: once",
        "replaces labels: once",
    } <= set(rate)
    assert {"time to the answer", "100 ms", "10 s", "median"} <= set(latency)
    assert {"weight of a batch, on the average", "requests in flight, the most", "allowed at most"} <= set(
        batches
    )
    assert plots[0].text.startswith("144,000 entries in 8 h 00 min, 5 a second on the average, ")
    assert plots[0].text.endswith(
        "; server away for 10 min 00 s, paused for 5 h 28 min, outside its hours for 10 min 00 s."
    )
    assert plots[1].text == "Half of the answers took 500 ms or less, the fastest 100 ms, the slowest 12 s."
    assert "changed 72 times" in plots[2].text


def test_each_kind_has_dashes_or_a_shape_of_its_own() -> None:
    """A colour is never the only sign."""
    drawn = course_plots(NIGHT, UTC)[0].svg.text
    lanes = set(re.findall(r'stroke-width="5"(?: stroke-dasharray="[\d ]+")?', drawn))
    assert len(lanes) == 3
    assert (
        len(set(re.findall(r'<path d="(M[-\d .LVHZ]+)"(?: stroke="currentColor")?></path></svg>', drawn)))
        == 4
    )


def test_the_table_says_the_same_in_a_few_rows() -> None:
    """With what held it up."""
    columns, rows = course_table(NIGHT, UTC)
    assert len(rows) <= 12
    assert all(len(row) == len(columns) for row in rows)
    assert sum(int(row[1].replace(",", "")) for row in rows) == 144_000
    assert rows[1][:4] == ("Fri 27 Nov 23:00 to 00:00", "18,000", "5", "0")
    assert rows[1][-1] == "server away 3 min 20 s"


@pytest.mark.parametrize(
    "course",
    [
        Course(stretches=(stretch(0),)),
        Course(stretches=(stretch(0, 0.001),)),
        Course(stretches=(stretch(0, 2, entries=0, weight=0, requests=0, in_flight=0),)),
        Course(
            stretches=(stretch(0, 2, requests=0), stretch(1e8)),
            quiet=(Quiet(kind="between", at=EVENING + 2, until=EVENING + 1e8),),
        ),
        Course(stretches=(stretch(0), stretch(1e9))),
    ],
    ids=["one", "a moment", "nothing", "years between", "a clock that was wrong"],
)
def test_what_hardly_happened_can_be_drawn(course: Course) -> None:
    """There may be little to see, and nothing wrong."""
    plots = course_plots(course, UTC)
    assert plots
    for plot in plots:
        require_right(plot)
    assert course_table(course, UTC)[1]


def test_what_did_not_happen_is_not_drawn() -> None:
    """A plot without anything in it would say that something is broken."""
    assert course_plots(Course(), UTC) == []
    assert course_table(Course(), UTC)[1] == []
    assert places_plot(Course()) is None
    assert bars("Labels by class", {"a": 0}, noun="classes", unit="labels") is None
    nothing = Course(stretches=(stretch(0, 2, entries=0, weight=0, requests=0, in_flight=0),))
    assert [plot.title for plot in course_plots(nothing, UTC)] == ["Entries per second"]


SECONDS = some.floats(0, 1e7)
COURSES = some.builds(
    lambda moments, kinds: Course(
        stretches=tuple(stretch(at, 1 + at % 7) for at in sorted(set(moments))),
        quiet=tuple(
            Quiet(kind=kind, at=EVENING + at, until=None if until < at else EVENING + until)
            for kind, at, until in sorted(kinds, key=lambda each: each[1])
        ),
        marks=tuple(
            Mark(kind="gate", at=EVENING + at, text="", in_flight=3, weight=9) for at in sorted(moments)
        ),
    ),
    some.lists(some.integers(0, 10**7), max_size=20),
    some.lists(
        some.tuples(some.sampled_from(["outage", "hours", "paused", "doubts", "between"]), SECONDS, SECONDS),
        max_size=8,
    ),
)


@given(COURSES)
def test_any_course_can_be_drawn(course: Course) -> None:
    """Nothing lies outside, and the sums are those of the course."""
    for plot in course_plots(course, ZoneInfo("America/New_York")):
        require_right(plot)
    rows = course_table(course, UTC)[1]
    assert sum(int(row[1].replace(",", "")) for row in rows) == 600 * len(course.stretches)


def test_bars_are_ordered_by_length_and_the_rest_is_a_sum() -> None:
    """Names are those of strangers."""
    counts = {"<script>alert(1)</script>": 5000, "": 70} | {f"c{each:02}": each for each in range(1, 21)}
    plot = bars("Labels by class", counts, noun="classes", unit="labels")
    assert plot is not None
    require_right(plot)
    assert plot.rows[:3] == [("<script>alert(1)</script>", "5,000"), ("(no class)", "70"), ("c20", "20")]
    assert plot.rows[-1] == ("and 10 more classes", "55")
    assert "<script" not in plot.svg.text
    assert plot.svg.text.count("<rect") == 12
    assert plot.text == ("5,280 labels of 22 classes; the most, 5,000, of <script>alert(1)</script>.")


def test_the_severity_of_a_finding_is_a_word_and_a_pattern() -> None:
    """An error is the usual."""
    severities = {"a": "error", "b": "warning", "c": "note"}
    plot = bars("Findings", {"a": 3, "b": 2, "c": 1}, noun="codes", unit="findings", severities=severities)
    assert plot is not None
    assert texts(plot)[::2] == ["a", "b (warning)", "c (note)"]
    assert len(set(re.findall(r'height="10"([^>]*)>', plot.svg.text))) == 3


@pytest.mark.parametrize("name", ["a" * 500, "歩" * 500])
def test_a_name_is_as_long_as_there_is_room(name: str) -> None:
    """The table has all of it."""
    plot = bars("Labels by class", {name: 1}, noun="classes", unit="labels")
    assert plot is not None
    assert len(texts(plot)[0]) <= 38
    assert plot.rows[0][0] == name


def test_rejections_are_shown_where_they_are() -> None:
    """From the beginning of the source to its end, however far it was read."""
    plot = places_plot(NIGHT)
    assert plot is not None
    require_right(plot)
    assert plot.text == "43 entries rejected of 100,000 positions, between 0 and 51999."
    assert plot.rows == [
        ("0 to 9999", "3", "unknown-class 4"),
        ("50000 to 59999", "40", "<b> 40, unknown-class 1"),
    ]
    longer = places_plot(NIGHT, total=200_000)
    assert longer is not None
    assert "of 200,000 positions" in longer.text


@pytest.mark.parametrize("first", [0, 1, 10**9])
def test_one_rejection_can_be_seen(first: int) -> None:
    """Of a source of one entry, or of very many."""
    course = Course(places=(Place(first=first, count=1, rejected=1, codes={"a": 1}),))
    plot = places_plot(course)
    assert plot is not None
    require_right(plot)


def test_a_plot_is_small() -> None:
    """A report holds several for each source."""
    for plot in course_plots(NIGHT, UTC):
        assert len(plot.svg.text) < 40_000
