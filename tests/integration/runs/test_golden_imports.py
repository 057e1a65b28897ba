"""What a tool wrote lands on the server as a person sees it in that tool; the values stand beside the files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bulk_importer import Settings, import_labels
from bulk_importer.sandbox import Sandbox
from support.formats.converted import converted
from support.formats.golden import GOLDEN, Golden
from support.formats.seen import as_kept, key_of, kinds_of, label_config_of, seen_in_entries, seen_on_server


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda each: each.name)
def test_what_a_tool_wrote_becomes_what_a_person_sees(golden: Golden) -> None:
    """Without a label configuration, which takes all; and what is left behind is what is said."""
    found = converted(golden.path, golden.form, golden.choices)
    assert seen_in_entries(found.entries) == golden.expected["pictures"]
    assert found.books.left_behind == golden.expected["left"]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda each: each.name)
async def test_what_a_person_sees_lands_on_the_server(
    golden: Golden, sandbox: Sandbox, tmp_path: Path
) -> None:
    """But what a class of the project cannot hold, as a class has one type; and the account closes."""
    pictures = golden.expected["pictures"]
    kinds = kinds_of(pictures.values())
    project = await sandbox.prepare(
        name="p", media=len(pictures), label_config=label_config_of(pictures.values(), kinds)
    )
    media = dict(zip(pictures, project.media_ids, strict=True))
    with (tmp_path / "media.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("name", "id"), *media.items()])
    with (tmp_path / "sizes.csv").open("w", newline="", encoding="utf-8") as file:
        rows = ((media[name], Path(name).name, 200, 100) for name in media)
        csv.writer(file).writerows([("id", "name", "width", "height"), *rows])
    write_class_map(tmp_path / "map.csv", pictures.values())
    summary = await import_labels(golden.path, settings(golden, sandbox, tmp_path))
    assert (summary.delivered, summary.rejected, summary.owed) == (summary.entries, 0, 0), summary.findings
    held = await sandbox.labels(project.id)
    seen = {name: seen_on_server(held[media_id]) for name, media_id in media.items()}
    assert seen == {name: as_kept(picture, kinds) for name, picture in pictures.items()}
    closes(summary.conversion, golden, pictures, kinds)


def write_class_map(path: Path, pictures: Iterable[Mapping[str, Any]]) -> None:
    """What the names of a source mean in a project, whose keys are of small letters."""
    rows = {("kind", "from", "to"): None}
    for picture in pictures:
        for label, objects in picture.get("labels", {}).items():
            rows |= dict.fromkeys([("class", label, key_of(label)), ("keypoint", label, key_of(label))])
            for each in objects:
                rows |= dict.fromkeys(("attribute", name, key_of(name)) for name in each.get("said", {}))
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def closes(books: Any, golden: Golden, pictures: dict[str, Any], kinds: dict[str, str]) -> None:
    """What was read is carried or left behind; only what fits no class is left beyond what the format leaves."""
    assert books is not None
    assert books.read == {
        label: books.carried.get(label, 0) + books.left_behind.get(label, 0) for label in books.read
    }
    beyond = sum(books.left_behind.values()) - sum(golden.expected["left"].values())
    assert beyond == books.findings.get("shape-misfit", 0)


def settings(golden: Golden, sandbox: Sandbox, folder: Path) -> Settings:
    """Of an import by names, with holes that are cut."""
    return Settings(
        server=sandbox.url,
        project="p",
        workers=0,
        checkpoint=str(folder / "checkpoint"),
        source_format=golden.form,
        holes="cut",
        class_map=str(folder / "map.csv"),
        media_by="name",
        media_map=str(folder / "media.csv"),
        media_list=str(folder / "sizes.csv"),
        onto_uploaded=True,
        **golden.flags,
    )
