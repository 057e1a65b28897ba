"""What a label configuration lacks of another is said class by class, and what differs without harm as well."""

from __future__ import annotations

from typing import Any

import pytest

from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.labels.comparison.differences import Difference, Kind, differences, renamed
from bulk_importer.labels.label_config import LabelConfig, read_label_config


def label_class(key: str, kind: str = "POLYGON", *below: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A class as the server writes it."""
    return {"entryKey": key, "entryValue": key.title(), "type": kind, "children": list(below), **more}


def config(*classes: dict[str, Any]) -> LabelConfig:
    return read_label_config(list(classes)) if classes else LabelConfig(())


def select(key: str, *options: str, **more: Any) -> dict[str, Any]:
    return label_class(key, "SELECT", options={each: each for each in options}, **more)


CAR = label_class("car", "POLYGON", select("colour", "red", "blue"))


@pytest.mark.parametrize(
    ("wanted", "there", "kind", "matters", "is_addable"),
    [
        (CAR, [], Kind.MISSING, True, True),
        (CAR, [label_class("car")], Kind.MISSING, True, True),
        (CAR, [label_class("car", "LINE")], Kind.TYPE, True, False),
        (CAR, [label_class("car", "POLYGON", select("colour", "red"))], Kind.OPTIONS, True, True),
        (CAR, [label_class("bus", "POLYGON", CAR)], Kind.ELSEWHERE, True, True),
        (
            label_class("car", "POLYGON", label_class("wheel")),
            [label_class("car", "POLYGON", label_class("axle", "LINE", label_class("wheel")))],
            Kind.ELSEWHERE,
            True,
            False,
        ),
        (
            label_class("a", "FREETEXT", maxLength=9),
            [label_class("a", "FREETEXT", maxLength=8)],
            "length",
            True,
            False,
        ),
        (
            label_class("a", "FREETEXT", maxLength=8),
            [label_class("a", "FREETEXT", maxLength=9)],
            "length",
            False,
            False,
        ),
        (select("a", "x"), [select("a", "x", required=True)], Kind.REQUIRED, True, False),
        (select("a", "x", required=True), [select("a", "x")], Kind.REQUIRED, False, False),
    ],
)
def test_each_kind_of_difference_is_told(
    wanted: dict[str, Any], there: list[dict[str, Any]], kind: str, matters: bool, is_addable: bool
) -> None:
    [found] = differences(config(wanted), config(*there))
    assert (found.kind, found.matters, found.is_addable) == (kind, matters, is_addable)


def test_what_only_the_other_has_is_none_unless_it_is_required() -> None:
    """Then a task lacks a value when all labels are there."""
    there = config(
        label_class("car", "POLYGON", select("colour", "red", "blue", "green")), label_class("bus")
    )
    assert differences(config(CAR), there) == []
    there = config(CAR, select("weather", "sunny", required=True))
    assert differences(config(CAR), there) == [
        Difference(path="weather", kind=Kind.REQUIRED, wanted="no such class", there="required")
    ]


def test_of_a_flat_list_places_and_options_are_not_known() -> None:
    """A class is looked for anywhere, and nothing can be added by it."""
    flat = read_label_config(
        [
            {"class_name": "colour", "classification_type": "radio"},
            {"class_name": "car", "geometry_type": "line"},
            {"class_name": "bus", "geometry_type": "line"},
        ]
    )
    found = differences(flat, config(CAR))
    assert [(each.path, each.kind, each.is_addable) for each in found] == [
        ("bus", Kind.MISSING, False),
        ("car", Kind.TYPE, False),
    ]


def test_a_class_map_gives_classes_their_names_in_the_other_project() -> None:
    """Several may become one; what is left out is left out with all below it."""
    names = ClassMap(
        classes={"van": "car", "bike": None},
        attributes={"colour": "paint", "car.plate": None},
        options={"colour": {"red": "r"}},
    )
    bike = label_class("bike", "LINE", select("gear", "x"))
    plate = label_class("plate", "FREETEXT", maxLength=9)
    wanted = renamed([CAR, label_class("VAN", "POLYGON", plate), bike], names)
    assert [each["entryKey"] for each in wanted] == ["car", "car"]
    [paint] = wanted[0]["children"]
    assert (paint["entryKey"], paint["options"]) == ("paint", {"r": "r", "blue": "blue"})
    assert [each["entryKey"] for each in wanted[1]["children"]] == ["plate"]
    there = config(label_class("car", "POLYGON", select("paint", "r")))
    found = differences(read_label_config(wanted), there)
    assert [(each.path, each.kind, each.wanted) for each in found] == [
        ("car/paint", Kind.OPTIONS, "blue"),
        ("car/plate", Kind.MISSING, "FREETEXT"),
    ]
