"""Writes the pictures of rejected entries, each with what is wrong with it and where it stands.

Pure. By code, the most frequent first, so many of each that the page stays small: `chosen` says which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Protocol, TypeVar

from bulk_importer.observe.drawing.excerpts import Excerpt
from bulk_importer.observe.markup import Content, Markup, element, link, name
from bulk_importer.observe.report.values import Chapter, Example, Found
from bulk_importer.observe.report.verdict import sentence
from bulk_importer.readable import counted

__all__ = ["MOST_EXAMPLES", "MOST_OF_A_CODE", "chosen", "examples"]

MOST_EXAMPLES = 40
MOST_OF_A_CODE = 3
_MOST_FINDINGS = 12
_LONGEST_VALUE = 300


class _OfCode(Protocol):
    @property
    def code(self) -> str: ...


_T = TypeVar("_T", bound=_OfCode)


def chosen(examples: Sequence[_T], counts: Mapping[str, int], *, most: int = MOST_EXAMPLES) -> list[_T]:
    """Those that are shown: of each code as many as there is room for, the most frequent codes first.

    Args:
        counts: how often each code was found.
    """
    of_code: dict[str, list[_T]] = defaultdict(list)
    for each in examples:
        of_code[each.code].append(each)
    codes = sorted(of_code, key=lambda code: (-counts.get(code, 0), code))[:most]
    of_each = max(1, min(MOST_OF_A_CODE, most // max(1, len(codes))))
    return [each for code in codes for each in of_code[code][:of_each]]


def examples(chapter: Chapter, *, level: int, most: int = MOST_EXAMPLES) -> Markup | None:
    """By code, so many of them at most."""
    if not chapter.examples:
        return None
    kinds = {each.code: each for each in chapter.findings}
    shown = chosen(chapter.examples, {code: each.count for code, each in kinds.items()}, most=most)
    groups: dict[str, list[Example]] = defaultdict(list)
    for each in shown:
        groups[each.code].append(each)
    return element(
        "section",
        element(f"h{level}", chapter.examples_title),
        "\n",
        [_group(chapter.anchor, some, kinds.get(code), level + 1) for code, some in groups.items()],
        class_="examples",
    )


def _group(anchor: str, some: Sequence[Example], kind: Found | None, level: int) -> Markup:
    code = some[0].code
    parts: list[Content] = [element(f"h{level}", element("code", code))]
    if kind is not None:
        parts.append(element("p", kind.meaning, " ", element("strong", sentence(kind.advice))))
    parts += [_article(each, level + 1) for each in some]
    if kind is not None and kind.count > len(some):
        parts.append(element("p", f"{kind.count - len(some):,} more of these.", class_="more"))
    return element("section", [[each, "\n"] for each in parts], id=f"{anchor}{code}")


def _article(each: Example, level: int) -> Markup:
    title: list[Content] = [f"Position {each.position}"]
    if each.media_id:
        title += [", media ", name(each.media_id)]
    said = element("div", *_said(each), class_="said")
    return element("article", element(f"h{level}", title), _figure(each), said)


def _figure(each: Example) -> Markup | None:
    if each.picture is None:
        return None
    return element("figure", Markup(each.picture.svg))


def _said(each: Example) -> Iterator[Content]:
    found = list(zip_longest(each.findings[:_MOST_FINDINGS], each.places[:_MOST_FINDINGS]))
    yield element(
        "ol", [element("li", *_finding(it, each.code), _marked(place)) for it, place in found if it]
    )
    if len(each.findings) > _MOST_FINDINGS:
        yield element("p", f"And {counted(len(each.findings) - _MOST_FINDINGS, 'more finding')}.")
    if place := list(_place(each)):
        yield element("p", *place, class_="place")
    if each.excerpt:
        shown = element("pre", element("code", each.excerpt))
        yield element("details", element("summary", "As it was written"), shown)


def _finding(found: Mapping[str, Any], code: str) -> Iterator[Content]:
    """One finding; the advice stands above, where it is the one of all that are shown there."""
    yield element("strong", str(found.get("code", "")))
    yield [" at ", element("code", _cut(found.get("pointer") or "/"))]
    if found.get("found"):
        yield [": found ", element("code", _cut(found["found"]))]
    if found.get("expected"):
        yield [", expected ", _cut(found["expected"])]
    yield "."
    if found.get("code") != code and found.get("advice"):
        yield [" ", element("em", _cut(found["advice"]))]


def _marked(place: Excerpt | None) -> Markup | None:
    """The text around what is wrong, which is marked."""
    if place is None:
        return None
    shown = element("code", place.before, element("mark", place.wrong), place.after)
    return element("p", shown, class_="excerpt")


def _place(each: Example) -> Iterator[Content]:
    if each.offset is not None:
        yield f"Byte {each.offset} of the source{', ' if each.href else '.'}"
    if each.href:
        words = "rejected.jsonl" if each.line is None else f"line {each.line} of rejected.jsonl"
        yield [link(each.href, words), "."]


def _cut(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
