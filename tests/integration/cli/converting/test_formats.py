"""`formats` says what is read, what becomes of it, and what to export instead; `formats propose` begins a class map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bulk_importer.errors import ExitCode
from bulk_importer.formats.shapes.shaping import BECOMES
from bulk_importer.formats.table import FORMATS
from support.places import VECTORS

TASKS = VECTORS / "formats" / "label_studio" / "tool" / "tasks.json"


async def test_formats_are_listed_with_what_becomes_of_them(run: Any) -> None:
    """For people and for programs, all of them or one."""
    shown = (await run("formats")).out
    listed = json.loads((await run("formats", "--json")).out)
    assert [each["name"] for each in listed["formats"]] == list(FORMATS)
    assert listed["shapes"] == dict(BECOMES)
    for each in listed["formats"]:
        assert f"\n{each['name']} " in f"\n{shown}"
        assert each["written_by"]
        assert each["carried"]
    assert all(shape in shown and becomes in shown for shape, becomes in BECOMES.items())
    alone = await run("formats", "coco")
    assert (
        "prefer       Label Studio's JSON, as its COCO has lost that a box is turned; CVAT for" in alone.out
    )
    assert "yolo" not in alone.out


async def test_a_proposed_class_map_is_taken_as_it_is_written(run: Any, tmp_path: Path) -> None:
    """It has every name with its count; what is near is carried by it, and what is like nothing is left behind."""
    color = {"type": "SELECT", "entryKey": "color", "options": {"red_": "r", "blue": "b"}}
    entries = [{"type": "RECTANGLE", "entryKey": "strasses", "children": [color]}]
    (tmp_path / "config.json").write_text(json.dumps({"entries": entries}))
    about = [TASKS, "--label-config", tmp_path / "config.json"]
    proposed = await run("formats", "propose", *about, "--output", tmp_path / "map.toml")
    assert proposed.code == ExitCode.DELIVERED, proposed.err
    text = (tmp_path / "map.toml").read_text("utf-8")
    assert '"Straße" = "strasses"   # 1 object; the nearest name: is it meant?' in text
    assert '# "car" = false   # 4 objects; nothing in the project is like it' in text
    assert '"red" = "red_"   # 1 answer; the nearest name: is it meant?' in text
    done = await run(
        "convert", *about, "--class-map", tmp_path / "map.toml", "--output", tmp_path / "o.jsonl"
    )
    assert done.code == ExitCode.REJECTIONS, done.err
    first = json.loads((tmp_path / "o.jsonl").read_text("utf-8").splitlines()[0])
    assert [each["classifications"] for each in first["labels"]["strasses"]] == [{"color": ["red_"]}]
