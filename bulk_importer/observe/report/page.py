"""Puts a report together: a page of one chapter, or of several behind a table of them.

Pure, but for the zone of this machine, in which moments are written.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bulk_importer.observe.markup import Content, Markup, document, element, link, name, table
from bulk_importer.observe.report.course import course, when
from bulk_importer.observe.report.examples import MOST_EXAMPLES, examples
from bulk_importer.observe.report.looks import icon, style
from bulk_importer.observe.report.particulars import classes, events, findings, ledgers, particulars
from bulk_importer.observe.report.tables import tables
from bulk_importer.observe.report.values import Chapter, Verdict
from bulk_importer.observe.report.verdict import head, missing, steps
from bulk_importer.readable import counted

__all__ = ["report_page"]

_MOST_CHAPTERS = 12
"""In full, those first that went worst; of the others the table says how they stand."""
_WORST = (Verdict.FAILED, Verdict.GOING, Verdict.PARTLY, Verdict.DONE)
_WORDS = (
    ("delivered", "rejected", "unconfirmed", "not sent yet"),
    ("entries", "could be sent", "would be rejected"),
)
"""Counts that the table of all sources has columns for: of imports, and of checks."""


def report_page(
    chapters: Sequence[Chapter], *, at: float, version: str, image_hosts: Sequence[str] = ()
) -> str:
    """The text of the page.

    Args:
        chapters: one for each source, at least one.
        at: when it is made, in seconds since 1970.
        version: of the program.
        image_hosts: origins that pictures of media may come from.
    """
    verdict = next(each for each in _WORST if each in {chapter.verdict for chapter in chapters})
    first = chapters[0]
    title = f"{first.headline}: {first.name}"
    body = _chapter(first, level=1)
    if len(chapters) > 1:
        title = f"{verdict.word}: {counted(len(chapters), 'source')}"
        body = _several(chapters, title)
    foot = element("footer", element("p", f"Written by bulk-importer {version} at ", when(at), "."))
    return document(
        f"{verdict.sign} {title}",
        element("main", "\n", body),
        "\n",
        foot,
        style=style(),
        icon=icon(verdict),
        image_hosts=image_hosts,
    )


def _several(chapters: Sequence[Chapter], title: str) -> Content:
    worst = sorted(range(len(chapters)), key=lambda at: _WORST.index(chapters[at].verdict))
    shown = sorted(worst[:_MOST_CHAPTERS])
    known = {count.word for chapter in chapters for count in chapter.counts}
    words = next((each for each in _WORDS if known.intersection(each) - {"entries"}), _WORDS[0])
    rows = [_row(chapter, words, at + 1 if at in shown else None) for at, chapter in enumerate(chapters)]
    most = max(1, MOST_EXAMPLES // len(shown))
    full = [
        element(
            "section",
            _chapter(replace(chapters[at], anchor=f"{at + 1}-"), level=2, most=most),
            id=f"source-{at + 1}",
            class_="chapter",
        )
        for at in shown
    ]
    return [
        element("h1", title[:1].upper() + title[1:]),
        table("All sources", ("source", "how it stands", *words), rows, numbers=len(words)),
        [[each, "\n"] for each in full],
    ]


def _row(chapter: Chapter, words: Sequence[str], number: int | None) -> tuple[Content, ...]:
    numbers = {each.word: each.number for each in chapter.counts}
    shown: Content = name(chapter.name)
    if number is not None:
        shown = link(f"#source-{number}", shown)
    return (
        shown,
        f"{chapter.verdict.sign} {chapter.headline}",
        *(f"{numbers.get(it, 0):,}" for it in words),
    )


def _chapter(chapter: Chapter, *, level: int, most: int = MOST_EXAMPLES) -> Content:
    below = level + 1
    parts: Sequence[Markup | None] = (
        head(chapter, level=level),
        missing(chapter, level=below),
        steps("What to do now", chapter.steps, level=below),
        ledgers(chapter, level=below),
        steps("What the media held before", chapter.kept, level=below),
        tables(chapter, level=below),
        course(chapter, level=below),
        findings(chapter, level=below),
        examples(chapter, level=below, most=most),
        classes(chapter, level=below),
        events(chapter.course, level=below),
        particulars(chapter.particulars, level=below),
    )
    return [[each, "\n"] for each in parts if each is not None]
