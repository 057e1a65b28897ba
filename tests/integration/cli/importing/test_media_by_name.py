"""`--media-by name` lets an input come from where ids are not known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from bulk_importer.sandbox import FaultScript


@pytest.fixture
async def target(sandbox: Any, run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A sandbox with a project `p` of five media, and an input that names them by file name."""
    project = await sandbox.prepare(name="p", media=5)
    monkeypatch.setenv("BULK_IMPORTER_SERVER", sandbox.url)
    monkeypatch.setenv("BULK_IMPORTER_PROJECT", "p")
    entries = [by_name(f"images/img{number:06}.jpg") for number in range(5)]
    (tmp_path / "l.json").write_text(json.dumps(entries))
    return project


def by_name(name: str) -> dict[str, Any]:
    """An entry without an id."""
    return {"external_media_ID": name, "labels": {"poi": [{"point": [{"x": 1, "y": 2}]}]}}


async def test_an_import_by_name_reaches_the_media_that_are_meant(
    sandbox: Any, target: Any, run_process: Any, tmp_path: Path
) -> None:
    """Also when it is interrupted and goes on, by processes as by threads."""
    arguments = [tmp_path / "l.json", "--media-by", "name", "--json"]
    first = await run_process(
        "import", *arguments, "--limit", "2", "--segment-bytes", "100", "--workers", "1"
    )
    assert json.loads(first.out)["delivered"] == 2, first.err
    done = await run_process("import", *arguments)
    assert (done.code, json.loads(done.out)["delivered"]) == (0, 5)
    assert json.loads(done.out)["this_run"]["requests"] < 3  # what was joined anew is one body all the same
    labels = await sandbox.labels(target.id)
    assert [
        len([each for each in labels[media_id] if each["k"] == "poi"]) for media_id in target.media_ids
    ] == [1] * 5


async def test_another_way_to_name_media_is_another_checkpoint(
    target: Any, run_process: Any, tmp_path: Path
) -> None:
    """What was delivered would not be what it is."""
    await run_process("import", tmp_path / "l.json", "--media-by", "name", "--limit", "2")
    done = await run_process("import", tmp_path / "l.json")
    assert (done.code, "media_by" in done.err) == (ExitCode.CHECKPOINT, True)


@pytest.mark.parametrize("where", ["--dataset", "--media-list", "--media-map"])
async def test_names_come_from_where_the_user_says(target: Any, run: Any, tmp_path: Path, where: str) -> None:
    """A dataset of the server, a list as `media` prints it, or a map that goes before all others."""
    given: object = "p"
    if where == "--media-list":
        (tmp_path / "media.csv").write_text((await run("media", "--csv")).out)
        given = tmp_path / "media.csv"
    elif where == "--media-map":
        (tmp_path / "map.csv").write_text(f"name,id\nimages/img000004.jpg,{target.media_ids[0]}\n")
        given = tmp_path / "map.csv"
    done = await run(
        "check", tmp_path / "l.json", "--media-by", "name", where, given, "--json", "--workers", "0"
    )
    report = json.loads(done.out)
    assert (report["exit_code"], report["accepted"]) == (0, 5)
    assert report["media_accepted"] == (4 if where == "--media-map" else 5)


async def test_a_map_alone_needs_no_server(run: Any, tmp_path: Path) -> None:
    """Names that it does not have are unknown."""
    (tmp_path / "l.json").write_text(json.dumps([by_name("a.jpg"), by_name("b.jpg")]))
    (tmp_path / "map.csv").write_text("a.jpg,some-id\n")
    arguments = ["check", tmp_path / "l.json", "--media-by", "name", "--workers", "0", "--json"]
    report = json.loads((await run(*arguments, "--media-map", tmp_path / "map.csv")).out)
    assert (report["accepted"], report["findings"]["media-name-unknown"]) == (1, 1)
    nothing = await run(*arguments)
    assert (nothing.code, "no names to go by" in nothing.err) == (ExitCode.USAGE, True)
    (tmp_path / "map.csv").write_text("a.jpg\n")
    wrong = await run(*arguments, "--media-map", tmp_path / "map.csv")
    assert (wrong.code, "row 1 has no name or no id" in wrong.err) == (ExitCode.USAGE, True)


async def test_an_unknown_name_is_answered_with_those_that_are_like_it(run: Any, tmp_path: Path) -> None:
    """Where the names come from a map as where they come from a server."""
    (tmp_path / "l.json").write_text(json.dumps([by_name("Cam-1.png"), by_name("other.jpg")]))
    (tmp_path / "map.csv").write_text("cam_01.jpg,some-id\n")
    findings = tmp_path / "found.jsonl"
    arguments = ["check", tmp_path / "l.json", "--media-by", "name", "--workers", "0", "--findings", findings]
    await run(*arguments, "--media-map", tmp_path / "map.csv")
    expected = [json.loads(line)["expected"] for line in findings.read_text().splitlines()]
    named = "the name of a media of the project"
    assert [each for each in expected if named in each] == [f'{named}, such as "cam_01.jpg"', named]


