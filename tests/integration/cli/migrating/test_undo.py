"""`undo` as a person uses it, and `verify` of what was taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp

from bulk_importer.errors import ExitCode
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.backups.scene import built_scene, plain
from support.entries import entry
from support.importing import import_file


async def test_media_that_an_undo_brings_back_in_part_are_counted_and_named(
    sandbox: Sandbox, tmp_path: Path, run_process: Any
) -> None:
    """Where a media held all kinds of labels, and an import emptied it; the command does not end with 0 then."""
    async with aiohttp.ClientSession() as session:
        scene = await built_scene(sandbox, session)
    before = plain(await sandbox.labels(scene.project.id))
    path = tmp_path / "wipe.json"
    path.write_text(
        json.dumps([{"internal_media_ID": each, "keepData": False} for each in scene.project.media_ids])
    )
    await import_file(path, Settings(server=sandbox.url, project="p", workers=0, onto_uploaded=True))
    done = await run_process("undo", f"{path}.checkpoint", "--yes", "--json")
    facts = json.loads(done.out)
    after = plain(await sandbox.labels(scene.project.id))
    lines = (Path(facts["folder"]) / "left_alone.jsonl").read_text().splitlines()
    named = {each["media_id"] for each in map(json.loads, lines)}
    assert done.code == ExitCode.REJECTIONS
    assert named == {media_id for media_id in before if before[media_id] != after[media_id]}
    assert facts["in_part"] == len(named) > 0
    said = await run_process("undo", f"{path}.checkpoint", "--yes")
    assert f"{len(named)} of all these in part" in said.out


async def test_verify_compares_no_import_that_was_taken_back_but_what_took_it_back(
    sandbox: Sandbox, tmp_path: Path, run_process: Any
) -> None:
    """The command that it names does, as it is printed; and a dry run of what is done already says that."""
    project = await sandbox.prepare(name="p", media=2)
    path = tmp_path / "l.json"
    path.write_text(json.dumps([entry(each) for each in project.media_ids]))
    await import_file(path, Settings(server=sandbox.url, project="p", workers=0))
    checkpoint = f"{path}.checkpoint"
    assert (await run_process("undo", checkpoint, "--yes")).code == 0
    refused = await run_process("verify", checkpoint, path, "--against-server")
    assert refused.code == ExitCode.USAGE
    named = refused.err.split("'bulk-importer ")[1].split("'")[0].split()
    assert (await run_process(*named)).code == 0
    again = await run_process("undo", checkpoint, "--dry-run")
    named = again.out.split("'bulk-importer ")[1].split("'")[0].split()
    assert (await run_process(*named)).code == 0
