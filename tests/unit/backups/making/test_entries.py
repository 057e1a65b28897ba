"""Labels become entries that leave exactly these labels; what no entry can say is told, and kept."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.backups.making.entries import EntryMaker, MadeEntry, MediaTask, values_by_class
from bulk_importer.backups.making.held import HeldLabel
from bulk_importer.backups.making.lost import LostKind
from bulk_importer.labels.findings import kind_of
from bulk_importer.labels.label_config import read_label_config
from bulk_importer.model import Severity
from support.backups.held import CONFIG, answer, geometry
from support.places import VECTORS

_TASK = MediaTask("m1", "t1", "COMPLETED", "a.jpg")
_TRIANGLE = (1.0, 2.0, 3.0, 4.0, 5.0, 6.5)


def _entries(*held: HeldLabel) -> list[dict[str, Any]]:
    return [msgspec.json.decode(msgspec.json.encode(each)) for each in _made(*held)]


def _made(*held: HeldLabel) -> list[MadeEntry]:
    return EntryMaker(CONFIG).entries(_TASK, held)


def _lost(*held: HeldLabel) -> list[tuple[str, str]]:
    return [(lost.kind.value, lost.pointer) for lost in _made(*held)[0].backup.lost]


def test_a_media_without_labels_is_an_entry_that_empties_it() -> None:
    """A media that holds nothing, or values that nobody has set, must hold nothing after a restore."""
    expected = {
        "internal_media_ID": "m1",
        "keepData": False,
        "external_media_ID": "a.jpg",
        "backup": {"task": "t1", "state": "COMPLETED"},
    }
    assert _entries() == [expected]
    assert _entries(answer("rain", children=(answer("heavy"), answer("warm")))) == [expected]


def test_each_geometry_has_the_key_of_its_form() -> None:
    """What is read from one server is what the other reads, to the last digit."""
    (entry,) = _entries(
        geometry("POLYGON", "car", *_TRIANGLE),
        geometry("LINE", "lane", 0.1, 1e23, 5e-324, 0.30000000000000004),
        geometry("POINT", "sign", 7.0, 8.0),
        geometry("RECTANGLE", "bus", 1.0, 2.0, 3.0, 4.0),
    )
    assert entry["labels"] == {
        "car": [{"polygon": [{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 4.0}, {"x": 5.0, "y": 6.5}]}],
        "lane": [{"line": [{"x": 0.1, "y": 1e23}, {"x": 5e-324, "y": 0.30000000000000004}]}],
        "sign": [{"point": [{"x": 7.0, "y": 8.0}]}],
        "bus": [{"rectangle": [{"x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0}]}],
    }


@given(st.floats(min_value=0, allow_infinity=False, allow_nan=False))
def test_every_double_comes_back_as_it_is(number: float) -> None:
    """A coordinate is written in a text that reads back as the same double."""
    (entry,) = _entries(geometry("POINT", "sign", number, 0.0))
    assert entry["labels"]["sign"][0]["point"][0]["x"] == number


def test_geometries_stand_in_the_order_of_their_creation() -> None:
    """The server lists values in no order."""
    (entry,) = _entries(
        geometry("POINT", "sign", 2.0, 2.0, at=20), geometry("POINT", "sign", 1.0, 1.0, at=10)
    )
    assert [each["point"][0]["x"] for each in entry["labels"]["sign"]] == [1.0, 2.0]


def test_a_geometry_carries_its_classifications_and_nested_geometries() -> None:
    """All that hangs on a geometry is at its place."""
    wheel = geometry("RECTANGLE", "wheel", 1.0, 1.0, 2.0, 2.0, children=(answer("flat", "yes"),))
    held = geometry(
        "POLYGON",
        "car",
        *_TRIANGLE,
        children=(
            answer("parked", "yes", children=(answer("legal", "no"), answer("paid"))),
            answer("plate", "B 1", kind="FREETEXT"),
            wheel,
        ),
    )
    (entry,) = _entries(held)
    (car,) = entry["labels"]["car"]
    assert car["classifications"] == {"parked": ["yes", {"legal": ["no"]}], "plate": ["B 1"]}
    assert car["nested_geometries"] == {
        "wheel": [
            {"rectangle": [{"x": 1.0, "y": 1.0, "w": 2.0, "h": 2.0}], "classifications": {"flat": ["yes"]}}
        ]
    }
    assert values_by_class(_made(held)) == {
        "car": 1,
        "car/parked": 1,
        "car/parked/legal": 1,
        "car/plate": 1,
        "car/wheel": 1,
        "car/wheel/flat": 1,
    }


def test_a_tree_of_the_whole_image_takes_an_entry_for_each_branch() -> None:
    """An array has room for one child; the others follow in entries that leave alone what was said."""
    rain = answer(
        "rain",
        "yes",
        children=(answer("heavy", "no", children=(answer("flood", "yes"),)), answer("warm", "no")),
    )
    tags = answer("tags", "city", "night", kind="CHECKLIST", children=(answer("sure", "yes"),))
    first, second = _entries(rain, tags)
    assert first["keepData"] is False
    assert first["global_classifications"] == {
        "rain": ["yes", {"heavy": ["no", {"flood": ["yes"]}]}],
        "tags": ["city", {"sure": ["yes"]}, "night"],
    }
    assert second["keepData"] is True
    assert second["global_classifications"] == {"rain": [None, {"warm": ["no"]}]}
    assert "labels" not in second
    assert (first["backup"]["total"], second["backup"]["part"]) == (2, 1)


def test_a_value_below_one_that_is_not_set_hangs_on_null() -> None:
    """Null leaves the parent unset, and sets the child."""
    (entry,) = _entries(answer("rain", children=(answer("warm", "yes"),)))
    assert entry["global_classifications"] == {"rain": [None, {"warm": ["yes"]}]}
    assert [each[0] for each in entry["backup"]["values"]] == ["/global_classifications/rain/1/warm"]


def test_labeler_time_and_validity_stand_beside_each_value() -> None:
    """No import brings them back, so they are kept."""
    (entry,) = _entries(
        geometry("POINT", "sign", 1.0, 1.0, at=5, labeler="bob"), answer("rain", "yes", at=7, labeler=None)
    )
    assert entry["backup"]["labelers"] == ["bob", None]
    assert entry["backup"]["values"] == [
        ["/labels/sign/0", 0, 5, True],
        ["/global_classifications/rain", 1, 7, True],
    ]


def test_of_a_geometry_the_further_branches_are_lost_once_each() -> None:
    """Each entry makes a geometry of its own, so there is no way to say them."""
    paid = answer("paid", "yes", children=(answer("cash", "no"),))
    held = geometry(
        "POLYGON",
        "car",
        *_TRIANGLE,
        children=(answer("parked", "yes", children=(answer("legal", "no"), paid)),),
    )
    (entry,) = _made(held)
    assert entry.labels["car"][0]["classifications"] == {"parked": ["yes", {"legal": ["no"]}]}
    (lost,) = entry.backup.lost
    assert (lost.kind, lost.pointer) == (LostKind.SEVERAL, "/labels/car/0/classifications/parked/1/paid")
    assert lost.held == paid


_MISFITS = {
    "not set": geometry("POLYGON", "car", 1.0, 2.0, None, 4.0, 5.0, 6.0),
    "too few": geometry("POLYGON", "car", 1.0, 2.0, 3.0, 4.0),
    "negative": geometry("POINT", "sign", -0.5, 1.0),
    "no size": geometry("RECTANGLE", "bus", 1.0, 2.0, 3.0, None),
    "never drawn": geometry("LINE", "lane"),
}


@pytest.mark.parametrize("held", _MISFITS.values(), ids=_MISFITS)
def test_a_geometry_that_no_entry_can_have_is_kept_aside_whole(held: HeldLabel) -> None:
    """The others of its media are in the entry all the same."""
    good = geometry("POINT", "sign", 1.0, 1.0)
    (entry,) = _made(held, good)
    (lost,) = entry.backup.lost
    assert (lost.kind, lost.held) == (LostKind.COORDINATES, held)
    assert list(entry.labels) == ["sign"]


def test_what_does_not_fit_the_configuration_is_told_with_the_reason() -> None:
    """A class or an option may be gone since; an import would refuse the whole entry."""
    assert _lost(geometry("POINT", "pole", 1.0, 1.0)) == [("lost-unfit", "/labels/pole")]
    assert _lost(geometry("POINT", "car", 1.0, 1.0)) == [("lost-unfit", "/labels/car")]
    assert _lost(answer("snow", "yes")) == [("lost-unfit", "/global_classifications/snow")]
    (entry,) = _made(answer("rain", "perhaps", children=(answer("warm", "yes"),)))
    assert entry.global_classifications == {"rain": [None, {"warm": ["yes"]}]}
    assert "option-unknown" in entry.backup.lost[0].why


def test_segmentations_deep_geometries_and_second_values_are_told() -> None:
    """The import route has no place for them."""
    assert _lost(geometry("IMAGE_SEGMENTATION", "sky")) == [("lost-segmentation", "/labels/sky")]
    inner = geometry("RECTANGLE", "wheel", 1.0, 1.0, 2.0, 2.0)
    wheel = geometry("RECTANGLE", "wheel", 1.0, 1.0, 2.0, 2.0, children=(inner,))
    held = geometry("POLYGON", "car", *_TRIANGLE, children=(wheel,))
    assert _lost(held) == [("lost-depth", "/labels/car/0/nested_geometries/wheel/0")]
    assert _lost(answer("rain", "yes", at=2), answer("rain", "no", at=1)) == [
        ("lost-second", "/global_classifications/rain")
    ]
    assert _lost(answer("rain", at=2), answer("rain", "no", at=1)) == []


def test_a_value_that_would_be_valid_again_and_a_comment_are_told_and_stay() -> None:
    """The label comes back, and something about it does not."""
    held = geometry("POINT", "sign", 1.0, 1.0, valid=False, comment="look here")
    (entry,) = _made(held)
    assert [lost.kind for lost in entry.backup.lost] == [LostKind.VALIDITY, LostKind.COMMENT]
    assert all(lost.kind.is_in_entry for lost in entry.backup.lost)
    assert entry.labels["sign"]


def test_recorded_answers_of_a_server_become_the_entry_that_was_imported() -> None:
    """By either route; the recorded media was given one entry."""
    recorded = json.loads((VECTORS / "reads.json").read_text("utf-8"))
    answers = recorded["answers"]
    media, task = recorded["media"][0], recorded["task"]
    by_token = answers[f"/api/v1/task/{task}"]["body"]
    free = answers[f"/api/lcvalues/{recorded['iteration']}/{media}/{task}"]["body"]
    maker = EntryMaker(read_label_config(by_token["labelConfig"]["entries"]))
    for iteration in (by_token["labelIteration"], free):
        held = msgspec.json.decode(json.dumps(iteration["entryValues"]), type=list[HeldLabel])
        (entry,) = maker.entries(MediaTask(media, task, "BACKLOG"), held)
        assert not entry.backup.lost
        assert entry.global_classifications == {"tags": ["urban"], "weather": ["sunny", {"daytime": ["day"]}]}
        assert entry.labels["bus"] == [{"rectangle": [{"x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0}]}]
        assert sorted(entry.labels) == ["bus", "car", "poi"]


@pytest.mark.parametrize("kind", LostKind)
def test_each_kind_of_loss_is_explained(kind: LostKind) -> None:
    """By the catalogue, in which one that leaves the label in its entry is a warning."""
    assert (kind_of(kind).severity is Severity.WARNING) == kind.is_in_entry
