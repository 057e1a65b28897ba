"""A plan is written once, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.planning.reading import read_plan
from bulk_importer.distributed.values import PLAN
from bulk_importer.errors import CheckpointUnusable, UsageError
from support.fleet.plans import draft_of, planned, write_plan


class _Failing(FolderPlace):
    """A place whose disk is full when a key is put there."""

    def __init__(self, folder: Path, *, full_at: int) -> None:
        super().__init__(folder)
        self._left = full_at

    def create(self, key: str, content: bytes) -> bool:
        if not self._left:
            raise CheckpointUnusable(self.name, "No space left on device")
        self._left -= 1
        return super().create(key, content)


def _names(place: FolderPlace) -> Sequence[str]:
    return place.names("")


def test_the_same_plan_written_again_is_the_same_plan(tmp_path: Path) -> None:
    """Whoever runs the same command again gets the same id, and nothing is changed."""
    place = FolderPlace(tmp_path / "plan")
    draft, pieces = draft_of(tmp_path / "labels.json", [[0], [1, 2]])
    once = write_plan(place, draft, pieces)
    before = _names(place)
    assert write_plan(place, draft, pieces) == once == read_plan(place)
    assert _names(place) == before


def test_another_plan_is_not_written_over_one(tmp_path: Path) -> None:
    """Workers may be at work on the first one."""
    place = FolderPlace(tmp_path / "plan")
    once = planned(place, tmp_path / "labels.json", [[0], [1, 2]])
    with pytest.raises(UsageError, match="holds another plan, and a plan is never changed"):
        planned(place, tmp_path / "labels.json", [[0, 1], [2]])
    assert read_plan(place) == once


@pytest.mark.parametrize("full_at", [0, 1, 2])
def test_a_full_disk_leaves_no_plan_and_the_same_command_goes_on(tmp_path: Path, full_at: int) -> None:
    """The plan itself is put there last."""
    draft, pieces = draft_of(tmp_path / "labels.json", [[0], [1, 2]])
    with pytest.raises(CheckpointUnusable, match="No space left"):
        write_plan(_Failing(tmp_path / "plan", full_at=full_at), draft, pieces)
    place = FolderPlace(tmp_path / "plan")
    assert place.read(PLAN) is None
    assert write_plan(place, draft, pieces) == read_plan(place)
