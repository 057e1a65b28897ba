"""A class map to begin with: every name that a source has, and what in the project is like it."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.formats.model import Annotation, Answer, Box, Keypoint, Left, Picture, Tag
from bulk_importer.formats.proposing import Names, proposal
from bulk_importer.formats.writing.class_map import read_class_map
from bulk_importer.labels.label_config import ClassType, LabelClass, LabelConfig

BOX = Box(1, 2, 3, 4)
CONFIG = LabelConfig(
    (
        LabelClass(
            "car", ClassType.RECTANGLE, children=(LabelClass("paint", ClassType.SELECT, options=("red",)),)
        ),
        LabelClass("weather", ClassType.SELECT, options=("rain", "sunny")),
    )
)
WHEEL = Annotation("wheel", BOX, "", keypoints=(Keypoint("hub", 1, 1),))
PICTURES = (
    Picture(
        "a", "", None, (Annotation("Car", BOX, "", {"paints": Answer(("Red", "reds"))}, within=(WHEEL,)),) * 2
    ),
    Left("shape-broken", "", "x", "", ""),
    Picture("b", "", None, (Annotation("cars", BOX, ""),), (Tag("Sunny", ""), Tag("snow", ""))),
)


def lines() -> list[str]:
    """The proposal for these pictures."""
    return list(proposal(Names.of(PICTURES), CONFIG))


def test_every_name_stands_there_with_its_count() -> None:
    """Of classes, keypoints, attributes, values and tags, the most frequent first."""
    found = [line.split("   # ")[0].removeprefix("# ") for line in lines() if " = " in line]
    assert found == [
        '"Car" = "car"',
        '"wheel" = false',
        '"cars" = "car"',
        '"hub" = false',
        '"paints" = "paint"',
        '"Sunny" = "weather=sunny"',
        '"snow" = false',
        '"Red" = "red"',
        '"reds" = "red"',
    ]
    assert "2 objects" in lines()[1]


def test_only_what_a_person_has_to_look_at_is_in_force() -> None:
    """The same name needs no line, and of what is like nothing nobody can say what it means."""
    assert tomllib.loads("\n".join(lines())) == {
        "classes": {"cars": "car"},
        "keypoints": {},
        "attributes": {"paints": "paint"},
        "tags": {},
        "options": {"paints": {"reds": "red"}},
    }


def test_an_attribute_of_many_values_has_no_options() -> None:
    """It is a text, or a number."""
    many = tuple(Annotation("car", BOX, "", {"paint": Answer((f"shade {number}",))}) for number in range(200))
    assert not [
        line for line in proposal(Names.of([Picture("a", "", None, many)]), CONFIG) if "options" in line
    ]


@given(st.lists(st.text(), min_size=1), st.lists(st.text(min_size=1), min_size=1))
def test_what_is_proposed_is_a_class_map_whatever_the_names(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], known: list[str]
) -> None:
    """A file with it is accepted as it stands, and means what is known."""
    options = tuple(dict.fromkeys(known))
    config = LabelConfig(
        (
            *(LabelClass(key, ClassType.RECTANGLE) for key in options),
            LabelClass("paint", ClassType.SELECT, options=options),
        )
    )
    found = tuple(
        Annotation(name, BOX, "", {"paint": Answer((name,)), name: Answer((name,))}, (Keypoint(name, 1, 1),))
        for name in names
    )
    tags = tuple(Tag(name, "") for name in names)
    path = tmp_path_factory.mktemp("map") / "map.toml"
    path.write_text("\n".join(proposal(Names.of([Picture("a", "", None, found, tags)]), config)), "utf-8")
    proposed = read_class_map(path)
    assert {*proposed.classes.values(), *proposed.keypoints.values()} <= {*options}
    assert {*proposed.options.get("paint", {}).values()} <= {*options}
    assert {*proposed.tags.values()} <= {"paint", *(f"paint={option}" for option in options)}


def test_a_value_with_an_equals_sign_is_one_value() -> None:
    """Of a tag it separates the question from the answer, and of nothing else."""
    config = LabelConfig((LabelClass("paint", ClassType.SELECT, options=("a=b", "b")),))
    pictures = [Picture("a", "", None, (), (Tag("paint", "", Answer(("A=B ",))),))]
    assert '# "A=B " = "a=b"   # 1 answer; the same name, which needs no line' in list(
        proposal(Names.of(pictures), config)
    )
