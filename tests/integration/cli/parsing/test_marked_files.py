"""Small files may begin with a byte order mark, and what cannot be read of them is a sentence and code 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode

MARK = "\ufeff"


@pytest.fixture
async def cloud(start_sandbox: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Any) -> Any:
    """A sandbox that wants a token, which stands in a file with a mark; its project `p` has two media."""
    sandbox = await start_sandbox(flavour="cloud", tokens=["secret-1"], seed=1)
    sandbox.project = await sandbox.prepare(name="p", media=2)
    monkeypatch.setenv("BULK_IMPORTER_SERVER", sandbox.url)
    monkeypatch.setenv("BULK_IMPORTER_PROJECT", "p")
    (tmp_path / "token").write_text(f"{MARK}secret-1\r\n", encoding="utf-8")
    monkeypatch.setenv("BULK_IMPORTER_TOKEN_FILE", str(tmp_path / "token"))
    return sandbox


async def test_a_token_file_may_begin_with_a_mark(
    cloud: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is what stands behind it, also where the variable was filled from such a file."""
    assert (await run("media", "--json")).code == 0
    monkeypatch.delenv("BULK_IMPORTER_TOKEN_FILE")
    assert (await run("media", "--json")).code == ExitCode.SERVER
    monkeypatch.setenv("DATAGYM_TOKEN", f"{MARK}secret-1")
    assert (await run("media", "--json")).code == 0


async def test_settings_and_headers_may_begin_with_a_mark(run: Any, tmp_path: Path) -> None:
    """Their first line counts like any other."""
    (tmp_path / "s.toml").write_text(f'{MARK}grace = "7s"\r\n', encoding="utf-8")
    done = await run("settings", "--config", tmp_path / "s.toml")
    assert (done.code, "7s" in done.out) == (0, True), done.err
    (tmp_path / "headers").write_text(f"{MARK}X-Team: a\r\nX-Key: b\r\n", encoding="utf-8")
    (tmp_path / "login").write_text(f"{MARK}ann:pass\r\n", encoding="utf-8")
    arguments = ["--server", "http://127.0.0.1:1", "--header", f"@{tmp_path / 'headers'}"]
    done = await run("doctor", *arguments, "--basic-auth-file", tmp_path / "login")
    assert done.code == ExitCode.SERVER, done.err  # it is not there, but what is sent along is understood


async def test_a_label_configuration_may_begin_with_a_mark(cloud: Any, run: Any, tmp_path: Path) -> None:
    """Whatever its form: an object, a list, the head of an export."""
    shown = json.loads((await run("label-config", "--json")).out)
    flat = [{"label_classes": [{"class_name": "poi", "geometry_type": "point"}]}, {"labels": {}}]
    (tmp_path / "l.json").write_text("[]")
    for form in (shown, shown["entries"], flat):
        (tmp_path / "config.json").write_text(MARK + json.dumps(form), encoding="utf-8")
        done = await run("check", tmp_path / "l.json", "--label-config", tmp_path / "config.json", "--json")
        assert (done.code, "label configuration in" in done.out) == (0, True), done.err


async def test_corrections_may_begin_with_a_mark(cloud: Any, run_process: Any, tmp_path: Path) -> None:
    """The first of them is a correction like the others."""
    wrong = {
        "internal_media_ID": cloud.project.media_ids[0],
        "labels": {"nothing": [{"point": [{"x": 1, "y": 2}]}]},
    }
    (tmp_path / "l.json").write_text(json.dumps([wrong]))
    assert (await run_process("import", tmp_path / "l.json", "--max-errors", "none")).code == 1
    rejected = (tmp_path / "l.json.checkpoint" / "rejected.jsonl").read_text()
    (tmp_path / "c.jsonl").write_text(MARK + rejected.replace('"nothing"', '"poi"'), encoding="utf-8")
    done = await run_process("retry", tmp_path / "l.json.checkpoint", tmp_path / "c.jsonl")
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["projects", "--token-file", "FILE"],
        ["projects", "--header", "@FILE"],
        ["projects", "--basic-auth-file", "FILE"],
        ["projects", "--ca-file", "FILE"],
        ["projects", "--client-cert", "FILE"],
        ["settings", "--config", "FILE"],
        ["check", "l.json", "--label-config", "FILE"],
        ["check", "l.json", "--media-list", "FILE"],
        ["check", "l.json", "--media-by", "name", "--media-map", "FILE"],
        ["sandbox", "--project", "p", "--label-config", "FILE"],
    ],
    ids=lambda arguments: " ".join(arguments[:-1]),
)
async def test_a_file_that_cannot_be_read_is_a_sentence_that_names_it(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """Missing, a folder, UTF-16."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BULK_IMPORTER_SERVER", "https://127.0.0.1:1")
    (tmp_path / "l.json").write_text("[]")
    (tmp_path / "folder").mkdir()
    (tmp_path / "windows.txt").write_text("id=1\r\n", encoding="utf-16")
    for name, said in (
        ("nothing", "nothing cannot be read: there is no such file."),
        ("folder", "folder cannot be read: it is a folder."),
        ("windows.txt", "windows.txt is written in UTF-16"),
    ):
        given = [each.replace("FILE", name) for each in arguments]
        if "check" in given and "--label-config" not in given:
            given += ["--label-config", "none"]
        done = await run(*given)
        assert (done.code, said in done.err) == (ExitCode.USAGE, True), done.err
