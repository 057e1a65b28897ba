"""Writes the head of a chapter: did it work, what is missing, what to do now.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bulk_importer.observe.markup import Content, Markup, element, name
from bulk_importer.observe.outcome import Step
from bulk_importer.observe.report.values import Chapter, Count
from bulk_importer.observe.wording import capitalized

__all__ = ["head", "missing", "sentence", "steps"]

_COMMAND = re.compile(r"'(bulk-importer [^']+)'")


def head(chapter: Chapter, *, level: int) -> Markup:
    """How it stands, of what, and what became of the entries.

    Args:
        level: of the heading, 1 where the page has one chapter.
    """
    verdict = chapter.verdict
    sign = element("span", verdict.sign, " ", verdict.word, class_=f"badge {verdict.name.lower()}")
    parts: list[Content] = [
        element("p", sign, class_="verdict"),
        element(
            f"h{level}", chapter.headline if level == 1 else [name(chapter.name), ": ", chapter.headline]
        ),
        element("p", capitalized(chapter.outcome), ".", class_="outcome"),
        element("p", chapter.route, class_="route"),
    ]
    if chapter.message:
        parts.append(element("p", sentence(capitalized(chapter.message)), class_="message"))
    if chapter.counts:
        parts.append(element("dl", *map(_tile, chapter.counts), class_="counts"))
    return element("header", "\n", _lines(parts))


def missing(chapter: Chapter, *, level: int) -> Markup | None:
    """What is not there as it should be; nothing where nobody knows."""
    if chapter.missing is None:
        return None
    if chapter.missing:
        said = element("ul", _lines(element("li", sentence(each)) for each in chapter.missing))
    else:
        said = element("p", "Nothing.")
    title = element(f"h{level}", chapter.missing_title)
    return element("section", title, "\n", said, "\n", class_="missing")


def steps(title: str, todo: Sequence[Step], *, level: int) -> Markup | None:
    """What to look at and to do, in order."""
    if not todo:
        return None
    items = [element("li", _step(each)) for each in todo]
    return element("section", element(f"h{level}", title), "\n", element("ol", _lines(items)), class_="steps")


def sentence(text: str) -> Content:
    """A sentence in which the commands that it quotes stand out."""
    pieces = _COMMAND.split(text)
    return [element("code", each) if at % 2 else each for at, each in enumerate(pieces)]


def _step(step: Step) -> Iterator[Content]:
    yield sentence(step.text)
    if step.path:
        yield [": ", element("code", step.path)]
    if step.command:
        yield element("pre", element("code", step.command))


def _tile(count: Count) -> Markup:
    kind = "bad" if count.is_bad and count.number else None
    return element("div", element("dt", count.word), element("dd", f"{count.number:,}"), class_=kind)


def _lines(parts: Iterator[Markup] | Sequence[Content]) -> Content:
    return [[each, "\n"] for each in parts]
