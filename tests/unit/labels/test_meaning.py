"""What the server would make of an entry is said, case by case, with the place and what was meant."""

from __future__ import annotations

from typing import Any

import pytest

from bulk_importer.labels.bounds import outside
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.label_config import ClassType, LabelClass, LabelConfig, read_label_config
from bulk_importer.labels.meaning import Meaning
from bulk_importer.model import Severity

POINTS = [{"x": 1, "y": 2}, {"x": 3, "y": 4}, {"x": 5, "y": 7}]
BOX = {"x": 1, "y": 2, "w": 3, "h": 4}


def text(key: str, *, required: bool = False, longest: int | None = 8) -> LabelClass:
    return LabelClass(key, ClassType.FREETEXT, required, max_length=longest)


def select(
    key: str, *options: str, required: bool = False, children: tuple[LabelClass, ...] = ()
) -> LabelClass:
    return LabelClass(key, ClassType.SELECT, required, options, children=children)


CONFIG = LabelConfig(
    (
        LabelClass("bus", ClassType.RECTANGLE),
        LabelClass(
            "car",
            ClassType.POLYGON,
            children=(
                select("car_type", "suv", "van"),
                text("plate"),
                LabelClass("wheel", ClassType.RECTANGLE, children=(select("flat", "yes"),)),
            ),
        ),
        LabelClass("mask", ClassType.IMAGE_SEGMENTATION),
        text("must", required=True),
        LabelClass("needed", ClassType.CHECKLIST, True, ("a", "b")),
        text("note", longest=None),
        LabelClass("poi", ClassType.POINT),
        LabelClass("street", ClassType.LINE),
        LabelClass("tags", ClassType.CHECKLIST, False, ("urban", "rural")),
        LabelClass("twin", ClassType.POINT),
        LabelClass("twin", ClassType.POLYGON),
        select("weather", "sunny", "rain", children=(select("daytime", "day"), select("wind", "calm"))),
    )
)


def entry_of(labels: Any = None, classifications: Any = None, **others: Any) -> dict[str, Any]:
    entry = {"internal_media_ID": "a", **others}
    if labels is not None:
        entry["labels"] = labels
    if classifications is not None:
        entry["global_classifications"] = classifications
    return entry


def flaws(entry: dict[str, Any], config: LabelConfig | None = CONFIG) -> list[Flaw]:
    """Those that are more than a note."""
    return [
        flaw for flaw in Meaning(config).flaws(entry) if CATALOGUE[flaw.code].severity is not Severity.NOTE
    ]


