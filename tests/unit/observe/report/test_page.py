"""The report as a page: what a person wants to know, in that order, safe and small."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

from msgspec.structs import replace

from bulk_importer.observe.drawing.pictures import picture_of
from bulk_importer.observe.outcome import Step
from bulk_importer.observe.report import (
    Chapter,
    Count,
    Example,
    Found,
    Ledger,
    Particulars,
    Place,
    Verdict,
    report_page,
)
from bulk_importer.observe.timeline.values import Course, Mark, Quiet

NASTY = "<script>alert('1')</script>\u202e\x00\"&"
FINDING = {
    "code": "class-unknown",
    "severity": "error",
    "position": 7,
    "offset": 700,
    "media_id": "m7",
    "pointer": "/labels/bycicle",
    "expected": "one of 'bus'",
    "found": '"bycicle"',
    "advice": "Correct the key.",
}
FOUND = Found(
    code="class-unknown", severity="error", count=9, meaning="There is no such class.", advice="Fix it."
)
ENTRY = {
    "internal_media_ID": "m7",
    "labels": {"bycicle": [{"rectangle": [{"x": 1, "y": 2, "w": 30, "h": 40}]}]},
}
EXAMPLE = Example(
    code="class-unknown",
    position=7,
    offset=700,
    media_id="m7",
    findings=[FINDING],
    picture=picture_of(ENTRY, [FINDING]),
    excerpt='{"labels": {"bycicle": []}}',
    line=3,
    href="rejected.jsonl#:~:text=%22position%22%3A7%2C",
)
CHAPTER = Chapter(
    name="labels.json",
    verdict=Verdict.PARTLY,
    headline="Complete",
    outcome="90 of 99 entries delivered, 9 rejected",
    route="labels.json -> project demo at https://gym.test",
    message="it went on for long",
    counts=[Count("entries", 99), Count("delivered", 90), Count("rejected", 9, is_bad=True)],
    missing=["9 entries were rejected."],
    steps=[Step("To send them again, run", command="bulk-importer retry x C.jsonl"), Step("See", path="a/b")],
    kept=[Step("To take it back", command="bulk-importer undo x")],
    ledgers=[
        Ledger(title="By class", unit="label", read={"car": 3}, carried={"car": 2}, left_behind={"car": 1})
    ],
    course=Course(
        marks=(
            Mark(kind="limits", at=1000.0, text="page set the limits"),
            Mark(kind="gate", at=1.0, text="hidden"),
        ),
        quiet=(Quiet(kind="paused", at=500.0, until=600.0, reason="Paused by eve."),),
    ),
    findings=[FOUND, Found(code="odd", severity="note", count=1, meaning="M.", advice="A.")],
    places=[Place(code="class-unknown", path="/labels/*", found="x", expected="y", count=9, first=7)],
    examples=[EXAMPLE],
    particulars=Particulars(
        facts=[("source", "labels.json")], settings=[("--media-by", "name")], checked=["it"]
    ),
)


class Reader(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def headings(self) -> list[str]:
        """The levels of the headings, in order."""
        return [tag for tag, _ in self.tags if re.fullmatch("h[1-6]", tag)]


def page_of(*chapters: Chapter) -> str:
    """The text of a page."""
    return report_page(chapters, at=0.0, version="1.2.3")


def test_it_says_what_a_person_wants_to_know_in_that_order() -> None:
    text = Reader(page_of(CHAPTER).split("<main>")[1]).text
    told = [
        "needs a look",
        "Complete",
        "90 of 99 entries delivered, 9 rejected.",
        "It went on for long",
        "What is missing",
        "9 entries were rejected.",
        "What to do now",
        "bulk-importer retry x C.jsonl",
        "Labels by class",
        "3 labels read = 2 carried + 1 left behind.",
        "bulk-importer undo x",
        "What was found",
        "Rejected entries",
        "There is no such class.",
        "Position 7, media m7",
        "8 more of these.",
        "What happened",
        "Paused by eve. It lasted 1 min 40 s.",
        "Page set the limits",
        "Particulars",
        "--media-by",
        "Written by bulk-importer 1.2.3",
    ]
    places = [text.index(each) for each in told]
    assert places == sorted(places)
    assert "hidden" not in text  # what the gate did is drawn


def test_headings_are_in_steps_and_there_is_one_main_part() -> None:
    for page in (page_of(CHAPTER), page_of(CHAPTER, CHAPTER)):
        levels = [int(each[1]) for each in Reader(page).headings()]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
        assert [tag for tag, _ in Reader(page).tags].count("main") == 1


def test_names_of_strangers_are_texts_everywhere() -> None:
    """Whatever they call a class, a media, a file or a reason: no element is made of it, and none is hidden by it."""
    finding = dict.fromkeys(FINDING, NASTY) | {"severity": "error"}
    nasty = Chapter(
        name=NASTY,
        verdict=Verdict.FAILED,
        headline="Failed",
        outcome=NASTY,
        route=NASTY,
        message=NASTY,
        missing=[NASTY],
        steps=[Step(NASTY, path=NASTY, command=NASTY)],
        ledgers=[
            Ledger(
                title=NASTY, unit="label", read={NASTY: 1}, carried={}, left_behind={}, reasons=[(NASTY, 1)]
            )
        ],
        classes={NASTY: 1},
        course=Course(marks=(Mark(kind="stop", at=1.0, text=NASTY),)),
        findings=[Found(code=NASTY, severity=NASTY, count=1, meaning=NASTY, advice=NASTY)],
        places=[Place(code=NASTY, path=NASTY, found=NASTY, expected=NASTY, count=1)],
        examples=[
            replace(
                EXAMPLE,
                code=NASTY,
                media_id=NASTY,
                findings=[finding],
                excerpt=NASTY,
                href=f"javascript:{NASTY}",
            )
        ],
        particulars=Particulars(facts=[(NASTY, NASTY)], settings=[(NASTY, NASTY)], checked=[NASTY]),
    )
    page = page_of(nasty, nasty)
    read = Reader(page)
    assert "script" not in {tag for tag, _ in read.tags}
    assert not [value for _, each in read.tags for key, value in each.items() if key.startswith("on")]
    assert "\u202e" not in page
    assert "\x00" not in page
    assert "javascript:" not in {str(each.get("href", ""))[:11] for _, each in read.tags}


def test_nothing_is_loaded_and_nothing_needs_a_style_or_a_script() -> None:
    page = page_of(CHAPTER)
    assert " style=" not in page
    assert "<script" not in page
    assert not re.search(r'(?:src|xlink:href|url)[=(]"?(?!data:)', page.split("</style>")[1])
    assert re.findall(r"https?://(?!www\.w3\.org)[^\s\"'<]*", page) == [
        "https://gym.test"
    ]  # a text, and no link


def test_it_is_small_however_much_there_is_to_say() -> None:
    many = 5_000
    chapter = replace(
        CHAPTER,
        ledgers=[
            Ledger(
                title="By class",
                unit="label",
                read={f"class {n}": n for n in range(many)},
                carried={},
                left_behind={},
                reasons=[(f"reason {n}", 1) for n in range(many)],
            )
        ],
        classes={f"class {n}": n for n in range(many)},
        course=Course(marks=tuple(Mark(kind="limits", at=float(n), text="set") for n in range(many))),
        findings=[replace(FOUND, code=f"code-{n}") for n in range(many)],
        places=[*CHAPTER.places] * many,
        examples=[replace(EXAMPLE, code=f"code-{n % 900}", position=n) for n in range(many)],
    )
    page = page_of(*[chapter] * 30)
    assert len(page) < 1_500_000
    assert page.count("<article") <= 12 * 3
    alone = page_of(chapter)
    assert len(alone) < 300_000
    assert alone.count("<article") == 40
    assert "4,940 more classes" in alone


def test_several_sources_have_a_table_that_leads_to_each() -> None:
    failed = replace(CHAPTER, verdict=Verdict.FAILED, name="other.json", headline="Failed")
    page = page_of(CHAPTER, failed)
    assert "<title>\N{MULTIPLICATION X} failed: 2 sources</title>" in page
    assert 'href="#source-2"' in page
    assert 'id="source-2"' in page
    assert "<h2><bdi>other.json</bdi>: Failed</h2>" in page


def test_of_many_sources_those_that_went_worst_are_shown_in_full() -> None:
    """Whatever their places; the table has all."""
    failed = replace(CHAPTER, verdict=Verdict.FAILED, name="last.json", headline="Failed")
    done = replace(CHAPTER, verdict=Verdict.DONE, name="first.json", headline="Complete")
    page = page_of(*[done] * 30, failed)
    assert 'href="#source-31"' in page
    assert "<h2><bdi>last.json</bdi>: Failed</h2>" in page
    assert page.count(": Complete</h2>") == 11
    assert page.count("Complete</td>") == 30


def test_identifiers_are_there_once() -> None:
    page = page_of(CHAPTER, CHAPTER)
    found = re.findall(r' id="([^"]*)"', page)
    assert len(found) == len(set(found)), found
