"""Pictures become entries, by the class map and the label configuration; what finds no place is on the account."""

from __future__ import annotations

from typing import Any

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.model import Annotation, Answer, Box, Keypoint, Left, Picture, Point, Size, Tag
from bulk_importer.formats.writing.account import Account
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.formats.writing.places import places_of
from bulk_importer.formats.writing.writer import EntryWriter
from bulk_importer.labels.label_config import ClassType, LabelClass, LabelConfig
from bulk_importer.summary import Books

BOX = Box(1, 2, 3, 4)
RECTANGLE = {"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}
CONFIG = LabelConfig(
    (
        LabelClass(
            "car",
            ClassType.RECTANGLE,
            children=(
                LabelClass("wheel", ClassType.POINT),
                LabelClass(
                    "paint",
                    ClassType.SELECT,
                    options=("blue", "red"),
                    children=(LabelClass("shine", ClassType.FREETEXT), LabelClass("age", ClassType.FREETEXT)),
                ),
                LabelClass("seen", ClassType.CHECKLIST, options=("occluded", "truncated")),
            ),
        ),
        LabelClass("nose", ClassType.POINT),
        LabelClass(
            "weather",
            ClassType.SELECT,
            options=("rain", "sunny"),
            children=(LabelClass("daytime", ClassType.FREETEXT), LabelClass("wind", ClassType.FREETEXT)),
        ),
    )
)


def written(
    *annotations: Annotation,
    tags: tuple[Tag, ...] = (),
    config: LabelConfig | None = CONFIG,
    class_map: ClassMap | None = None,
    found: list[Left] | None = None,
) -> tuple[list[dict[str, Any]], Books]:
    """The entries of one picture, without their origins, and the account."""
    account = Account("test", ([] if found is None else found).append)
    writer = EntryWriter(places_of(config), class_map or ClassMap(), Choices(), account)
    picture = Picture("a/b.jpg", "image 7", Size(100, 100), annotations, tags)
    entries = list(writer.write(picture))
    for entry in entries:
        assert entry.pop("origin")["picture"] == "image 7"
    return entries, account.books()


def car(label: str = "car", **attributes: Answer) -> Annotation:
    """A box with attributes."""
    return Annotation(label, BOX, "annotation 1", attributes)


def test_a_name_is_compared_as_the_server_compares() -> None:
    """And written as it is configured."""
    entries, books = written(car("Car"))
    assert entries == [{"external_media_ID": "a/b.jpg", "keepData": True, "labels": {"car": [RECTANGLE]}}]
    assert books.carried == {"Car": 1}
    assert books.is_complete


def test_without_a_configuration_names_are_written_as_they_come() -> None:
    """A check says later what does not fit."""
    entries, _ = written(car("Lorry", colour=Answer(("red",))), config=None)
    assert entries[0]["labels"] == {"Lorry": [{**RECTANGLE, "classifications": {"colour": ["red"]}}]}


def test_a_class_that_the_project_does_not_have_is_left_behind_alone() -> None:
    """The rest of the picture is carried, and the nearest name is told."""
    found: list[Left] = []
    entries, books = written(car(), car("cat"), found=found)
    assert len(entries[0]["labels"]["car"]) == 1
    assert books.left_behind == {"cat": 1}
    assert not books.is_complete
    (left,) = found
    assert (left.code, left.origin) == ("class-unmapped", "image 7, annotation 1")
    assert "'car'" in left.expected


def test_several_names_may_mean_one_class_and_one_may_mean_nothing() -> None:
    """What a person chose to leave is counted, and nothing is wrong."""
    class_map = ClassMap(classes={"auto": "car", "sky": None})
    entries, books = written(car("auto"), car("sky"), class_map=class_map)
    assert len(entries[0]["labels"]["car"]) == 1
    assert books.findings == {"class-left-out": 1}
    assert books.read == {"auto": 1, "sky": 1}
    assert books.is_complete


def test_attributes_become_classifications_with_their_children() -> None:
    """By the map of names and of values, in the order that the import format has."""
    class_map = ClassMap(attributes={"colour": "paint"}, options={"colour": {"Dark Red": "Red"}})
    colour = Answer(("Dark Red",), {"shine": Answer(("much",))})
    entries, books = written(car(colour=colour, seen=Answer(("truncated", "occluded"))), class_map=class_map)
    assert entries[0]["labels"]["car"][0]["classifications"] == {
        "paint": ["red", {"shine": ["much"]}],
        "seen": ["truncated", "occluded"],
    }
    assert books.is_complete


def test_what_a_classification_cannot_hold_is_told() -> None:
    """An unknown one, an unknown option, a second value, a second child."""
    found: list[Left] = []
    paint = Answer(("green", "red", "blue"), {"shine": Answer(("much",)), "age": Answer(("old",))})
    entries, books = written(car(speed=Answer(("9",)), paint=paint), found=found)
    assert entries[0]["labels"]["car"][0]["classifications"] == {"paint": ["red", {"shine": ["much"]}]}
    assert books.findings == {"attribute-unmapped": 1, "option-unmapped": 1, "answers-several": 2}
    assert books.carried == {"car": 1}
    assert {left.label for left in found} == {"car.speed", "car.paint", "car.paint.age"}


def test_a_keypoint_goes_into_its_object_where_the_configuration_has_it_there() -> None:
    """Else to a class of points at the root, else it is left behind."""
    points = (Keypoint("wheel", 1, 1), Keypoint("nose", 2, 2), Keypoint("tail", 3, 3))
    entries, books = written(Annotation("car", BOX, "1", keypoints=points))
    assert entries[0]["labels"] == {
        "car": [{**RECTANGLE, "nested_geometries": {"wheel": [{"point": [{"x": 1, "y": 1}]}]}}],
        "nose": [{"point": [{"x": 2, "y": 2}]}],
    }
    assert books.read == {"car": 1, "car.wheel": 1, "car.nose": 1, "car.tail": 1}
    assert books.left_behind == {"car.tail": 1}


def test_what_is_nested_goes_to_the_root_where_it_has_no_other_place() -> None:
    """Or where what it is nested in was left behind."""
    nose = Annotation("nose", Point(5, 5), "2")
    wheel = Annotation("wheel", Point(6, 6), "3")
    entries, books = written(Annotation("car", BOX, "1", within=(nose, wheel)))
    assert entries[0]["labels"]["nose"] == [{"point": [{"x": 5, "y": 5}]}]
    assert "wheel" in entries[0]["labels"]["car"][0]["nested_geometries"]
    entries, books = written(Annotation("cat", BOX, "1", within=(nose,)))
    assert entries[0]["labels"] == {"nose": [{"point": [{"x": 5, "y": 5}]}]}
    assert books.left_behind == {"cat": 1}


def test_a_label_of_the_whole_picture_goes_to_the_classification_that_has_it_as_an_option() -> None:
    """Or where the map says; or to none, which is told."""
    class_map = ClassMap(tags={"wet": "weather=rain"})
    assert written(tags=(Tag("Sunny", ""),))[0][0]["global_classifications"] == {"weather": ["sunny"]}
    assert written(tags=(Tag("wet", ""),), class_map=class_map)[0][0]["global_classifications"] == {
        "weather": ["rain"]
    }
    assert written(tags=(Tag("snow", ""),))[1].findings == {"tag-unmapped": 1}


def test_several_children_of_the_picture_become_further_entries() -> None:
    """Which add to the first, as they come behind it."""
    below = {"daytime": Answer(("noon",)), "wind": Answer(("none",))}
    entries, books = written(tags=(Tag("weather", "", Answer(("rain",), below)),))
    assert [entry["global_classifications"] for entry in entries] == [
        {"weather": ["rain", {"daytime": ["noon"]}]},
        {"weather": [None, {"wind": ["none"]}]},
    ]
    assert entries[1]["keepData"] is True
    assert (books.pictures, books.entries) == (1, 2)


def test_origins_stand_beside_the_geometries_in_their_order() -> None:
    """So that a finding leads back to the source."""
    writer = EntryWriter(places_of(CONFIG), ClassMap(), Choices(), Account("test"))
    annotations = (Annotation("car", BOX, "annotation 4"), Annotation("car", BOX, "annotation 9"))
    (entry,) = writer.write(Picture("b.jpg", "image 7", None, annotations))
    assert entry["origin"] == {"picture": "image 7", "labels": {"car": ["annotation 4", "annotation 9"]}}


def test_a_picture_of_which_all_is_left_behind_replaces_nothing() -> None:
    """One without labels does, where labels are replaced: that is what it says."""
    writer = EntryWriter(places_of(CONFIG), ClassMap(), Choices(keep_data=False), Account("test"))

    def keeps(*annotations: Annotation) -> bool:
        (entry,) = writer.write(Picture("b.jpg", "image 7", None, annotations))
        return bool(entry["keepData"])

    assert not keeps(Annotation("car", BOX, "1"), Annotation("cat", BOX, "2"))
    assert keeps(Annotation("cat", BOX, "2"))
    assert not keeps()
