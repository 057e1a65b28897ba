"""`import --dry-run` is `check` with the same flags, whatever these are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from bulk_importer.sandbox import Sandbox
from support.entries import entry

SECONDS = re.compile(r"\d+\.\d+ s\b|\"seconds\": [\d.]+")


@pytest.fixture
async def source(
    sandbox: Sandbox, run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[Path, list[str]]:
    """Entries with keepData false, of which one is wrong, for a project that the environment names."""
    project = await sandbox.prepare(name="p", media=4)
    monkeypatch.setenv("BULK_IMPORTER_SERVER", sandbox.url)
    monkeypatch.setenv("BULK_IMPORTER_PROJECT", "p")
    monkeypatch.setenv("BULK_IMPORTER_WORKERS", "0")
    path = tmp_path / "l.json"
    path.write_text(json.dumps([entry(each, keepData=False) for each in [*project.media_ids, "nobody"]]))
    return path, list(project.media_ids)


@pytest.mark.parametrize(
    "flags",
    [[], ["--json"], ["-q", "--max-errors", "none"], ["--deny", "media-replaced", "--max-in-flight", "2"]],
)
async def test_both_say_the_same(source: tuple[Path, list[str]], run: Any, flags: list[str]) -> None:
    checked = await run("check", source[0], *flags)
    dry = await run("import", source[0], "--dry-run", *flags)
    assert (dry.code, checked.code) == (ExitCode.REJECTIONS, ExitCode.REJECTIONS)
    assert SECONDS.sub("", dry.out) == SECONDS.sub("", checked.out)
    assert "1 x error media-unknown" in dry.out or flags[:1] in (["--json"], ["-q"])


async def test_a_dry_run_sends_and_keeps_nothing(
    source: tuple[Path, list[str]], run: Any, sandbox: Sandbox
) -> None:
    path, _ = source
    await run("import", path, "--dry-run", "--checkpoint", path.parent / "cp", "--no-report")
    assert {seen.method for seen in sandbox.requests} == {"GET"}
    assert [each.name for each in path.parent.iterdir()] == ["l.json"]


async def test_what_means_nothing_to_a_check_is_named_once(source: tuple[Path, list[str]], run: Any) -> None:
    """Only what was given as a flag: a settings file is for all commands."""
    said = "--grace, --limit have no effect in a check, which sends and keeps nothing."
    for command in (["check"], ["import", "--dry-run"], ["check", "--dry-run"]):
        done = await run(*command, source[0], "--grace", "9s", "--limit", "1", "--strict")
        assert (done.code, done.err.count("no effect"), said in done.err) == (1, 1, True), done.err
    assert "no effect" not in (await run("check", source[0])).err
    quiet = await run("check", source[0], "--grace", "9s", "-q")
    assert (quiet.code, quiet.err) == (1, "")


async def test_labels_count_as_replaced_where_the_entry_would_be_sent(
    source: tuple[Path, list[str]], run: Any, run_process: Any
) -> None:
    """Not where it is rejected: then nothing is deleted."""
    path, media = source
    before = path.with_name("before.json")
    before.write_text(json.dumps([entry(each) for each in media[:3]]))
    assert (await run_process("import", before, "-q")).code == 0
    entries = [entry(each, keepData=False) for each in media]
    entries[0]["labels"] = {"no-such-class": [{"point": [{"x": 1, "y": 1}]}]}
    path.write_text(json.dumps([*entries, entries[1]]))
    found = json.loads((await run("check", path, "--json")).out)
    assert (found["accepted"], found["replacing"], found["media_replaced"]) == (4, 3, 2)
    assert "replaces    existing labels on 2 media (3 entries)" in (await run("check", path)).out
    for flags in (["--deny", "media-replaced"], ["--sample", "1"]):
        found = json.loads((await run("check", path, "--json", *flags)).out)
        assert (found["replacing"], found["media_replaced"]) == (0, 0)
    found = json.loads((await run("check", path, "--json", "--no-check-media")).out)
    assert (found["replacing"], found["media_replaced"]) == (None, None)