def notes(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """Code and what is expected of each note."""
    found = [flaw for flaw in Meaning(CONFIG).flaws(entry) if CATALOGUE[flaw.code].severity is Severity.NOTE]
    return [(flaw.code, flaw.expected) for flaw in found]


def car(**more: Any) -> dict[str, Any]:
    """An entry with one car."""
    return entry_of({"car": [{"polygon": POINTS, **more}]})


CASES = [
    # keys of the entry
    (entry_of(keepdata=True), "key-near-known", "/keepdata"),
    (entry_of(keep_data=True), "key-near-known", "/keep_data"),
    (entry_of(label={}), "key-near-known", "/label"),
    (entry_of(global_classification={}), "key-near-known", "/global_classification"),
    (entry_of(image_name="x"), "key-unknown", "/image_name"),
    (entry_of(**{"a/b~": 1}), "key-unknown", "/a~1b~0"),
    # classes
    (entry_of({"truck": []}), "class-unknown", "/labels/truck"),
    (entry_of({" car": []}), "class-unknown", "/labels/ car"),
    (entry_of({"Car": []}), "class-case", "/labels/Car"),
    (entry_of({"car ": []}), "class-case", "/labels/car "),
    (entry_of({"cár": []}), "class-case", "/labels/cár"),
    (entry_of({"wheel": []}), "class-nested", "/labels/wheel"),
    (entry_of({"twin": []}), "class-ambiguous", "/labels/twin"),
    (entry_of({"mask": [{}]}), "class-segmentation", "/labels/mask/0"),
    (entry_of({"weather": [{}]}), "class-is-classification", "/labels/weather/0"),
    (car(nested_geometries={"door": []}), "class-unknown", "/labels/car/0/nested_geometries/door"),
    (car(nested_geometries={"bus": []}), "class-nested", "/labels/car/0/nested_geometries/bus"),
    (
        car(nested_geometries={"Wheel": [{"rectangle": [BOX]}]}),
        "class-case",
        "/labels/car/0/nested_geometries/Wheel",
    ),
    (
        car(nested_geometries={"car_type": [{}]}),
        "class-is-classification",
        "/labels/car/0/nested_geometries/car_type/0",
    ),
    # geometries
    (entry_of({"car": [{}]}), "geometry-missing", "/labels/car/0"),
    (entry_of({"car": [{"classifications": {}}]}), "geometry-missing", "/labels/car/0"),
    (entry_of({"car": [{"geometry": []}]}), "geometry-missing", "/labels/car/0"),
    (entry_of({"car": [{"polygon": POINTS, "geometry": POINTS}]}), "geometry-several", "/labels/car/0"),
    (entry_of({"car": [{"geometry": POINTS[:2]}]}), "geometry-incomplete", "/labels/car/0/geometry"),
    (entry_of({"car": [{"line": POINTS[:2]}]}), "geometry-incomplete", "/labels/car/0/line"),
    (entry_of({"car": [{"line": POINTS}]}), "geometry-other", "/labels/car/0/line"),
    (entry_of({"street": [{"polygon": POINTS}]}), "geometry-other", "/labels/street/0/polygon"),
    (entry_of({"street": [{"point": POINTS[:1]}]}), "geometry-incomplete", "/labels/street/0/point"),
    (entry_of({"car": [{"rectangle": [BOX]}]}), "geometry-refused", "/labels/car/0/rectangle"),
    (entry_of({"poi": [{"rectangle": [BOX]}]}), "geometry-refused", "/labels/poi/0/rectangle"),
    (entry_of({"poi": [{"line": POINTS}]}), "geometry-dropped", "/labels/poi/0/line"),
    (entry_of({"bus": [{"polygon": POINTS}]}), "geometry-incomplete", "/labels/bus/0/polygon"),
    (entry_of({"bus": [{"geometry": [BOX, BOX]}]}), "geometry-dropped", "/labels/bus/0/geometry"),
    (entry_of({"bus": [{"geometry": [POINTS[0], BOX]}]}), "geometry-dropped", "/labels/bus/0/geometry"),
    (entry_of({"bus": [{"rectangle": [{**BOX, "z": 1}]}]}), "rectangle-key", "/labels/bus/0/rectangle/0"),
    (entry_of({"bus": [{"rectangle": [{**BOX, "w": 0}]}]}), "geometry-no-size", "/labels/bus/0/rectangle/0"),
    (
        entry_of({"bus": [{"rectangle": [{**BOX, "h": "00"}]}]}),
        "geometry-no-size",
        "/labels/bus/0/rectangle/0",
    ),
    (entry_of({"poi": [{"point": [{"x": 10**309, "y": 1}]}]}), "number-too-large", "/labels/poi/0/point/0/x"),
    (
        entry_of({"poi": [{"point": [{"x": 1, "y": "9" * 400}]}]}),
        "number-too-large",
        "/labels/poi/0/point/0/y",
    ),
    (car(image_segmentation=[]), "image-segmentation", "/labels/car/0/image_segmentation"),
    # nested geometries
    (car(nested_geometries=[1]), "nested-geometries-type", "/labels/car/0/nested_geometries"),
    (car(nested_geometries=False), "nested-geometries-type", "/labels/car/0/nested_geometries"),
    (
        car(nested_geometries={"wheel": [{"rectangle": [BOX], "nested_geometries": {"x": [{}]}}]}),
        "nested-below-nested",
        "/labels/car/0/nested_geometries/wheel/0/nested_geometries",
    ),
    (
        car(nested_geometries={"wheel": [{"rectangle": [BOX], "foo": 1}]}),
        "nested-key-unknown",
        "/labels/car/0/nested_geometries/wheel/0/foo",
    ),
    # classifications
    (entry_of(None, {"season": ["winter"]}), "classification-unknown", "/global_classifications/season"),
    (entry_of(None, {"Weather": ["rain"]}), "classification-unknown", "/global_classifications/Weather"),
    (entry_of(None, {"daytime": ["day"]}), "class-nested", "/global_classifications/daytime"),
    (entry_of(None, {"car": ["x"]}), "class-nested", "/global_classifications/car"),
    (
        car(classifications={"colour": ["red"]}),
        "classification-unknown",
        "/labels/car/0/classifications/colour",
    ),
    (
        entry_of(None, {"weather": ["rain", {"zzz": ["a"]}]}),
        "classification-unknown",
        "/global_classifications/weather/1/zzz",
    ),
    (
        entry_of(None, {"weather": ["rain", {"Wind": ["calm"]}]}),
        "class-case",
        "/global_classifications/weather/1/Wind",
    ),
    (
        entry_of(None, {"weather": ["rain", {"wind": ["calm"], "daytime": ["day"]}]}),
        "classification-several",
        "/global_classifications/weather/1",
    ),
    (
        entry_of(None, {"weather": ["rain", {}]}),
        "classification-empty-object",
        "/global_classifications/weather/1",
    ),
    # values
    (entry_of(None, {"weather": ["snow"]}), "option-unknown", "/global_classifications/weather/0"),
    (entry_of(None, {"weather": ["Rain"]}), "option-unknown", "/global_classifications/weather/0"),
    (
        entry_of(None, {"weather": ["rain", {"wind": ["gale"]}]}),
        "option-unknown",
        "/global_classifications/weather/1/wind/0",
    ),
    (entry_of(None, {"tags": ["urban", "moon"]}), "option-unlisted", "/global_classifications/tags/1"),
    (entry_of(None, {"needed": ["a", "c"]}), "option-invalid", "/global_classifications/needed/1"),
    (entry_of(None, {"weather": ["rain", "sunny"]}), "value-several", "/global_classifications/weather"),
    (entry_of(None, {"note": ["a", "b"]}), "value-several", "/global_classifications/note"),
    (car(classifications={"plate": ["123456789"]}), "text-too-long", "/labels/car/0/classifications/plate/0"),
    (car(classifications={"plate": ["🚗" * 5]}), "text-too-long", "/labels/car/0/classifications/plate/0"),
    (entry_of(None, {"note": ["n" * 256]}), "text-over-255", "/global_classifications/note/0"),
    (entry_of(None, {"tags": ["n" * 256]}), "text-over-255", "/global_classifications/tags/0"),
    (entry_of(None, {"must": [""]}), "text-empty", "/global_classifications/must/0"),
]


@pytest.mark.parametrize(("entry", "code", "pointer"), CASES, ids=[f"{code} {at}" for _, code, at in CASES])
def test_one_mistake_is_one_flaw_at_its_place(entry: dict[str, Any], code: str, pointer: str) -> None:
    """With what was found and what was expected."""
    (flaw,) = flaws(entry)
    assert (flaw.code, flaw.pointer) == (code, pointer)
    assert flaw.expected
    assert flaw.found


@pytest.mark.parametrize(
    "entry",
    [
        entry_of(),
        entry_of({}, {}),
        entry_of({"car": [], "bus": []}),
        entry_of({"mask": []}),
        entry_of({"car": [{"polygon": POINTS, "geometry": []}]}),
        car(nested_geometries=None),
        car(nested_geometries={"wheel": [{"rectangle": [BOX], "nested_geometries": {}}]}),
        car(nested_geometries={"wheel": [{"rectangle": [BOX], "nested_geometries": {"car": []}}]}),
        car(classifications={"plate": ["🚗" * 4], "car_type": [None]}),
        entry_of(None, {"tags": [None, "urban"], "note": [""], "weather": [None, {"wind": ["calm"]}]}),
        entry_of(
            {
                "bus": [{"geometry": [{**BOX, "x": "007", "y": "12\n"}]}],
                "poi": [{"point": [{"x": -0.0, "y": 1e300}]}],
            }
        ),
        entry_of(external_media_ID="n.jpg", labeler=None, status="completed", segmentations=["u"]),
    ],
)
def test_what_the_server_stores_as_given_has_no_flaw(entry: dict[str, Any]) -> None:
    """However unusual it looks."""
    assert flaws(entry) == []


def test_the_nearest_known_key_is_suggested() -> None:
    """A slip in an option or class is answered with the one that was meant."""
    (flaw,) = flaws(entry_of(None, {"weather": ["suny"]}))
    assert "'sunny'" in flaw.expected
    (flaw,) = flaws(entry_of({"strete": []}))
    assert "'street'" in flaw.expected
    (flaw,) = flaws(entry_of({"wheel": []}))
    assert flaw.expected == "RECTANGLE 'wheel' below 'car'"


def test_notes_say_what_is_left_open() -> None:
    """Omitted and unset classifications, and the deprecated key; required ones by themselves."""
    entry = entry_of(
        {"car": [{"geometry": POINTS, "classifications": {"car_type": []}}]},
        {"weather": ["rain"], "tags": [None], "note": ["x"], "needed": []},
    )
    assert sorted(notes(entry)) == [
        ("classification-omitted", "daytime"),
        ("classification-omitted", "plate"),
        ("classification-omitted", "wind"),
        ("classification-unset", "a value"),
        ("classification-unset", "a value"),
        ("geometry-deprecated", "the key of its form"),
        ("required-omitted", "a value"),
        ("required-omitted", "must"),
    ]


FLAT = read_label_config(
    [
        {"class_name": "car", "geometry_type": "polygon"},
        {"class_name": "wheel", "geometry_type": "rectangle"},
        {"class_name": "kind", "geometry_type": "line"},
        {"class_name": "kind", "classification_type": "select"},
        {"class_name": "weather", "classification_type": "radio"},
        {"class_name": "mask", "classification_type": "image_segmentation"},
    ]
)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (entry_of({"truck": []}), "class-unknown"),
        (entry_of({"mask": [{}]}), "class-segmentation"),
        (entry_of({"weather": [{}]}), "class-is-classification"),
        (entry_of({"car": [{"point": POINTS[:1]}]}), "geometry-incomplete"),
        (entry_of(None, {"season": ["x"]}), "classification-unknown"),
        (entry_of(None, {"weather": ["rain", "sunny"]}), "value-several"),
        (entry_of(None, {"weather": ["rain", {"season": ["x"]}]}), "classification-unknown"),
        (
            entry_of({"car": [{"polygon": POINTS, "classifications": {"wheel": ["x"]}}]}),
            "classification-unknown",
        ),
    ],
)
def test_a_flat_configuration_finds_what_it_can(entry: dict[str, Any], code: str) -> None:
    """Names and types."""
    assert [flaw.code for flaw in flaws(entry, FLAT)] == [code]