async def test_a_map_that_was_mended_counts_when_the_import_goes_on(
    sandbox: Any, target: Any, run_process: Any, tmp_path: Path
) -> None:
    """What was delivered stays; what is still owed goes where the map says now."""
    given = tmp_path / "map.csv"
    given.write_text(f"images/img000004.jpg,{target.media_ids[0]}\n")
    arguments = [tmp_path / "l.json", "--media-by", "name", "--media-map", given, "--json"]
    first = await run_process("import", *arguments, "--limit", "2", "--segment-bytes", "100")
    assert json.loads(first.out)["delivered"] == 2, first.err
    given.write_text(f"images/img000004.jpg,{target.media_ids[4]}\n")
    done = await run_process("import", *arguments)
    assert (done.code, json.loads(done.out)["delivered"]) == (0, 5), done.err
    labels = await sandbox.labels(target.id)
    points = [len([each for each in labels[media_id] if each["k"] == "poi"]) for media_id in target.media_ids]
    assert points == [1] * 5
    assert (await run_process("import", *arguments)).code == 0


async def test_a_list_that_was_completed_counts_when_the_import_goes_on(
    target: Any, run_process: Any, tmp_path: Path
) -> None:
    """An entry for a media that it lacked at first passes; our own uploads are not held against us."""
    listed = tmp_path / "media.txt"
    listed.write_text("\n".join(target.media_ids[:2]))
    point = {"poi": [{"point": [{"x": 1, "y": 2}]}]}
    ids = [*target.media_ids[:2], *target.media_ids]
    entries = [{"internal_media_ID": each, "labels": point} for each in ids]
    (tmp_path / "ids.json").write_text(json.dumps(entries))
    arguments = [tmp_path / "ids.json", "--media-list", listed, "--segment-bytes", "100", "--json"]
    await run_process("import", *arguments, "--limit", "2")
    listed.write_text("\n".join(target.media_ids[:4]))
    done = json.loads((await run_process("import", *arguments)).out)
    assert (done["delivered"], done["rejected"], done["findings"]["media-unknown"]) == (6, 1, 1)
    assert "media-uploaded" not in done["findings"]
    listed.unlink()
    gone = await run_process("import", *arguments)
    assert gone.code == 1  # nothing is left to do, so nothing is needed
    (tmp_path / "ids.json.checkpoint").rename(tmp_path / "other")
    gone = await run_process("import", *arguments)
    assert (gone.code, f"{listed} cannot be read" in gone.err) == (ExitCode.USAGE, True)


async def test_names_keep_their_meaning_while_an_answer_is_lost(
    start_sandbox: Any, run_process: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What became of a request is asked of the media that it was sent to."""
    sandbox = await start_sandbox(faults=FaultScript(["reset before commit"]), seed=1)
    project = await sandbox.prepare(name="p", media=2)
    monkeypatch.setenv("BULK_IMPORTER_SERVER", sandbox.url)
    monkeypatch.setenv("BULK_IMPORTER_PROJECT", "p")
    (tmp_path / "l.json").write_text(json.dumps([by_name("a.jpg")]))
    given = tmp_path / "map.csv"
    given.write_text(f"a.jpg,{project.media_ids[0]}\n")
    arguments = [tmp_path / "l.json", "--media-by", "name", "--media-map", given, "--no-check-media"]
    first = await run_process("import", *arguments, "--doubt-wait", "0s")
    assert first.code == ExitCode.IN_DOUBT, first.err
    given.write_text(f"a.jpg,{project.media_ids[1]}\n")
    done = await run_process("import", *arguments)
    assert done.code == ExitCode.USAGE
    assert "were lost" in done.err


async def test_a_retry_protects_media_that_are_named_by_file_name(
    sandbox: Any, target: Any, run_process: Any, tmp_path: Path
) -> None:
    """What is fed again does not wipe what came later; and it is not fed at all to media that are named otherwise."""
    name = "images/img000000.jpg"
    wiping = {**by_name(name), "keepData": False, "labels": {"no-such-class": by_name(name)["labels"]["poi"]}}
    source = tmp_path / "wiping.json"
    source.write_text(json.dumps([wiping, by_name(name), by_name("images/img000001.jpg")]))
    await run_process("import", source, "--media-by", "name", "--max-errors", "none")
    line = json.loads((tmp_path / "wiping.json.checkpoint" / "rejected.jsonl").read_text())
    line["entry"]["labels"] = {"poi": [{"point": [{"x": 9, "y": 2}]}]}
    (tmp_path / "c.jsonl").write_text(json.dumps(line))
    retry = ["retry", tmp_path / "wiping.json.checkpoint", tmp_path / "c.jsonl", "--json"]
    refused = await run_process(*retry)
    assert (refused.code, "--media-by name" in refused.err) == (ExitCode.USAGE, True)
    held = json.loads((await run_process(*retry, "--media-by", "name")).out)
    assert (held["held_back"], held["delivered"]) == ([0], 2)
    fed = json.loads((await run_process(*retry, "--media-by", "name", "--out-of-order")).out)
    assert (fed["held_back"], fed["delivered"]) == ([], 3)
