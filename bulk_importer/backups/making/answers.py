"""Turns the classifications that a media or geometry holds into arrays of the import format. Pure.

An array has one place for what is below it, and there room for one classification (protocol 2.5, 2.7):
`["van", {"color": ["red"]}]`. A tree with values in several branches is said in several *sentences*, one for each
branch. The first says everything on its way; a later one leaves what was said alone, by null:
`[null, {"doors": ["4"]}]`. Those of the whole image can be sent one after the other (protocol 4.3); a geometry takes
the first alone, because each further entry would make another geometry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from bulk_importer.backups.making.held import HeldLabel
from bulk_importer.backups.making.lost import LostKind, Report
from bulk_importer.labels.findings import kind_of
from bulk_importer.labels.label_config import CLASSIFICATIONS, LabelClass
from bulk_importer.labels.pointers import step
from bulk_importer.labels.values import flaws_of_values, is_plain
from bulk_importer.model import Severity

__all__ = ["Answer", "Sentence", "answers_of", "sentences_of"]

Array: TypeAlias = list[object]


@dataclass(frozen=True, slots=True)
class Answer:
    """A classification of which something is set: itself (`texts`), or classifications below it.

    Attributes:
        below: in the order of their keys, none of them empty.
    """

    held: HeldLabel
    key: str
    texts: tuple[str, ...]
    below: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One array, and the values that it sets, each with its pointer relative to the array."""

    array: Array
    sets: tuple[tuple[str, HeldLabel], ...]


def answers_of(
    held: Iterable[HeldLabel], classes: Sequence[LabelClass], at: str, report: Report
) -> Iterator[Answer]:
    """What is answered among these classifications, in the order of their keys; `report` hears of the rest.

    Args:
        classes: those that may stand here.
        at: the pointer of the object that their arrays stand in.
    """
    by_key: dict[str, list[HeldLabel]] = {}
    for each in held:
        by_key.setdefault(each.entry_key_lc_entry, []).append(each)
    for label in classes:
        if label.type in CLASSIFICATIONS and label.key in by_key:
            oldest, *others = sorted(by_key.pop(label.key), key=lambda each: each.timestamp)
            for other in others:
                report.add(LostKind.TWICE, step(at, label.key), other)
            answer = _answer(oldest, label, step(at, label.key), report)
            if answer is not None:
                yield answer
    for key, unknown in by_key.items():
        for each in unknown:
            report.add(LostKind.UNFIT, step(at, key), each, "the label configuration has no such class here")


def _answer(held: HeldLabel, label: LabelClass, at: str, report: Report) -> Answer | None:
    if held.entry_type_lc_entry != label.type:
        report.add(LostKind.UNFIT, at, held, f"the label configuration has a {label.type} here")
        return None
    texts, why = held.texts, _unfit(list(held.texts), label)
    if why:
        report.add(LostKind.UNFIT, at, msgspec.structs.replace(held, children=None), why)
        texts = ()
    below = tuple(answers_of(held.children or (), label.children, f"{at}/1", report))
    return Answer(held, label.key, texts, below) if texts or below else None


def _unfit(texts: list[object], label: LabelClass) -> str:
    """Why an import would refuse these values; empty where it would not."""
    if not texts or is_plain(texts, label):
        return ""
    for flaw in flaws_of_values(texts, label, ""):
        if kind_of(flaw.code).severity is Severity.ERROR:
            return f"{flaw.code}: expected {flaw.expected}, found {flaw.found}"
    return ""


def sentences_of(answer: Answer) -> list[Sentence]:
    """The arrays that say all of an answer, in the order in which they must be sent."""
    own = (("", answer.held),) if answer.texts else ()
    if not answer.below:
        return [Sentence([*answer.texts], own)]
    found: list[Sentence] = []
    for child in answer.below:
        for sentence in sentences_of(child):
            here = step("/1", child.key)
            sets = tuple((here + pointer, held) for pointer, held in sentence.sets)
            inner = {child.key: sentence.array}
            if found:
                found.append(Sentence([None, inner], sets))
            else:
                found.append(Sentence([*(answer.texts[:1] or (None,)), inner, *answer.texts[1:]], own + sets))
    return found