def test_a_flat_configuration_lets_the_rest_pass() -> None:
    """Parents, options and lengths it does not know."""
    entry = entry_of(
        {
            "wheel": [{"rectangle": [BOX]}],
            "kind": [{"line": POINTS, "classifications": {"kind": ["x" * 200]}}],
            "car": [{"polygon": POINTS, "nested_geometries": {"wheel": [{"rectangle": [BOX]}]}}],
        },
        {"weather": ["anything", {"kind": ["x"]}]},
    )
    assert flaws(entry, FLAT) == []


def test_without_a_configuration_the_form_alone_is_looked_at() -> None:
    """Losses that no configuration can excuse are still seen."""
    entry = entry_of(
        {"x": [{}, {"polygon": POINTS, "line": POINTS}]},
        {"y": ["a", {"b": [], "c": []}], "z": ["n" * 256]},
        keepdata=1,
    )
    assert [flaw.code for flaw in flaws(entry, None)] == [
        "key-near-known",
        "classification-several",
        "text-over-255",
        "geometry-missing",
        "geometry-several",
    ]


def test_a_geometry_that_leaves_its_image_is_named_once() -> None:
    """At its first point outside; the far edge belongs to the image."""
    entry = entry_of(
        {
            "car": [
                {
                    "polygon": [{"x": 640, "y": 480}, {"x": "641", "y": 1}, {"x": 1, "y": 481}],
                    "nested_geometries": {"wheel": [{"rectangle": [{"x": 600, "y": 1, "w": 41, "h": 2}]}]},
                }
            ],
            "bus": [{"rectangle": [{"x": 600, "y": 400, "w": 40, "h": 80}]}],
            "poi": [{"geometry": [{"x": 1, "y": 10**400}]}],
        }
    )
    assert [flaw.pointer for flaw in outside(entry, 640, 480)] == [
        "/labels/car/0/polygon/1",
        "/labels/car/0/nested_geometries/wheel/0/rectangle/0",
        "/labels/poi/0/geometry/0",
    ]
