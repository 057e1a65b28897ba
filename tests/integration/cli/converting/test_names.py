"""Which media a picture of another tool is: by its name, as the tool writes it; with what to say where it is none."""

from __future__ import annotations

import json
import zipfile
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


async def findings(run: Any, folder: Path, *sources: Path) -> list[dict[str, Any]]:
    """What a check against a list of media finds."""
    rows = "".join(f"{number},{name}\n" for number, name in enumerate(MEDIA))
    (folder / "media.csv").write_text(f"id,name\n{rows}")
    found = folder / "found.jsonl"
    about = ["--media-list", folder / "media.csv", "--label-config", "none", "--workers", "0"]
    await run("check", *sources, *about, "--findings", found)
    return [json.loads(line) for line in found.read_text().splitlines()]


async def test_names_without_endings_and_with_other_folders_are_found(run: Any, tmp_path: Path) -> None:
    """The end of a name that one media has counts, with its ending or without."""
    source = datumaro(tmp_path / "l.json", "a", "set/IMG_0001", "here/north/d")
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


def coco(path: Path, *names: str) -> Path:
    """An archive with a file of COCO that has a box in each of these pictures."""
    images = [{"id": at, "file_name": name, "width": 100, "height": 100} for at, name in enumerate(names)]
    boxes = [{"id": at, "image_id": at, "category_id": 1, "bbox": [1, 2, 3, 4]} for at in range(len(names))]
    content = {"images": images, "categories": [{"id": 1, "name": "car"}], "annotations": boxes}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("annotations/instances.json", json.dumps(content))
    return path


async def test_pictures_of_one_file_name_are_not_sent_to_one_media(
    sandbox: Any, run_process: Any, tmp_path: Path
) -> None:
    """Each is found with its rival, and the others are sent; a map says what was meant, and the rest follows."""
    config = [{"type": "RECTANGLE", "entryKey": "car", "entryValue": "Car", "color": "#ff0000"}]
    target = await sandbox.prepare(name="p", media=3, label_config=config)
    source = coco(tmp_path / "c.zip", "a/img000000.jpg", "b/img000000.jpg", "b/img000001.jpg")
    about = ["--server", sandbox.url, "--workers", "0", "--json"]
    done = await run_process("import", source, *about, "--project", "p", "--max-errors", "none")
    summary = json.loads(done.out)
    assert (done.code, summary["delivered"]) == (1, 1), done.err
    assert summary["findings"]["media-name-contested"] == 2
    labels = await sandbox.labels(target.id)
    assert [len(labels[each]) for each in target.media_ids] == [0, 1, 0]
    rejected = (tmp_path / "c.zip.checkpoint" / "rejected.jsonl").read_text().splitlines()
    finding = json.loads(rejected[0])["findings"][0]
    assert f'media {target.media_ids[0]} is meant by "b/img000000.jpg", too' in finding["expected"]
    (tmp_path / "map.csv").write_text(f"b/img000000.jpg,{target.media_ids[2]}\n")
    named = ["--media-by", "name", "--media-map", tmp_path / "map.csv"]
    done = await run_process("retry", f"{source}.checkpoint", *about, *named)
    assert (done.code, json.loads(done.out or "{}").get("delivered")) == (0, 3), done
    labels = await sandbox.labels(target.id)
    assert [len(labels[each]) for each in target.media_ids] == [1, 1, 1]


async def test_a_check_finds_pictures_of_one_file_name_in_each_source_by_itself(
    run: Any, tmp_path: Path
) -> None:
    """Two sources may be about the same pictures."""
    sources = [coco(tmp_path / f"{name}.zip", f"{name}/a.jpg") for name in ("one", "two")]
    both = coco(tmp_path / "both.zip", "one/a.jpg", "two/a.jpg", "two/c.jpg")
    assert [each["code"] for each in await findings(run, tmp_path, *sources)] == []
    assert [each["code"] for each in await findings(run, tmp_path, sources[0], both)] == [
        "media-name-contested"
    ] * 2
