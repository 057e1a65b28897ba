"""Labels get their names in the other project; what does not fit there stays behind alone, and is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.backups.making.entries import EntryMaker, MadeEntry, MediaTask
from bulk_importer.backups.making.held import HeldLabel
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.labels.holding import Answer, Geometry, Holding
from bulk_importer.labels.label_config import LabelConfig, read_label_config
from bulk_importer.migration.moving.mapped import Mapped
from bulk_importer.migration.moving.mapping import EntryMapper, name_key
from support.backups.held import CLASSES, CONFIG, answer, geometry


def _made(*held: HeldLabel, name: str | None = "a.jpg") -> list[MadeEntry]:
    return EntryMaker(CONFIG).entries(MediaTask("m1", "t1", "COMPLETED", name), held)


def _mapped(*held: HeldLabel, name: str | None = "a.jpg", **how: Any) -> Mapped:
    mapper = EntryMapper(how.pop("names", ClassMap()), how.pop("there", CONFIG), **how)
    return mapper.map(_made(*held, name=name))


def _documents(mapped: Mapped) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line.raw) for line in mapped.lines]


def _left(mapped: Mapped) -> list[tuple[str, str, bool]]:
    return [(each.pointer, each.key, each.is_chosen) for each in mapped.left]


BUS = geometry("RECTANGLE", "bus", 1.0, 2.0, 3.0, 4.0)


def test_an_entry_names_its_media_by_name_and_replaces_what_is_there() -> None:
    """The id is that of the other project's media, which is not known here; what stood beside stays at home."""
    assert _documents(_mapped(BUS)) == [
        {
            "external_media_ID": "a.jpg",
            "keepData": False,
            "labels": {"bus": [{"rectangle": [{"x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0}]}]},
        }
    ]


def test_further_entries_of_a_media_come_along_in_their_order() -> None:
    """A tree with values in two branches needs two entries (protocol 4.3)."""
    rain = answer("rain", "yes", children=(answer("heavy", "yes"), answer("warm", "no")))
    mapped = _mapped(rain)
    assert [each["keepData"] for each in _documents(mapped)] == [False, True]
    assert sum((line.carried for line in mapped.lines), Counter()) == {"rain": 1, "heavy": 1, "warm": 1}


def test_a_class_map_renames_classes_classifications_and_options() -> None:
    names = ClassMap(classes={"bus": "sign"}, attributes={"rain": "wet"}, options={"rain": {"yes": "very"}})
    there = read_label_config(
        [
            {**CLASSES[3], "entryKey": "sign"},
            {**CLASSES[5], "entryKey": "wet", "options": {"very": "very"}, "children": []},
        ]
    )
    (entry,) = _documents(_mapped(BUS, answer("rain", "yes"), names=names, there=there))
    assert list(entry["labels"]) == ["sign"]
    assert entry["global_classifications"] == {"wet": ["very"]}


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ({"bus": "tram"}, "no class 'tram'"),
        ({"bus": "lane"}, "'lane' is a LINE there"),
        ({"bus": None}, "the class map leaves it out"),
    ],
)
def test_a_geometry_without_a_place_stays_behind_and_says_why(names: dict[str, str | None], why: str) -> None:
    sign = geometry("POINT", "sign", 1.0, 2.0)
    mapped = _mapped(BUS, sign, names=ClassMap(classes=names))
    assert _left(mapped) == [("/labels/bus/0", "bus", None in names.values())]
    assert why in mapped.left[0].why
    assert mapped.read == {"bus": 1, "sign": 1}
    assert list(_documents(mapped)[0]["labels"]) == ["sign"]


def test_what_hangs_on_a_geometry_that_stays_behind_is_counted_too() -> None:
    wheel = geometry("RECTANGLE", "wheel", 1.0, 1.0, 1.0, 1.0, children=(answer("flat", "yes"),))
    triangle = (1.0, 2.0, 3.0, 4.0, 5.0, 6.5)
    car = geometry("POLYGON", "car", *triangle, children=(answer("parked", "yes"), wheel))
    mapped = _mapped(car, names=ClassMap(classes={"car": "van"}))
    assert Counter(each.key for each in mapped.left) == {"car": 1, "parked": 1, "wheel": 1, "flat": 1}
    assert mapped.read == {"car": 1, "parked": 1, "wheel": 1, "flat": 1}
    assert mapped.lines == []  # an entry would delete what is there, and put nothing in its place


def test_two_classifications_with_one_meaning_do_not_replace_each_other() -> None:
    names = ClassMap(attributes={"warm": "heavy"})
    rain = answer("rain", "yes", children=(answer("heavy", "yes"), answer("warm", "no")))
    mapped = _mapped(rain, names=names)
    assert _left(mapped) == [("/global_classifications/rain/1/warm", "warm", False)]
    assert "'heavy' has its place there" in mapped.left[0].why


def test_a_media_that_cannot_be_found_leaves_all_behind_with_the_reason() -> None:
    unnamed = _mapped(BUS, name=None)
    assert (unnamed.lines, unnamed.left[0].why) == ([], "its media has no name")
    repeated = _mapped(BUS, repeated=[name_key("a.jpg")])
    assert (repeated.lines, repeated.left[0].why) == (
        [],
        "several media have its name, or mean the same one there",
    )


def test_only_tasks_in_the_states_that_are_asked_for_come_along() -> None:
    assert _mapped(BUS, states=["REVIEWED"]).read == {}
    assert _mapped(BUS, states=["COMPLETED", "REVIEWED"]).read == {"bus": 1}


def test_what_no_entry_can_say_is_left_behind_or_altered() -> None:
    """An image segmentation stays; a box that was invalid, or has a comment, comes without that."""
    sky = geometry("IMAGE_SEGMENTATION", "sky")
    odd = geometry("RECTANGLE", "bus", 1.0, 2.0, 3.0, 4.0, valid=False, comment="look")
    mapped = _mapped(sky, odd)
    assert [(each.key, "segmentation" in each.why) for each in mapped.left] == [("sky", True)]
    assert [each.key for each in mapped.altered] == ["bus", "bus"]


_OPTION = st.sampled_from(["yes", "no"])


def _tree(key: str, children: dict[str, Any]) -> st.SearchStrategy[HeldLabel]:
    below = st.tuples(*(st.none() | _tree(name, inner) for name, inner in children.items()))
    texts = st.lists(_OPTION, max_size=1)
    return st.builds(
        lambda texts, below: answer(key, *texts, children=tuple(each for each in below if each)), texts, below
    )


_NUMBER = st.floats(0, 100)
_WHEEL = st.builds(
    lambda numbers, flat: geometry("RECTANGLE", "wheel", *numbers, children=tuple(filter(None, (flat,)))),
    st.tuples(*[_NUMBER] * 4),
    st.none() | _tree("flat", {}),
)
_CAR = st.builds(
    lambda numbers, parked, wheels: geometry(
        "POLYGON", "car", *numbers, children=(*filter(None, (parked,)), *wheels)
    ),
    st.tuples(*[_NUMBER] * 6),
    st.none() | _tree("parked", {"legal": {}, "paid": {"cash": {}}}),
    st.lists(_WHEEL, max_size=2),
)
_BUS = st.builds(lambda numbers: geometry("RECTANGLE", "bus", *numbers), st.tuples(*[_NUMBER] * 4))
_HELD = st.builds(
    lambda shapes, rain: [*shapes, *filter(None, (rain,))],
    st.lists(_CAR | _BUS, max_size=4),
    st.none() | _tree("rain", {"heavy": {"flood": {}}, "warm": {}}),
)


@st.composite
def _some_classes(draw: st.DrawFn, classes: Sequence[dict[str, Any]] = CLASSES) -> list[dict[str, Any]]:
    """A configuration that lacks some classes and options."""
    found = []
    for each in classes:
        if draw(st.integers(0, 4)):
            options = (
                {"yes": "yes"} if each["type"] == "SELECT" and draw(st.booleans()) else each.get("options")
            )
            found.append(each | {"options": options, "children": draw(_some_classes(each["children"]))})
    return found


@given(_HELD, _some_classes())
def test_whatever_a_media_holds_arrives_but_for_what_is_reported(
    held: list[HeldLabel], classes: list[dict[str, Any]]
) -> None:
    """A naive reading: what the media would hold, without what the other configuration lacks."""
    made = _made(*held)
    there = read_label_config(classes) if classes else LabelConfig(())
    mapped = EntryMapper(ClassMap(), there).map(made)
    assert Holding.of(line.raw for line in mapped.lines) == _naive(made, classes)
    carried = sum((line.carried for line in mapped.lines), Counter[str]())
    assert mapped.read == carried + Counter(each.key for each in mapped.left)
    lost = [each for each in made[0].backup.lost if not each.kind.is_in_entry]
    assert mapped.read.total() == len(lost) + sum(len(each.backup.values) for each in made)


def _naive(made: Iterable[MadeEntry], classes: list[dict[str, Any]]) -> Holding:
    holding = Holding.of(msgspec.json.encode(each) for each in made)
    kept = (_geometry(each, classes) for each in holding.geometries.elements())
    return Holding(
        Counter(each for each in kept if each is not None), dict(_answers(holding.answers.items(), classes))
    )


def _geometry(given: Geometry, classes: list[dict[str, Any]]) -> Geometry | None:
    label = next((each for each in classes if each["entryKey"] == given.key), None)
    if label is None:
        return None
    nested = tuple(found for each in given.nested if (found := _geometry(each, label["children"])))
    return Geometry(given.key, given.coordinates, _answers(given.answers, label["children"]), nested)


def _answers(
    given: Iterable[tuple[str, Answer]], classes: list[dict[str, Any]]
) -> tuple[tuple[str, Answer], ...]:
    by_key = {each["entryKey"]: each for each in classes}
    found = []
    for key, each in given:
        if key in by_key:
            label = by_key[key]
            texts = each.texts if set(each.texts) <= set(label["options"]) else ()
            kept = Answer(texts, _answers(each.nested, label["children"]))
            if kept:
                found.append((key, kept))
    return tuple(found)
