"""What a report is made of: a chapter for each source, whatever was done with it.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import msgspec

from bulk_importer.observe.drawing.excerpts import Excerpt
from bulk_importer.observe.drawing.pictures import Picture
from bulk_importer.observe.outcome import Step
from bulk_importer.observe.timeline.values import Course

__all__ = ["Chapter", "Count", "Example", "Found", "Ledger", "Particulars", "Place", "Table", "Verdict"]


class Verdict(Enum):
    """Whether it worked, as a sign and a word that do not need a colour."""

    DONE = ("\N{CHECK MARK}", "all well")
    PARTLY = ("!", "needs a look")
    FAILED = ("\N{MULTIPLICATION X}", "failed")
    GOING = ("\N{HORIZONTAL ELLIPSIS}", "running")

    @property
    def sign(self) -> str:
        """One character."""
        return self.value[0]

    @property
    def word(self) -> str:
        """A word or two."""
        return self.value[1]


class Count(msgspec.Struct, frozen=True):
    """How many of something, as in `rejected`; `is_bad` where it asks for something to be done."""

    word: str
    number: int
    is_bad: bool = False


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of finding: how often, what it means, and what to do.

    Attributes:
        severity: `error`, `warning` or `note`.
    """

    code: str
    severity: str
    count: int
    meaning: str
    advice: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of one kind at one place, with one value.

    Attributes:
        path: the place in the label configuration, or in the source.
        first: the position of the first of them; None where that is not known.
    """

    code: str
    path: str
    found: str
    expected: str
    count: int
    first: int | None = None


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One rejected entry.

    Attributes:
        code: the finding that it is an example of, one of `findings`.
        offset: byte of the (unpacked) source that it begins at; None where that is not known.
        findings: as in a line of `rejected.jsonl`.
        places: of each finding its place in the text of the entry; None where there is none to show.
        excerpt: some of it as it was written, for people.
        line: of `rejected.jsonl`, from 1; None where it is not there, or was not counted.
        href: where that line is; empty where it is nowhere.
    """

    code: str
    position: int
    offset: int | None = None
    media_id: str | None = None
    findings: Sequence[Mapping[str, Any]] = ()
    picture: Picture | None = None
    places: Sequence[Excerpt | None] = ()
    excerpt: str = ""
    line: int | None = None
    href: str = ""


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """An account by class: what was read is what was carried and what was left behind.

    Attributes:
        title: of the account.
        unit: what is counted, as `label`.
        remarks: what is to be said besides, a sentence each.
        reasons: why something was left behind or altered, and how often.
    """

    title: str
    unit: str
    read: Mapping[str, int]
    carried: Mapping[str, int]
    left_behind: Mapping[str, int]
    remarks: Sequence[str] = ()
    reasons: Sequence[tuple[str, int]] = ()


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What a chapter says of the parts of its source.

    Attributes:
        title: of the section; `caption` of the table.
        columns: the headings, of which the last `numbers` are of numbers.
        note: what is to be said below, in a sentence; empty: nothing.
    """

    title: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: int = 0
    note: str = ""


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    """What else is to be known, by what it is called.

    Attributes:
        facts: where from, where to, when, by which version.
        settings: those that are not as they are by default, as far as that is on record.
        checked, unchecked: what entries were held against and what not, a phrase each.
    """

    facts: Sequence[tuple[str, str]] = ()
    settings: Sequence[tuple[str, str]] = ()
    checked: Sequence[str] = ()
    unchecked: Sequence[str] = ()


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """All that a report says of one source.

    Attributes:
        name: what people call the source.
        anchor: what its anchors begin with, where there are several chapters.
        headline: how it stands, in a few words; `outcome` in a phrase, `message` why, in a sentence.
        route: from where to where.
        counts: what became of the entries.
        missing: what is not there as it should be, a sentence each, under this title; None where that is not known.
        steps: what to do now.
        kept: what is known of labels that were replaced, and how they come back.
        ledgers: what became of labels, by class.
        classes: geometries by class, where they were counted; under this title, and in a table of this one.
        places: where findings are, the most frequent first; under this title.
        tables: of the parts of the source, where it was divided.
        total: entries in all, exact or guessed; None where that is unknown.
        examples: in any order; under this title.
    """

    name: str
    anchor: str = ""
    verdict: Verdict
    headline: str
    outcome: str
    route: str
    message: str = ""
    counts: Sequence[Count] = ()
    missing_title: str = "What is missing"
    missing: Sequence[str] | None = None
    steps: Sequence[Step] = ()
    kept: Sequence[Step] = ()
    ledgers: Sequence[Ledger] = ()
    classes_title: str = "What would be sent"
    classes_caption: str = "Geometries that an import would send, by class"
    classes: Mapping[str, int] = {}
    course: Course = Course()
    tables: Sequence[Table] = ()
    total: int | None = None
    findings: Sequence[Found] = ()
    places_title: str = "Where, the most frequent first"
    places: Sequence[Place] = ()
    examples_title: str = "Rejected entries"
    examples: Sequence[Example] = ()
    particulars: Particulars = Particulars()
