"""A conversion says what it does, how much of that is done, and out of how much."""

from __future__ import annotations

import json
import random
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.formats.documents.coco.text import parts, sections, window
from bulk_importer.formats.table import format_named
from bulk_importer.pipeline.conversion import spill
from bulk_importer.pipeline.conversion.choosing import Chosen
from bulk_importer.pipeline.conversion.spill import Conversion
from bulk_importer.settings import Settings
from bulk_importer.sources.members import open_members


def coco(path: Path, *, shuffled: bool) -> Path:
    """A file with some pictures."""
    rows = [{"id": at, "image_id": at // 4, "category_id": 1, "bbox": [1, 1, 1, 1]} for at in range(400)]
    if shuffled:
        random.Random(1).shuffle(rows)
    images = [{"id": at, "file_name": f"{at}.jpg"} for at in range(100)]
    path.write_text(
        json.dumps({"images": images, "annotations": rows, "categories": [{"id": 1, "name": "car"}]})
    )
    return path


def passed(path: Path, form: str, scratch: Path, workers: int = 0) -> list[tuple[str, int, int, str, int]]:
    """What is said while a source is converted."""
    said: list[tuple[str, int, int, str, int]] = []
    chosen = Chosen(format_named(form), open_members(path), scratch, None, was_recognised=False)
    conversion = Conversion.of(
        chosen, Settings(workers=workers), None, found=lambda _: None, passed=lambda *each: said.append(each)
    )
    with (scratch.parent / "out.jsonl").open("wb") as file:
        conversion.write(file)
    chosen.close()
    return said


@pytest.mark.parametrize("shuffled", [False, True])
def test_each_pass_over_a_file_is_told_by_itself(
    tmp_path: Path, shuffled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them is at its end before it is over, and only the last one has entries."""
    monkeypatch.setattr(window, "STRETCH_BYTES", 4096)
    monkeypatch.setattr(sections, "STRETCH_BYTES", 4096)
    path = coco(tmp_path / "coco.json", shuffled=shuffled)
    said = passed(path, "coco", tmp_path / "scratch")
    phases: dict[str, list[Any]] = {key: list(each) for key, each in groupby(said, lambda one: one[0])}
    assert list(phases) == ["looking through", *["sorting by picture"] * shuffled, "converting"]
    for phase, steps in phases.items():
        assert len(steps) > 1 or (shuffled and phase == "converting")
        done, totals = [each[1] for each in steps], {each[2] for each in steps}
        assert done == sorted(set(done))
        assert len(totals) == 1
        assert 0.8 * max(totals) < done[-1] <= max(totals)
    assert phases["looking through"][0][2] == path.stat().st_size
    assert said[-1][1:] == (said[-1][2], said[-1][2], "bytes", 100)


@pytest.mark.parametrize("shuffled", [False, True])
def test_children_come_to_what_one_process_comes_to(
    tmp_path: Path, shuffled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They look through the file in parts, sort it where that is needed, and convert it; each is told as it goes."""
    monkeypatch.setattr(sections, "STRETCH_BYTES", 4096)
    monkeypatch.setattr(parts, "PART_BYTES", 4096)
    monkeypatch.setattr(spill, "_WORTH_CHILDREN", 0)
    path = coco(tmp_path / "coco.json", shuffled=shuffled)
    passed(path, "coco", tmp_path / "scratch")
    alone = (tmp_path / "out.jsonl").read_bytes()
    said = passed(path, "coco", tmp_path / "scratch", workers=2)
    assert (tmp_path / "out.jsonl").read_bytes() == alone
    phases = [key for key, _ in groupby(said, lambda one: one[0])]
    assert phases == ["looking through", *["sorting by picture"] * shuffled, "converting"]
    assert sum(each[0] != "converting" for each in said) > 5


def test_a_folder_is_told_by_its_pictures(tmp_path: Path) -> None:
    """Of files nobody knows how large they are before they are read."""
    source = tmp_path / "set"
    (source / "labels").mkdir(parents=True)
    (source / "data.yaml").write_text("names: {0: car}\n")
    for at in range(300):
        (source / "labels" / f"{at}.txt").write_text("")
    assert passed(source, "yolo", tmp_path / "scratch") == [
        ("converting", 256, 300, "pictures", 256),
        ("converting", 300, 300, "pictures", 300),
    ]
