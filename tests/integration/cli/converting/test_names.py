"""Which media a picture of another tool is: by its name, as the tool writes it; with what to say where it is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MEDIA = ["a.jpg", "c.jpg", "c.png", "IMG_0001.jpg", "north/d.jpg", "south/d.jpg"]


def datumaro(path: Path, *names: str) -> Path:
    """A source whose pictures have lost their endings, as Datumaro writes it."""
    box = {"id": 0, "type": "bbox", "attributes": {}, "group": 0, "label_id": 0, "bbox": [1, 2, 3, 4]}
    items = [
        {"id": name, "annotations": [box], "image": {"path": None, "size": [100, 200]}} for name in names
    ]
    categories = {"label": {"labels": [{"name": "car", "parent": "", "attributes": []}], "attributes": []}}
    path.write_text(json.dumps({"info": {}, "categories": categories, "items": items}))
    return path


async def findings(run: Any, folder: Path, source: Path) -> list[dict[str, Any]]:
    """What a check against a list of media finds."""
    rows = "".join(f"{number},{name}\n" for number, name in enumerate(MEDIA))
    (folder / "media.csv").write_text(f"id,name\n{rows}")
    found = folder / "found.jsonl"
    about = ["--media-list", folder / "media.csv", "--label-config", "none", "--workers", "0"]
    await run("check", source, *about, "--findings", found)
    return [json.loads(line) for line in found.read_text().splitlines()]


async def test_names_without_endings_and_with_other_folders_are_found(run: Any, tmp_path: Path) -> None:
    """The end of a name that one media has counts, with its ending or without."""
    source = datumaro(tmp_path / "l.json", "a", "set/a", "IMG_0001", "here/north/d")
    assert [each for each in await findings(run, tmp_path, source) if "name" in each["code"]] == []


async def test_names_of_several_media_and_of_none_are_answered_with_candidates(
    run: Any, tmp_path: Path
) -> None:
    """Two of one stem, two of one base name; and what is like a name that no media has."""
    source = datumaro(tmp_path / "l.json", "c", "d", "img_1", "other")
    found = [each for each in await findings(run, tmp_path, source) if "name" in each["code"]]
    assert [(each["code"], each["expected"], each["found"]) for each in found] == [
        ("media-name-ambiguous", "a name that one media has, and not 1, 2", '"c"'),
        ("media-name-ambiguous", "a name that one media has, and not 4, 5", '"d"'),
        ("media-name-unknown", 'the name of a media of the project, such as "IMG_0001.jpg"', '"img_1"'),
        ("media-name-unknown", "the name of a media of the project", '"other"'),
    ]
