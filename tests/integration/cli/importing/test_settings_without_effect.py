"""What a person says and has no effect is not passed over: they believe that it has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import bulk_importer
from bulk_importer.errors import ExitCode, UsageError

CASES = {
    "media_map": (["--media-map", "nowhere.csv"], ["--media-by", "name"], "without --media-by name"),
    "dataset": (["--dataset", "nowhere"], ["--media-by", "name"], "without --media-by name"),
    "media_list": (
        ["--media-list", "nowhere", "--no-check-media"],
        ["--media-by", "name"],
        "with --no-check-media",
    ),
    "max_listing": (["--max-listing", "9", "--media-list", "ids"], [], "where no list of media is asked"),
    "replace_finished": (["--replace-finished", "--no-check-media"], [], "with --no-check-media"),
    "onto_uploaded": (["--onto-uploaded", "--no-check-media"], [], "with --no-check-media"),
    "config_poll": (["--config-poll", "9s", "--label-config", "none"], [], "without --label-config server"),
    "path": (["--path", "a.item", "--lines", "lines"], [], "with --lines lines"),
    "ca_file": (["--ca-file", "nowhere", "--server", "http://h"], [], "with a server at http://"),
    "client_cert": (["--client-cert", "nowhere", "--server", "http://h"], [], "with a server at http://"),
    "client_key": (["--client-key", "nowhere"], ["--client-cert", "x"], "without --client-cert"),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_flag_that_has_no_effect_with_the_others_is_refused(run: Any, name: str) -> None:
    """It is named, and so is what it is missing; with that it passes."""
    given, missing, why = CASES[name]
    done = await run("settings", *given)
    flag = "--" + name.replace("_", "-")
    assert (done.code, f"{flag} has no effect {why}" in done.err) == (ExitCode.USAGE, True), done.err
    assert (await run("settings", *(missing and [*given, *missing]))).code == 0


async def test_a_variable_that_has_none_is_said_and_may_be_meant_for_another_command(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where it means nothing to the command at hand, nothing is said."""
    monkeypatch.setenv("BULK_IMPORTER_MEDIA_MAP", "nowhere.csv")
    (tmp_path / "l.json").write_text("[]")
    done = await run("check", tmp_path / "l.json", "--label-config", "none", "--json")
    assert done.code == 0
    assert "variable BULK_IMPORTER_MEDIA_MAP: --media-map has no effect without --media-by name" in done.err
    done = await run("projects", "--server", "http://127.0.0.1:1", "--wait-for-server", "0s")
    assert done.code == ExitCode.SERVER
    assert "--media-map" not in done.err


def test_a_program_is_told_too() -> None:
    """It has no other way to hear of it."""
    settings = bulk_importer.Settings(server="http://h", project="p", media_map="nowhere.csv")
    with pytest.raises(UsageError, match="--media-map has no effect"):
        bulk_importer.import_labels_sync([], settings)


async def test_look_ups_refuse_a_project_that_they_do_not_look_at(run: Any) -> None:
    """A person would take the answer for that of the project."""
    for arguments in (["media", "--dataset", "d"], ["projects"]):
        done = await run(*arguments, "--server", "http://h", "--project", "p")
        assert (done.code, "--project has no effect" in done.err) == (ExitCode.USAGE, True), done.err


async def test_a_dataset_is_looked_into_whatever_else_is_given(
    sandbox: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a list of media and a map of names; where there is no server to ask, that is said."""
    project = await sandbox.prepare(name="p", media=2)
    point = {"poi": [{"point": [{"x": 1, "y": 2}]}]}
    (tmp_path / "l.json").write_text(json.dumps([{"external_media_ID": "img000001.jpg", "labels": point}]))
    (tmp_path / "ids").write_text("\n".join(project.media_ids))
    (tmp_path / "map.csv").write_text(f"a.jpg,{project.media_ids[0]}\n")
    arguments = [
        *("check", tmp_path / "l.json", "--json", "--label-config", "none", "--media-by", "name"),
        *("--dataset", "p", "--media-list", tmp_path / "ids", "--media-map", tmp_path / "map.csv"),
    ]
    alone = await run(*arguments)
    assert (alone.code, "--dataset needs --server and --project" in alone.err) == (ExitCode.USAGE, True)
    done = await run(*arguments, "--server", sandbox.url, "--project", "p")
    assert json.loads(done.out)["accepted"] == 1, done.err
