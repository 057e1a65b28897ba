"""The index of a project's media is small, shared, and what was written."""

from __future__ import annotations

from array import array
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.labels.entry import lane_of
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.rules import MediaFlag
from bulk_importer.media.task_runs import MediaTask, TaskRun


def test_a_media_is_found_by_its_lane(tmp_path: Path) -> None:
    """And by no other."""
    uploaded = MediaFlag.IMPORTABLE | MediaFlag.UPLOADED
    tasks = [MediaTask(f"Media-{number}", 1 if number % 3 else uploaded) for number in range(2000)]
    index = MediaIndex.write(tmp_path / "media", [TaskRun.of(tasks[:999]), TaskRun.of(tasks[999:])])
    assert len(index) == index.importable == 2000
    for number in range(2000):
        assert index.flags(f"media-{number}") == (1 if number % 3 else uploaded)
        assert index.is_free(f"mEdia-{number} ") == bool(number % 3)
    assert index.flags("media-2000") is None
    assert not index.is_free("MEDIA-2000")
    assert not index.is_sized
    assert index.size("media-1") is None


def test_the_tasks_of_one_media_are_made_one(tmp_path: Path) -> None:
    """Two default tasks are an ambiguity; a default and a benchmark task are not."""
    tasks = [
        MediaTask("A", MediaFlag.IMPORTABLE),
        MediaTask("a ", MediaFlag.IMPORTABLE | MediaFlag.UPLOADED),
        MediaTask("b", MediaFlag.IMPORTABLE),
        MediaTask("b", MediaFlag.BENCHMARK, 4, 3),
        MediaTask("c", MediaFlag.BENCHMARK),
    ]
    index = MediaIndex.write(tmp_path / "media", [TaskRun.of(tasks)])
    assert (len(index), index.importable) == (3, 2)
    assert index.flags("a") == MediaFlag.IMPORTABLE | MediaFlag.UPLOADED | MediaFlag.TWICE
    assert index.flags("b") == MediaFlag.IMPORTABLE | MediaFlag.BENCHMARK
    assert index.is_sized
    assert index.size("b") == (4, 3)
    assert index.size("a") is None
    assert index.size("z") is None


class Media(NamedTuple):
    """What a dict knows about a media."""

    flags: int = 0
    size: tuple[int, int] | None = None

    def with_task(self, flags: int, width: int, height: int) -> Media:
        """The same, and a further task."""
        twice = MediaFlag.TWICE.value if self.flags & flags & MediaFlag.IMPORTABLE else 0
        return Media(self.flags | flags | twice, (width, height) if width and height else self.size)


PIXELS = st.sampled_from([0, 0, 0, 1, 640, (1 << 32) - 1])
FLAGS = st.sampled_from([1, 1, 1, 2, 5, 9, 13])
IDS = st.text("abAB é́ ß", min_size=1, max_size=3)
TASKS = st.builds(MediaTask, IDS, FLAGS, PIXELS, PIXELS)


@given(st.lists(st.lists(TASKS, max_size=20), max_size=4), st.lists(IDS))
def test_the_index_knows_what_a_dict_knows(runs: list[list[MediaTask]], others: list[str]) -> None:
    """Of any tasks in any order, many of which share a lane; and it is as many media."""
    known: dict[str, Media] = {}
    for media_id, *said in (task for run in runs for task in run):
        known[lane_of(media_id)] = known.get(lane_of(media_id), Media()).with_task(*said)
    with TemporaryDirectory() as folder:
        index = MediaIndex.write(Path(folder) / "media", map(TaskRun.of, runs))
    assert (len(index), index.importable) == (len(known), sum(media.flags & 1 for media in known.values()))
    assert index.is_sized == any(media.size for media in known.values())
    for media_id in {*others, *(task.media_id for run in runs for task in run)}:
        lane = lane_of(media_id)
        expected = known.get(lane, Media())
        assert (index.flags(lane) or 0, index.size(lane)) == expected
        assert index.is_free(media_id) == (expected == (MediaFlag.IMPORTABLE, None))


# Keys that want the same few slots, the last of the table among them, whatever its size up to 2^16.
CROWDED = st.builds(
    lambda above, slot: (above << 16) + slot, st.integers(1, 40), st.sampled_from([0, 1, -1, -2])
)


@given(st.lists(CROWDED, max_size=200), st.lists(CROWDED, max_size=20))
def test_keys_that_want_the_same_slot_are_told_apart(keys: list[int], others: list[int]) -> None:
    """They stand behind each other, over the end of the table."""
    known: dict[int, Media] = {}
    for key in keys:
        known[key] = known.get(key, Media()).with_task(1, key, 2)
    run = TaskRun(array("Q", keys), bytes([1]) * len(keys), array("Q", [key | 2 << 32 for key in keys]))
    with TemporaryDirectory() as folder:
        index = MediaIndex.write(Path(folder) / "media", [run])
    assert len(index) == len(known)
    for key in {*keys, *others}:
        assert (index.flags_of(key) or 0) == known.get(key, Media()).flags


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_lane_is_its_own_lane(media_id: str) -> None:
    """Therefore an id that is found as it stands is free without its lane being made."""
    assert lane_of(lane_of(media_id)) == lane_of(media_id)


def test_an_index_may_be_empty_and_may_be_written_again(tmp_path: Path) -> None:
    """The new one takes the place of the old one."""
    path = tmp_path / "media"
    assert len(MediaIndex.write(path, [])) == 0
    assert MediaIndex.write(path, [TaskRun.of_lanes(["a"])]).flags("a") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["media"]


@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: data[:-1] + b"\xff", lambda data: b"x" * len(data)]
)
def test_what_was_not_written_is_refused(tmp_path: Path, change: object) -> None:
    """A damaged index would let entries pass; it can be made anew."""
    path = tmp_path / "media"
    MediaIndex.write(path, [TaskRun.of_lanes(["a"])])
    assert callable(change)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(CheckpointUnusable, match="made anew"):
        MediaIndex(path)


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    """A missing file, an empty one, a missing folder."""
    with pytest.raises(CheckpointUnusable, match="cannot be read"):
        MediaIndex(tmp_path / "none")
    (tmp_path / "empty").touch()
    with pytest.raises(CheckpointUnusable, match="cannot be read"):
        MediaIndex(tmp_path / "empty")
    with pytest.raises(CheckpointUnusable, match="cannot be written"):
        MediaIndex.write(tmp_path / "none" / "media", [])
