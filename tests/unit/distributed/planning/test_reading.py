"""A plan that is read is the one that was written, or is refused with the way out."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.planning.reading import encoded_plan, id_of, pieces_of, read_plan
from bulk_importer.distributed.values import PLAN
from bulk_importer.errors import PlanUnusable, UsageError
from support.fleet.plans import planned


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    """Where a plan of two shards lies."""
    place = FolderPlace(tmp_path / "plan")
    planned(place, tmp_path / "labels.json", [[0, 2], [1, 3, 4]])
    return place


def _rewritten(place: FolderPlace, **changes: object) -> None:
    plan = json.loads(place.read(PLAN) or b"")
    place.replace(PLAN, json.dumps(plan | changes).encode())


def test_a_plan_and_its_pieces_are_read_as_they_were_written(place: FolderPlace, tmp_path: Path) -> None:
    """The id is the digest of all else, and each piece gives its bytes of the source."""
    plan = read_plan(place)
    assert plan.id == id_of(plan)
    first, second = (pieces_of(place, shard) for shard in plan.shards)
    assert [piece.first for piece in (*first, *second)] == [0, 2, 1, 3, 4]
    content = (tmp_path / "labels.json").read_bytes()
    entries = [msgspec.json.decode(content[each.offset : each.offset + each.length]) for each in second]
    assert [each["internal_media_ID"] for each in entries] == ["m1", "m3", "m4"]


def test_a_place_without_a_plan_names_the_command_that_makes_one(tmp_path: Path) -> None:
    """Whoever names the wrong folder is told how a plan comes into being there."""
    with pytest.raises(UsageError, match=r"holds no plan\. Make one: bulk-importer plan SOURCE"):
        read_plan(FolderPlace(tmp_path / "nothing"))


def test_a_plan_whose_making_was_stopped_is_made_by_the_same_command(
    place: FolderPlace, tmp_path: Path
) -> None:
    """Pieces without a plan are what a crash leaves."""
    (tmp_path / "plan" / PLAN).unlink()
    with pytest.raises(UsageError, match="the beginning of a plan"):
        read_plan(place)


@pytest.mark.parametrize(
    "changes", [{"entries": 6}, {"id": "0" * 32}, {"comment": "?"}, {"entries": "5"}, {"shards": None}]
)
def test_a_plan_that_was_changed_is_refused(place: FolderPlace, changes: dict[str, object]) -> None:
    """Whatever was changed in it: a number, the id, a key that was added, a type."""
    _rewritten(place, **changes)
    with pytest.raises(PlanUnusable, match="not what was written"):
        read_plan(place)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff"])
def test_what_is_no_plan_at_all_is_refused(place: FolderPlace, content: bytes) -> None:
    """It was cut short, or something else has that name."""
    place.replace(PLAN, content)
    with pytest.raises(PlanUnusable, match="not what was written"):
        read_plan(place)


def test_a_plan_of_another_version_is_refused_by_its_version(place: FolderPlace) -> None:
    """Also where that version has other keys."""
    place.replace(PLAN, b'{"version": 2, "parts": []}')
    with pytest.raises(PlanUnusable, match="it has version 2, and this program reads version 1"):
        read_plan(place)


def test_pieces_that_are_missing_or_changed_are_refused(place: FolderPlace, tmp_path: Path) -> None:
    """Nothing of such a shard can be proven."""
    first, second = read_plan(place).shards
    place.replace(f"shards/{first.pieces}", b'[[0,2,1,20,"00"]]')
    with pytest.raises(PlanUnusable, match="its digest is another one"):
        pieces_of(place, first)
    (tmp_path / "plan" / "shards" / second.pieces).unlink()
    with pytest.raises(PlanUnusable, match="the pieces of shard 1, is not there"):
        pieces_of(place, second)


def test_a_plan_is_the_same_bytes_each_time(place: FolderPlace) -> None:
    """So a plan that is made again can be compared."""
    plan = read_plan(place)
    assert encoded_plan(plan) == place.read(PLAN)
