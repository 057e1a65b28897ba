"""What the server refused, lost or stored invalid has an error at its place; what it stored as meant has none."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.labels.label_config import read_label_config
from bulk_importer.model import Segment, Severity
from support.places import VECTORS
from support.reading import judged

SCHEMA = json.loads((VECTORS / "schema.json").read_text())
SEMANTICS = json.loads((VECTORS / "semantics.json").read_text())
CONFIG = read_label_config(SEMANTICS["label_config"])


def places(found: Segment) -> set[str]:
    """The places of the schema's errors, in the server's form: the position and the pointer inside the entry."""
    return {
        f"#/{rejection.position}{finding.pointer}"
        for rejection in found.rejections
        for finding in rejection.findings
        if finding.code.startswith("schema-") and finding.severity is Severity.ERROR
    }


def elements_of(body: str) -> list[bytes]:
    """The elements of a JSON array, each written again; white space does not matter here."""
    elements, _ = json.JSONDecoder().raw_decode(body)
    return [json.dumps(element, ensure_ascii=False).encode() for element in elements]


REFUSED = [case for case in SCHEMA if case["stage"] == "schema" and case["body"] != "[]"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["body"][:80])
def test_each_place_that_the_server_names_has_an_error(case: dict[str, Any]) -> None:
    """And no other place has. (The server also names the places around a nested one.)"""
    named = set(re.findall(r"(?:^|\n\n)(#[^\n]*)\n", case["answer"]["errorMessages"]))
    around = {place for place in named if any(inner.startswith(f"{place}/") for inner in named)}
    found = places(judged(Judge(Rules()), *elements_of(case["body"])))
    assert named - around <= found <= named


PASSING = [case for case in SCHEMA if case["stage"] == "passes"]


@pytest.mark.parametrize("case", PASSING, ids=lambda case: case["body"][:80])
def test_what_the_schema_of_the_server_accepts_has_no_error_of_the_schema(case: dict[str, Any]) -> None:
    """It refused these for their media alone, of which an empty id names none."""
    found = judged(Judge(Rules()), *elements_of(case["body"]))
    codes = {finding.code for rejection in found.rejections for finding in rejection.findings}
    assert codes <= {"media-id-empty"}
    assert bool(codes) == ('"internal_media_ID":""' in case["body"].replace(" ", ""))


CRASHING = [case for case in SCHEMA if case["stage"] == "crash"]


@pytest.mark.parametrize("case", CRASHING, ids=lambda case: case["body"][:80])
def test_what_makes_the_server_stumble_over_its_own_words_has_errors(case: dict[str, Any]) -> None:
    """It answered `ex_system` to these, which looks like a deadlock."""
    assert len(places(judged(Judge(Rules()), *elements_of(case["body"])))) == 2


UNPARSED = [case for case in SCHEMA if case["stage"] == "parse" and "NaN" in case["body"]]


@pytest.mark.parametrize("case", UNPARSED, ids=lambda case: case["body"][:80])
def test_what_the_server_cannot_parse_is_no_number(case: dict[str, Any]) -> None:
    """It answered `NaN` with the line and column of a mistake in the JSON."""
    found = judged(Judge(Rules()), case["body"][1:-1].encode())
    assert [finding.code for finding in found.rejections[0].findings] == ["not-a-number"]


# The error that each case must have, at its place in the first entry of its last request. All others have none.
ERRORS = {
    "unknown class empty list": ("class-unknown", "/labels/truck"),
    "nested class at root": ("class-nested", "/labels/wheel"),
    "nested under class without children": ("class-nested", "/labels/bus/0/nested_geometries/wheel"),
    "unknown global": ("classification-unknown", "/global_classifications/season"),
    "geometry class as global": ("class-nested", "/global_classifications/car"),
    "nested classification as global": ("class-nested", "/global_classifications/daytime"),
    "geometry classification as global": ("class-nested", "/global_classifications/car_type"),
    "unknown classification": ("classification-unknown", "/labels/car/0/classifications/colour"),
    "global as classification": ("class-nested", "/labels/car/0/classifications/weather"),
    "classification of a class without any": ("class-nested", "/labels/bus/0/classifications/car_type"),
    "nested classification unknown": ("classification-unknown", "/global_classifications/weather/1/zzz"),
    "geometry rectangle form under polygon class": ("geometry-refused", "/labels/car/0/geometry"),
    "rectangle with a fifth key": ("rectangle-key", "/labels/bus/0/rectangle/0"),
    "polygon under segmentation class": ("class-segmentation", "/labels/mask/0"),
    "nested classification empty object": (
        "classification-empty-object",
        "/global_classifications/weather/1",
    ),
    "freetext of 300": ("text-over-255", "/global_classifications/note/0"),
    "no media id": ("media-id-missing", ""),
    "select unknown option": ("option-unknown", "/global_classifications/weather/0"),
    "select unknown replaces known": ("option-unknown", "/global_classifications/weather/0"),
    "select two strings": ("value-several", "/global_classifications/weather"),
    "freetext two strings": ("value-several", "/global_classifications/note"),
    "plate too long": ("text-too-long", "/labels/car/0/classifications/plate/0"),
    "two nested classification keys": ("classification-several", "/global_classifications/weather/1"),
    "child of null, two keys": ("classification-several", "/global_classifications/weather/1"),
    "class select unknown option": ("option-unknown", "/labels/car/0/classifications/car_type/0"),
    "geometry item empty": ("geometry-missing", "/labels/car/0"),
    "geometry item with classifications only": ("geometry-missing", "/labels/car/0"),
    "geometry empty list": ("geometry-missing", "/labels/car/0"),
    "image_segmentation": ("image-segmentation", "/labels/mask/0/image_segmentation"),
    "point under line class": ("geometry-incomplete", "/labels/street/0/point"),
    "point under polygon class": ("geometry-incomplete", "/labels/car/0/point"),
    "polygon under rectangle class": ("geometry-incomplete", "/labels/bus/0/polygon"),
    "line under point class": ("geometry-dropped", "/labels/poi/0/line"),
    "polygon under point class": ("geometry-dropped", "/labels/poi/0/polygon"),
    "polygon and line in one item": ("geometry-several", "/labels/car/0"),
    "polygon and geometry in one item": ("geometry-several", "/labels/car/0"),
    "rectangle and geometry in one item": ("geometry-several", "/labels/bus/0"),
    "geometry two rectangles": ("geometry-dropped", "/labels/bus/0/geometry"),
    "geometry of 2 under polygon class": ("geometry-incomplete", "/labels/car/0/geometry"),
    "geometry of 3 under point class": ("geometry-dropped", "/labels/poi/0/geometry"),
    "geometry of 1 under line class": ("geometry-incomplete", "/labels/street/0/geometry"),
    "geometry mixed forms": ("geometry-dropped", "/labels/bus/0/geometry"),
    "second level nested geometries": (
        "nested-below-nested",
        "/labels/car/0/nested_geometries/wheel/0/nested_geometries",
    ),
    "polygon under nested rectangle class": (
        "geometry-incomplete",
        "/labels/car/0/nested_geometries/wheel/0/polygon",
    ),
    "nested item empty": ("geometry-missing", "/labels/car/0/nested_geometries/wheel/0"),
    "classification as class, empty item": ("class-is-classification", "/labels/weather/0"),
    "duplicate object key, last wins": ("duplicate-key", "/labels"),
    "lone surrogate": ("lone-surrogate", "/global_classifications/note/0"),
    "two errors, first wins": ("class-unknown", "/labels/truck"),
}
# Stored all the same, and probably not meant.
WARNINGS = {
    "unknown top-level keys ignored": "key-unknown",
    "checklist unknown option": "option-unlisted",
    "line of 3 under polygon class": "geometry-other",
}
# The points of many cases lie on one line; see the test below.
FLAT = frozenset({"geometry-no-area"})
# Not a matter of one entry: the framing of the source and the media of the project are asked elsewhere.
RAW = {"text after the array", "second array after the first", "byte order mark"}


def last_request(case: dict[str, Any]) -> list[bytes]:
    """The elements of the last request, as they were sent."""
    request = case["requests"][-1]
    if isinstance(request, str):
        return [request.lstrip("\ufeff")[1:-1].encode()]
    return [json.dumps(element).encode() for element in request]


@pytest.mark.parametrize("name", [name for name in SEMANTICS["cases"] if name not in RAW])
def test_the_verdict_is_what_the_server_did(name: str) -> None:
    """Case by case of the recorded answers."""
    found = judged(
        Judge(Rules(label_config=CONFIG, keep_warnings=True, allow=FLAT)),
        *last_request(SEMANTICS["cases"][name]),
    )
    errors = [
        (finding.code, finding.pointer) for rejection in found.rejections for finding in rejection.findings
    ]
    assert errors == ([ERRORS[name]] if name in ERRORS else [])
    assert [warning.code for warning in found.warnings] == ([WARNINGS[name]] if name in WARNINGS else [])


def test_a_polygon_without_area_is_stored_as_it_is() -> None:
    """So it is worth a warning, and no error."""
    flat = []
    for name, case in SEMANTICS["cases"].items():
        if name in RAW or name in ERRORS or case["answers"][-1]["status"] != 200:
            continue
        found = judged(Judge(Rules(label_config=CONFIG, keep_warnings=True)), *last_request(case))
        flat += [warning for warning in found.warnings if warning.code in FLAT]
    assert flat


def test_every_expected_verdict_belongs_to_a_recorded_case() -> None:
    """So that a renamed case is not forgotten."""
    assert ERRORS.keys() | WARNINGS.keys() | RAW <= SEMANTICS["cases"].keys()


@pytest.mark.parametrize("name", SEMANTICS["cases"])
def test_a_refusal_that_is_not_about_media_has_an_error(name: str) -> None:
    """Nothing that the server refused is found right here."""
    case = SEMANTICS["cases"][name]
    answer = case["answers"][-1]
    if answer["status"] != 200 and answer["body"]["key"] != "ex_gen_json_upload_not_found_task":
        assert name in ERRORS
