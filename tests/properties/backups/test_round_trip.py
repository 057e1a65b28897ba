"""Whatever a media holds, its entries leave the same on a server, but for what they say is lost.

The labels are those that people can make: any tree that fits the configuration, and much that does not. They are told
as the server tells them, and imported as the server imports, by the sandbox, which shares no code with what makes
entries of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.backups.making.comparing import differences
from bulk_importer.backups.making.entries import EntryMaker, MadeEntry, MediaTask
from bulk_importer.backups.making.held import HeldLabel
from bulk_importer.sandbox.schema.body import RefusedBody, read_body
from bulk_importer.sandbox.views.values import ValueViews
from bulk_importer.sandbox.world.classes import ClassType, LabelClass, LabelConfig
from bulk_importer.sandbox.world.ids import Ids
from bulk_importer.sandbox.world.label_writer import LabelWriter
from bulk_importer.sandbox.world.semantics import read_json
from bulk_importer.sandbox.world.values import MediaLabels, Value
from support.backups.held import CLASSES, CONFIG
from support.profiles import examples

_TASK = MediaTask("m", "t", "BACKLOG")
_NUMBERS = st.one_of(
    st.floats(0, allow_infinity=False, allow_nan=False), st.sampled_from([0.1, 1e23, 5e-324, -1.0, None])
)
_TEXTS = st.sampled_from(["yes", "no", "city", "night", "perhaps", "", "longer than eight"])
_numbers_of_classes = count(1)


def _class_of(given: dict[str, Any]) -> LabelClass:
    return LabelClass(
        number=next(_numbers_of_classes),
        key=given["entryKey"],
        title=given["entryValue"],
        type=ClassType(given["type"]),
        stamp_ms=0,
        max_length=given.get("maxLength"),
        options=given.get("options", {}),
        children=[_class_of(child) for child in given["children"]],
    )


_SERVER_CONFIG = LabelConfig(changed_ms=0, roots=[_class_of(each) for each in CLASSES])
_VIEWS = ValueViews(Ids(1), 1, 1, 1, _SERVER_CONFIG.by_number())


class _Store:
    """One media of one task."""

    def __init__(self) -> None:
        self._labels = MediaLabels()

    def default_tasks(self, media_id: str) -> Sequence[int]:
        return [1] if media_id == "m" else []

    def labels(self, task: int) -> MediaLabels:
        assert task == 1
        return self._labels

    def mark_uploaded(self, task: int) -> None:
        assert task == 1


@st.composite
def _values(draw: st.DrawFn, label: LabelClass) -> Value:
    """A value of a class, as a person may leave it, and what may hang on it."""
    numbers: list[float | None] = []
    texts: list[str] = []
    match label.type:
        case ClassType.RECTANGLE:
            numbers = draw(st.lists(_NUMBERS, min_size=4, max_size=4))
        case ClassType.POINT:
            numbers = draw(st.lists(_NUMBERS, min_size=2, max_size=2))
        case ClassType.LINE | ClassType.POLYGON:
            numbers = draw(st.lists(_NUMBERS, max_size=5).map(lambda some: some + some))
        case ClassType.CHECKLIST:
            texts = draw(st.lists(_TEXTS, max_size=3, unique=True))
        case ClassType.SELECT | ClassType.FREETEXT:
            texts = draw(st.lists(_TEXTS, max_size=1))
        case ClassType.IMAGE_SEGMENTATION:
            pass
    children: list[Value] = []
    for child in label.children:
        many = 2 if child.type.is_geometry else 1
        children += draw(st.lists(_values(child), max_size=many))
    time = draw(st.integers(0, 9))
    value = Value(draw(st.integers(1, 1 << 20)), label.number, time, True, False, numbers, texts, children)
    value.valid = draw(st.booleans())
    return value


@st.composite
def _media(draw: st.DrawFn) -> list[HeldLabel]:
    """What a media holds, as the server tells it."""
    held: list[Value] = []
    for root in _SERVER_CONFIG.roots:
        held += draw(st.lists(_values(root), max_size=1 if root.type.is_classification else 2))
    told = json.dumps([_VIEWS.value(value, None) for value in held])
    return msgspec.json.decode(told, type=list[HeldLabel])


def _imported(entries: Sequence[MadeEntry]) -> list[HeldLabel]:
    """What the server tells after it has imported the entries."""
    store, writer = _Store(), LabelWriter(1, by_token=True)
    body = read_body(msgspec.json.encode(entries))
    assert not isinstance(body, RefusedBody), body
    read_json(body, _SERVER_CONFIG, store, writer)
    told = json.dumps([_VIEWS.value(value, None) for value in store.labels(1).roots])
    return msgspec.json.decode(told, type=list[HeldLabel])


def _labels(held: Sequence[HeldLabel]) -> int:
    """How many labels that say anything are in these trees."""
    return sum(
        (not each.is_classification or bool(each.texts)) + _labels(each.children or ()) for each in held
    )


@settings(max_examples=examples(40))
@given(_media())
def test_entries_leave_what_was_there_and_tell_of_every_label_that_they_do_not(held: list[HeldLabel]) -> None:
    """Equal after a round trip, to the last bit; and no label is neither in an entry nor told to be lost."""
    maker = EntryMaker(CONFIG)
    entries = maker.entries(_TASK, held)
    again = maker.entries(_TASK, _imported(entries))
    assert not again[0].backup.lost
    assert differences(_without_lost(entries), again) == []
    there = sum(len(entry.backup.values) for entry in entries)
    lost = [each.held for each in entries[0].backup.lost if not each.kind.is_in_entry]
    assert there + _labels(lost) == _labels(held)


def _without_lost(entries: Sequence[MadeEntry]) -> list[MadeEntry]:
    return [
        msgspec.structs.replace(entry, backup=msgspec.structs.replace(entry.backup, lost=()))
        for entry in entries
    ]
