"""Lists of media and maps of names that went through a spreadsheet mean what they say, or are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.entries import entry


@pytest.fixture
async def uploaded(sandbox: Any, run_process: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A project `p` of four media that hold an upload each, and the same labels as another import `again.json`."""
    project = await sandbox.prepare(name="p", media=4)
    monkeypatch.setenv("BULK_IMPORTER_SERVER", sandbox.url)
    monkeypatch.setenv("BULK_IMPORTER_PROJECT", "p")
    for name in ("first.json", "again.json"):
        (tmp_path / name).write_text(json.dumps([entry(media_id) for media_id in project.media_ids]))
    first = await run_process("import", tmp_path / "first.json")
    assert first.code == 0, first.err
    return project


async def points(sandbox: Any, project: Any) -> list[int]:
    """How many points each media holds."""
    held = await sandbox.labels(project.id)
    return [sum(each["k"] == "poi" for each in held[media_id]) for media_id in project.media_ids]


def in_german(text: str) -> str:
    """As a spreadsheet on a German machine saves what it opened."""
    return "\ufeff" + text.replace(",", ";").replace("true", "WAHR").replace("false", "FALSCH")


def in_english(text: str) -> str:
    """As one on an English machine."""
    return text.replace("true", "TRUE").replace("false", "FALSE")


def with_tabs(text: str) -> str:
    """With a line that says what separates, and numbers in place of truth values."""
    return "sep=\t\n" + text.replace(",", "\t").replace("true", "1").replace("false", "0")


async def test_the_table_that_is_printed_for_people_is_told_from_a_list(
    uploaded: Any, run: Any, tmp_path: Path
) -> None:
    """With its head line or without; and the message names what to give instead."""
    table = (await run("media")).out.splitlines()
    for lines in (table, table[1:]):
        (tmp_path / "media.txt").write_text("\n".join(lines) + "\n")
        done = await run("check", tmp_path / "again.json", "--media-list", tmp_path / "media.txt")
        assert (done.code, "printed for people" in done.err) == (ExitCode.USAGE, True), done.err
        assert "Give what 'bulk-importer media --server URL --project P --csv' prints" in done.err


async def test_a_list_of_something_else_than_ids_is_said_to_be_one(
    uploaded: Any, run: Any, tmp_path: Path
) -> None:
    """Nothing in it is an id that a server gives out, so all that names a media would be unknown."""
    (tmp_path / "names.txt").write_text("img000000.jpg\nimg000001.jpg\n")
    arguments = ["check", tmp_path / "again.json", "--json", "--media-list"]
    report = json.loads((await run(*arguments, tmp_path / "names.txt")).out)
    assert report["findings"]["media-unknown"] == 4
    assert any("its first, 'img000000.jpg', is none that" in each for each in report["unchecked"])
    (tmp_path / "ids.txt").write_text("\n".join(uploaded.media_ids))
    report = json.loads((await run(*arguments, tmp_path / "ids.txt")).out)
    assert not any("ids at all" in each for each in report["unchecked"])


@pytest.mark.parametrize("text", ["", "\n", "id,name,state\n", "[]", "sep=;\nid;state\n"])
async def test_a_list_of_nothing_is_refused(uploaded: Any, run: Any, tmp_path: Path, text: str) -> None:
    """It is what a disk without room leaves; all that names a media would be unknown."""
    (tmp_path / "media.csv").write_text(text)
    done = await run("check", tmp_path / "again.json", "--media-list", tmp_path / "media.csv")
    assert (done.code, "media.csv lists none" in done.err) == (ExitCode.USAGE, True), done.err


async def test_names_are_not_looked_for_in_a_list_that_has_none(
    uploaded: Any, run: Any, tmp_path: Path
) -> None:
    """Beside a map of names it is a list of ids, and as good as any."""
    (tmp_path / "ids.txt").write_text("\n".join(uploaded.media_ids) + "\n")
    (tmp_path / "map.csv").write_text(f"a.jpg;{uploaded.media_ids[0]}\n")
    arguments = ["check", tmp_path / "again.json", "--media-by", "name", "--media-list", tmp_path / "ids.txt"]
    done = await run(*arguments)
    assert (done.code, "ids.txt has none" in done.err) == (ExitCode.USAGE, True), done.err
    assert (await run(*arguments, "--media-map", tmp_path / "map.csv", "--onto-uploaded")).code == 0


async def test_a_list_that_lacks_media_of_the_project_is_said_to(
    uploaded: Any, run: Any, tmp_path: Path
) -> None:
    """It may be meant, or cut short between two lines, which nothing else shows."""
    for count in (4, 3):
        (tmp_path / "ids.txt").write_text("\n".join(uploaded.media_ids[:count]) + "\n")
        done = await run("check", tmp_path / "again.json", "--json", "--media-list", tmp_path / "ids.txt")
        said = [each for each in json.loads(done.out)["unchecked"] if "leaves out" in each]
        short = (
            f"media that {tmp_path / 'ids.txt'} leaves out: it has 3, and the datasets of the project hold 4"
        )
        assert said == ([] if count == 4 else [short])


@pytest.mark.parametrize("saved", [in_english, in_german, with_tabs])
async def test_labels_do_not_come_twice_because_a_spreadsheet_saved_the_list(
    sandbox: Any, uploaded: Any, run: Any, run_process: Any, tmp_path: Path, saved: Callable[[str], str]
) -> None:
    """What it says about uploads is understood in every spelling, and guards what is there."""
    listed = tmp_path / "media.csv"
    whole = (await run("media", "--csv")).out.splitlines()
    columns = [[row.split(",")[at] for at in (0, 2, 4)] for row in whole]
    assert columns[0] == ["id", "state", "has_upload"]
    listed.write_text(saved("\n".join(map(",".join, columns)) + "\n"), encoding="utf-8")
    done = await run_process("import", tmp_path / "again.json", "--media-list", listed, "--json")
    summary = json.loads(done.out)
    assert (summary["rejected"], summary["findings"]["media-uploaded"]) == (4, 4)
    assert await points(sandbox, uploaded) == [1] * 4


async def test_a_spelling_that_nobody_knows_stops_the_import_before_it_sends(
    sandbox: Any, uploaded: Any, run_process: Any, tmp_path: Path
) -> None:
    """With the row, and what to do."""
    listed = tmp_path / "media.csv"
    rows = [f"{media_id},BACKLOG,TRUE" for media_id in uploaded.media_ids]
    listed.write_text("\n".join(["id,state,has_upload", *rows[:2], rows[2].replace("TRUE", "WAAAHR")]))
    done = await run_process("import", tmp_path / "again.json", "--media-list", listed)
    assert done.code == ExitCode.USAGE
    assert "at its row 3: 'WAAAHR' in has_upload is neither true nor false" in done.out + done.err
    assert await points(sandbox, uploaded) == [1] * 4
