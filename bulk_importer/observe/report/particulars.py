"""Writes the tables of a chapter: what was found, what became of labels by class, what happened when, the rest.

Pure, but for the zone of this machine, in which moments are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest

from bulk_importer.observe.drawing.plots import bars, places_plot
from bulk_importer.observe.markup import Content, Markup, element, facts_table, link, name, table
from bulk_importer.observe.parts import duration
from bulk_importer.observe.report.course import figure, folded, numbers_of, when
from bulk_importer.observe.report.values import Chapter, Found, Ledger, Particulars, Place
from bulk_importer.observe.report.verdict import sentence
from bulk_importer.observe.timeline.values import Course, Quiet
from bulk_importer.readable import counted

__all__ = ["classes", "events", "findings", "ledgers", "particulars"]

_MOST_CODES = 40
_MOST_PLACES = 60
_MOST_CLASSES = 60
_MOST_REASONS = 30
_MOST_MOMENTS = 60
_RANK = {"error": 0, "warning": 1, "note": 2}
_QUIET = {"outage": "the server was away", "hours": "", "paused": "", "doubts": "waited for lost answers"}
"""What it was; empty where the reason says it."""
_DRAWN = "gate"
"""Marks that the plots show, of which there may be thousands."""


def findings(chapter: Chapter, *, level: int) -> Markup | None:
    """What was found, by code, with what it means; and where in the label configuration."""
    if not chapter.findings:
        return None
    shown = sorted(chapter.findings, key=lambda each: (_RANK.get(each.severity, 3), -each.count, each.code))
    parts: list[Content] = [
        *_drawn_findings(chapter),
        table(
            "What was found, by code",
            ("code", "severity", "how many"),
            [(_code(each, chapter), each.severity, f"{each.count:,}") for each in shown[:_MOST_CODES]],
            numbers=1,
        ),
        _more(len(shown) - _MOST_CODES, "code"),
        _meanings([each for each in shown[:_MOST_CODES] if not _has_examples(each, chapter)]),
    ]
    if chapter.places:
        parts += [
            _places(chapter.places_title, chapter.places[:_MOST_PLACES]),
            _more(len(chapter.places) - _MOST_PLACES, "place"),
        ]
    return _section("What was found", level, parts)


def ledgers(chapter: Chapter, *, level: int) -> Markup | None:
    """What became of labels, by class."""
    parts = [_ledger(each) for each in chapter.ledgers]
    return _section("Labels by class", level, parts) if parts else None


def classes(chapter: Chapter, *, level: int) -> Markup | None:
    """How many geometries there are of each class."""
    if not chapter.classes:
        return None
    rows = [(name(key or "(no class)"), f"{count:,}") for key, count in _top(chapter.classes)]
    numbers = table(chapter.classes_caption, ("class", "how many"), rows, numbers=1)
    more = _more(len(chapter.classes) - _MOST_CLASSES, "class")
    plot = bars("Geometries by class", chapter.classes, noun="classes", unit="geometries")
    if plot is None or len(chapter.classes) == 1:
        return _section(chapter.classes_title, level, [numbers])
    return _section(
        chapter.classes_title, level, [figure(plot), folded("The same in numbers", numbers, more)]
    )


def events(course: Course, *, level: int) -> Markup | None:
    """What happened when, but for what the plots show; the latest moments, in order of time."""
    moments = sorted(
        [
            *((each.at, _sentence_of(each.text)) for each in course.marks if each.kind != _DRAWN),
            *((each.at, _quiet(each)) for each in course.quiet if each.kind in _QUIET),
        ]
    )
    if not moments:
        return None
    rows = [(when(at), sentence(text)) for at, text in moments[-_MOST_MOMENTS:]]
    earlier = len(moments) - _MOST_MOMENTS
    note = element("p", f"{counted(earlier, 'earlier moment')} not shown.") if earlier > 0 else None
    return _section("What happened", level, [note, table("Moments of the run", ("when", "what"), rows)])


def particulars(known: Particulars, *, level: int) -> Markup | None:
    """Where from, where to, when, how; what was checked."""
    parts: list[Content] = []
    if known.facts:
        parts.append(facts_table("The run", [(key, _fact(value)) for key, value in known.facts]))
    if known.settings:
        parts.append(
            facts_table(
                "Settings that matter to what is on record, where they are not as by default",
                [(key, element("code", value)) for key, value in known.settings],
            )
        )
    for title, phrases in (("Checked", known.checked), ("Not checked", known.unchecked)):
        if phrases:
            items = [element("li", each) for each in phrases]
            parts += [element("p", f"{title}:"), element("ul", items)]
    return _section("Particulars", level, parts) if parts else None


def _section(title: str, level: int, parts: Sequence[Content]) -> Markup:
    return element("section", element(f"h{level}", title), "\n", [[each, "\n"] for each in parts if each])


def _drawn_findings(chapter: Chapter) -> Iterator[Markup]:
    """Errors and warnings as bars, where these differ in length; and where in the source rejections are."""
    told = {each.code: each for each in chapter.findings if each.severity != "note"}
    counts = {code: each.count for code, each in told.items()}
    if len(set(counts.values())) > 1:
        severities = {code: each.severity for code, each in told.items()}
        plot = bars("Errors and warnings", counts, noun="codes", unit="findings", severities=severities)
        yield from [] if plot is None else [figure(plot)]
    plot = places_plot(chapter.course, chapter.total)
    if plot is not None:
        yield figure(plot)
        yield numbers_of(plot)


def _has_examples(each: Found, chapter: Chapter) -> bool:
    return any(example.code == each.code for example in chapter.examples)


def _code(each: Found, chapter: Chapter) -> Content:
    code = element("code", each.code)
    return link(f"#{chapter.anchor}{each.code}", code) if _has_examples(each, chapter) else code


def _meanings(some: Sequence[Found]) -> Markup | None:
    """What codes mean and what to do; of those with examples that stands beside these."""
    if not some:
        return None
    pairs: list[Content] = [
        [
            element("dt", element("code", each.code)),
            element("dd", each.meaning, " ", sentence(each.advice)),
            "\n",
        ]
        for each in some
    ]
    return element("dl", "\n", pairs, class_="meanings")


def _places(title: str, places: Sequence[Place]) -> Markup:
    """Where findings are; the positions only where any is known."""
    has_first = any(each.first is not None for each in places)
    columns = ["code", "place", "found", "expected", *["first at position"] * has_first, "how many"]
    rows: list[Sequence[Content]] = [
        (
            element("code", each.code),
            element("code", each.path or "/"),
            name(each.found or "nothing"),
            each.expected,
            *["" if each.first is None else str(each.first)] * has_first,
            f"{each.count:,}",
        )
        for each in places
    ]
    return table(title, columns, rows, numbers=1 + has_first)


def _ledger(ledger: Ledger) -> list[Content]:
    read, left = sum(ledger.read.values()), sum(ledger.left_behind.values())
    columns = (ledger.read, ledger.carried, ledger.left_behind)
    rows: list[Sequence[Content]] = [
        (name(key or "(no class)"), *(f"{each.get(key, 0):,}" for each in columns))
        for key, _ in _top(ledger.read)
    ]
    account = f"{counted(read, ledger.unit)} read = {read - left:,} carried + {left:,} left behind."
    plot = bars("Carried, by class", ledger.carried, noun="classes", unit=f"{ledger.unit}s")
    return [
        element("p", account),
        figure(plot) if plot is not None and len(ledger.carried) > 1 else None,
        [element("p", each) for each in ledger.remarks],
        table(ledger.title, ("class", "read", "carried", "left behind"), rows, numbers=3),
        _more(len(ledger.read) - _MOST_CLASSES, "class"),
        _reasons(ledger),
    ]


def _reasons(ledger: Ledger) -> Content:
    if not ledger.reasons:
        return None
    rows = [(why, f"{count:,}") for why, count in ledger.reasons[:_MOST_REASONS]]
    more = _more(len(ledger.reasons) - _MOST_REASONS, "reason")
    return [table(f"{ledger.title}: why", ("reason", "how many"), rows, numbers=1), more]


def _top(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return nlargest(_MOST_CLASSES, counts.items(), key=lambda pair: pair[1])


def _more(count: int, noun: str) -> Markup | None:
    return element("p", f"And {counted(count, f'more {noun}')}.") if count > 0 else None


def _fact(value: str) -> Content:
    return element("code", value) if "/" in value and " " not in value else value


def _quiet(quiet: Quiet) -> str:
    what = _QUIET[quiet.kind]
    text = f"{what}: {quiet.reason}" if what and quiet.reason else what or quiet.reason
    seconds = 0.0 if quiet.until is None else quiet.until - quiet.at
    return _sentence_of(text) + (f" It lasted {duration(seconds)}." if seconds >= 1 else "")


def _sentence_of(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."
