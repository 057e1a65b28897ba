"""What an upload means, beyond the recorded answers: rows (protocol 2.6), losses (protocol 2.7), order and flush."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bulk_importer.sandbox.refusals import Refused
from bulk_importer.sandbox.world.classes import ClassType, LabelClass, LabelConfig
from bulk_importer.sandbox.world.empty_values import create_missing, extend_nested
from bulk_importer.sandbox.world.label_writer import LabelWriter
from bulk_importer.sandbox.world.semantics import read_json
from bulk_importer.sandbox.world.values import MediaLabels, canonical

Json = dict[str, Any]


class MemoryLabelStore:
    """The labels of a few media in memory; a media with several tasks has several."""

    def __init__(self, tasks: dict[str, list[int]]) -> None:
        self._tasks = tasks
        self._labels = {task: MediaLabels() for numbers in tasks.values() for task in numbers}
        self.uploaded: set[int] = set()

    def default_tasks(self, media_id: str) -> Sequence[int]:
        return self._tasks.get(media_id, [])

    def labels(self, task: int) -> MediaLabels:
        return self._labels[task]

    def mark_uploaded(self, task: int) -> None:
        self.uploaded.add(task)


def _class(number: int, key: str, kind: str, *children: LabelClass, **more: object) -> LabelClass:
    made = LabelClass(
        number=number, key=key, title=key, type=ClassType(kind), stamp_ms=0, children=list(children)
    )
    for name, value in more.items():
        setattr(made, name, value)
    return made


def _config() -> LabelConfig:
    options = {"a": "A", "b": "B"}
    return LabelConfig(
        changed_ms=0,
        roots=[
            _class(
                1,
                "car",
                "POLYGON",
                _class(2, "color", "SELECT", options=options),
                _class(3, "wheel", "RECTANGLE", _class(4, "flat", "SELECT", options=options)),
            ),
            _class(5, "poi", "POINT"),
            _class(6, "road", "LINE"),
            _class(7, "box", "RECTANGLE"),
            _class(8, "mask", "IMAGE_SEGMENTATION"),
            _class(9, "sky", "SELECT", _class(10, "wind", "SELECT", options=options), options=options),
            _class(11, "must", "CHECKLIST", options=options, required=True),
            _class(12, "note", "FREETEXT", max_length=4),
            _class(13, "name", "FREETEXT", max_length=300, required=True),
        ],
    )


@pytest.fixture
def store() -> MemoryLabelStore:
    """Three media; one of them has two tasks."""
    return MemoryLabelStore({"m": [1], "n": [2], "twice": [3, 4]})


def _upload(
    store: MemoryLabelStore, *entries: Json, config: LabelConfig | None = None, now: int = 7
) -> LabelWriter:
    writer = LabelWriter(now, by_token=True)
    read_json(entries, config or _config(), store, writer)
    return writer


def _refusal(
    store: MemoryLabelStore, *entries: Json, config: LabelConfig | None = None
) -> tuple[int, str, list[str]]:
    with pytest.raises(Refused) as caught:
        _upload(store, *entries, config=config)
    return caught.value.status, caught.value.key, list(caught.value.params)


def _labels(**labels: Any) -> Json:
    return {"internal_media_ID": "m", "labels": labels}


def _globals(**classifications: Any) -> Json:
    return {"internal_media_ID": "m", "global_classifications": classifications}


def _held(store: MemoryLabelStore, key: str) -> list[Json]:
    return [value for value in canonical(store.labels(1).roots, _config().by_number()) if value["k"] == key]


_SYSTEM: tuple[int, str, list[str]] = (500, "ex_system", [])


# ---------------------------------------------------------------------------------------- rows of protocol 2.6


def test_row_10_two_tasks_of_one_media_cannot_be_told_apart(store: MemoryLabelStore) -> None:
    assert _refusal(store, {"internal_media_ID": "twice"}) == _SYSTEM


def test_row_10_two_root_classes_that_became_equal_cannot_be_told_apart(store: MemoryLabelStore) -> None:
    config = LabelConfig(changed_ms=0, roots=[_class(1, "car", "POINT"), _class(2, "car", "LINE")])
    assert _refusal(store, _labels(car=[]), config=config) == _SYSTEM


def test_row_11_a_nested_classification_that_was_added_later_is_not_found(store: MemoryLabelStore) -> None:
    _upload(store, _globals())
    config = _config()
    config.roots[5].children.append(_class(20, "rain", "SELECT", options={"a": "A"}))
    refused = _refusal(store, _globals(sky=[None, {"rain": ["a"]}]), config=config)
    assert refused == (404, "ex_notfound", ["LabelEntryValue", "lcEntryKey:", "rain"])
    replaced: Json = {**_globals(sky=[None, {"rain": ["a"]}]), "keepData": False}
    assert _upload(store, replaced, config=config).replaces


@pytest.mark.parametrize("key", ["note", "must"])
def test_row_12_a_text_that_does_not_fit_its_column_fails(store: MemoryLabelStore, key: str) -> None:
    assert _refusal(store, _globals(**{key: ["x" * 256]})) == _SYSTEM


def test_row_12_a_number_beyond_the_doubles_fails(store: MemoryLabelStore) -> None:
    for large in (10**400, "9" * 400, float("inf")):
        assert _refusal(store, _labels(poi=[{"point": [{"x": large, "y": 0}]}])) == _SYSTEM


def test_digits_before_a_separator_of_unicode_are_no_number_to_java(store: MemoryLabelStore) -> None:
    point = {"x": "1\u2028", "y": 1}
    assert _refusal(store, _labels(poi=[{"point": [point]}]))[1:] == (
        "ex_gen_entry_value_validation",
        ["POINT"],
    )
    box = {"rectangle": [{**point, "w": 1, "h": 1}]}
    assert _refusal(store, _labels(box=[box]))[1:] == ("ex_gen_entry_type_not_found", ["RECTANGLE"])


def test_what_does_not_fit_fails_when_it_is_written_not_when_it_is_read(store: MemoryLabelStore) -> None:
    """A key that is looked up in other tables, or in memory, fails first; a query of the values comes too late."""
    long = ["x" * 256]
    assert _refusal(store, {**_globals(note=long), "labels": {"truck": []}})[2] == ["truck"]
    assert _refusal(store, _globals(note=long, season=[]))[2] == ["season"]
    assert _refusal(store, _globals(note=long, sky=["a", {"wind": ["a"]}])) == _SYSTEM
    assert _refusal(store, _globals(note=long), {"internal_media_ID": "nobody"}) == _SYSTEM


def test_the_first_error_wins_in_the_order_of_the_server(store: MemoryLabelStore) -> None:
    """Media, then global classifications, then labels; entry by entry."""
    wrong_all: Json = {"internal_media_ID": "x", "global_classifications": {"no": []}, "labels": {"nor": []}}
    assert _refusal(store, wrong_all)[1] == "ex_gen_json_upload_not_found_task"
    assert _refusal(store, {**wrong_all, "internal_media_ID": "m"})[2] == ["no"]
    assert _refusal(store, _labels(nor=[]), wrong_all)[2] == ["nor"]


@pytest.mark.parametrize("key", ["Sky", "SKY ", "sky "])
def test_global_classifications_are_compared_to_the_letter(store: MemoryLabelStore, key: str) -> None:
    assert _refusal(store, _globals(**{key: ["a"]})) == (500, "ex_gen_wrong_entry_id", [key])


def test_classifications_of_a_geometry_are_compared_to_the_letter(store: MemoryLabelStore) -> None:
    refused = _refusal(store, _labels(car=[{"classifications": {"Color": ["a"]}}]))
    assert refused == (500, "ex_gen_wrong_entry_id", ["Color"])


def test_classes_and_what_is_nested_are_compared_as_the_database_does(store: MemoryLabelStore) -> None:
    box = {"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}
    _upload(store, _labels(**{"CAR ": [{"nested_geometries": {"Wheel": [box]}}]}))
    _upload(store, _globals(sky=["a", {"WIND": ["b"]}]))
    (car,) = _held(store, "car")
    assert [child["k"] for child in car["c"]] == ["color", "wheel"]
    (sky,) = _held(store, "sky")
    assert sky["c"] == [{"k": "wind", "t": "SELECT", "valid": True, "v": "b", "c": []}]


def test_a_leading_blank_never_matches(store: MemoryLabelStore) -> None:
    assert _refusal(store, _labels(**{" car": []}))[2] == [" car"]


def test_a_nested_classification_cannot_be_given_as_a_nested_geometry(store: MemoryLabelStore) -> None:
    _upload(store, _labels(car=[{"nested_geometries": {"color": []}}]))
    refused = _refusal(store, _labels(car=[{"nested_geometries": {"color": [{}]}}]))
    assert refused == (500, "ex_gen_entry_value_validation", ["SELECT"])


# -------------------------------------------------------------------------------------- losses of protocol 2.7


def test_an_empty_geometry_makes_a_point_valid_and_everything_else_not(store: MemoryLabelStore) -> None:
    _upload(store, _labels(**{key: [{"geometry": []}] for key in ("car", "poi", "road", "box", "mask")}))
    valid = {key: _held(store, key)[0]["valid"] for key in ("car", "poi", "road", "box", "mask")}
    assert valid == {"car": False, "poi": True, "road": False, "box": False, "mask": False}
    assert _held(store, "poi")[0]["g"] == [None, None]


def test_an_empty_geometry_under_a_classification_judges_it(store: MemoryLabelStore) -> None:
    """A second value of the root class; the flag is that of an empty one that was looked at."""
    _upload(store, _labels(**{key: [{"geometry": []}] for key in ("sky", "must", "note", "name")}))
    judged = {key: [value["valid"] for value in _held(store, key)] for key in ("sky", "must", "note", "name")}
    assert judged == {
        "sky": [False, True],
        "must": [False, False],
        "note": [False, True],
        "name": [False, False],
    }


def test_a_duplicate_global_leaves_updates_to_the_first(store: MemoryLabelStore) -> None:
    _upload(store, {**_globals(sky=["a"]), "labels": {"sky": [{}]}})
    _upload(store, _globals(sky=["b"]))
    assert [value.texts for value in store.labels(1).roots if value.label_class == 9] == [["b"], []]


@pytest.mark.parametrize(
    ("key", "texts", "valid", "held"),
    [
        ("must", ["a"], True, ["a"]),
        ("must", ["a", "moon"], False, ["a", "moon"]),
        ("must", ["a", "a"], True, ["a", "a"]),
        ("note", ["1234"], True, "1234"),
        ("note", ["12345"], False, "12345"),
        ("note", ["😀😀😀"], False, "😀😀😀"),
        ("note", [""], True, ""),
        ("name", [""], False, ""),
        ("name", ["x"], True, "x"),
        ("sky", ["A"], False, None),
    ],
)
def test_values_are_judged_by_type(
    store: MemoryLabelStore, key: str, texts: list[object], valid: bool, held: object
) -> None:
    _upload(store, _globals(**{key: texts}))
    (value,) = _held(store, key)
    assert (value["valid"], value["v"]) == (valid, held)


def test_two_texts_leave_the_parent_alone_and_set_the_child(store: MemoryLabelStore) -> None:
    _upload(store, _globals(sky=["a"]))
    _upload(store, _globals(sky=["a", {"wind": ["b"]}, "b"]))
    (sky,) = _held(store, "sky")
    assert sky["v"] == "a"
    assert sky["c"] == [{"k": "wind", "t": "SELECT", "valid": True, "v": "b", "c": []}]


def test_an_update_keeps_the_old_time_and_a_new_value_takes_the_new(store: MemoryLabelStore) -> None:
    _upload(store, _globals(sky=["a"]), now=1)
    _upload(store, {**_globals(sky=["b"]), "labels": {"poi": [{}]}}, now=2)
    stamps = {value.label_class: value.stamp_ms for value in store.labels(1).roots}
    assert (stamps[9], stamps[5]) == (1, 2)


@pytest.mark.parametrize("given", [5e-324, 0.1 + 0.2, 1e23, "007", "123456789012345678901234567890", 0])
def test_coordinates_are_the_nearest_doubles(store: MemoryLabelStore, given: Any) -> None:
    _upload(store, _labels(poi=[{"point": [{"x": given, "y": 1}]}]))
    assert _held(store, "poi")[0]["g"] == [float(given), 1.0]


def test_every_entry_marks_its_task_even_without_labels(store: MemoryLabelStore) -> None:
    _upload(store, {"internal_media_ID": "m"}, {"label_classes": []}, {"internal_media_ID": "n"})
    assert store.uploaded == {1, 2}


# --------------------------------------------------------------------------------------------- rows and reads


def test_the_rows_that_are_written_and_deleted_are_counted(store: MemoryLabelStore) -> None:
    """Values, points and checklist values: what the cost of a request follows from."""
    car: Json = {"polygon": [{"x": n, "y": n} for n in range(5)]}
    first = _upload(store, {**_labels(car=[car]), "global_classifications": {"must": ["a", "b"]}})
    # Five roots and one nested for the media, one car with its color, five points, two checked values.
    assert (first.written, first.deleted, first.replaces) == (5 + 2 + 5 + 2, 0, False)
    again = _upload(store, {"internal_media_ID": "m", "keepData": False})
    assert (again.written, again.deleted, again.replaces) == (5, 14, True)


def test_reading_a_task_creates_what_is_missing_but_not_below_nested_geometries() -> None:
    config = _config()
    labels, writer = MediaLabels(), LabelWriter(1, by_token=False)
    create_missing(labels, config, writer)
    store = MemoryLabelStore({"m": [1]})
    _upload(store, _labels(car=[{"nested_geometries": {"wheel": [{}]}}], poi=[{}]))
    config.roots[0].children.append(_class(30, "plate", "FREETEXT", max_length=9))
    config.roots[0].children[1].children.append(_class(31, "rim", "FREETEXT", max_length=9))
    config.roots[5].children[0].children.append(_class(32, "gusts", "FREETEXT", max_length=9))
    held = store.labels(1)
    create_missing(held, config, writer)
    extend_nested(held, config, writer)
    classes = [value.label_class for value in held.walk()]
    assert (classes.count(30), classes.count(31), classes.count(32)) == (1, 0, 1)
    before = writer.written
    extend_nested(held, config, writer)
    assert writer.written == before
