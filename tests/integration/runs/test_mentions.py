"""An import knows at its end which media its input mentions, also where it went on after an earlier run."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bulk_importer.sandbox import Sandbox
from bulk_importer.summary import Summary
from support.entries import entry
from support.importing import RunImport


@pytest.fixture
def run_import(run_import: RunImport) -> RunImport:
    """About two entries are a segment."""
    return partial(run_import, segment_bytes=250)


def mentioned(summary: Summary) -> tuple[int | None, int | None]:
    """How many media are mentioned and not."""
    return summary.media, summary.media_not_mentioned


async def test_media_that_the_input_does_not_mention_are_counted(
    sandbox: Sandbox, run_import: RunImport
) -> None:
    """A media of which every entry is rejected is one of them; a finished import says the same again."""
    project = await sandbox.prepare(name="p", media=7)
    ids = project.media_ids
    entries = [entry(ids[0]), entry(ids[1]), entry(ids[0].upper()), entry(ids[2], labels={"tram": []})]
    summary = await run_import(entries)
    assert (summary.delivered, summary.rejected, mentioned(summary)) == (3, 1, (2, 5))
    assert mentioned(await run_import(entries)) == (2, 5)


async def test_a_run_that_goes_on_knows_what_was_mentioned_before(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """However often it was interrupted; what wipes an entry of an earlier run is found."""
    project = await sandbox.prepare(name="p", media=12)
    ids = project.media_ids
    entries = [entry(media_id) for media_id in ids[:9]]
    entries += [entry(ids[1], keepData=False), entry(ids[1], keepData=True), entry(ids[4], keepData=False)]
    for _ in range(3):
        summary = await run_import(entries, limit=3)
        assert mentioned(summary) == (None, None)
    summary = await run_import(entries)
    assert (summary.delivered, mentioned(summary)) == (12, (9, 3))
    assert summary.findings["earlier-entry-wiped"] == 2


async def test_one_that_is_denied_is_rejected_behind_an_entry_of_an_earlier_run(
    sandbox: Sandbox, run_import: RunImport
) -> None:
    """And says which one it would have wiped."""
    project = await sandbox.prepare(name="p", media=8)
    entries = [entry(media_id) for media_id in project.media_ids]
    entries.append(entry(project.media_ids[2], keepData=False))
    await run_import(entries, limit=2)
    summary = await run_import(entries, deny=("earlier-entry-wiped",))
    assert (summary.delivered, summary.rejected, mentioned(summary)) == (8, 1, (8, 0))
    rejected = json.loads(Path(summary.checkpoint, "rejected.jsonl").read_text())
    assert "behind an entry for the same media" in rejected["findings"][0]["found"]


def torn(content: bytes) -> bytes:
    """What a power cut may leave."""
    return content[:-3]


def damaged(content: bytes) -> bytes:
    """One bit is another."""
    return content[:20] + bytes([content[20] ^ 1]) + content[21:]


@pytest.mark.parametrize("harm", [torn, damaged, lambda _: b""], ids=["torn", "damaged", "empty"])
async def test_what_is_not_known_any_more_is_not_said(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    """In place of a wrong number; the import itself does not hang on it."""
    project = await sandbox.prepare(name="p", media=8)
    entries = [entry(media_id) for media_id in project.media_ids]
    await run_import(entries, limit=4)
    kept = tmp_path / "cp" / "mentions"
    kept.write_bytes(harm(kept.read_bytes()))
    summary = await run_import(entries)
    assert (summary.exit_code, summary.delivered, mentioned(summary)) == (0, 8, (None, None))


async def test_without_the_media_of_the_project_only_those_of_the_input_are_counted(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """Likewise where entries for other media may pass, of which the server refuses one here."""
    project = await sandbox.prepare(name="p", media=5)
    entries = [entry(media_id) for media_id in project.media_ids[:3]]
    assert mentioned(await run_import(entries, check_media=False)) == (3, None)
    (tmp_path / "cp").rename(tmp_path / "other")
    summary = await run_import([*entries, entry("nobody")], allow=("media-unknown",), onto_uploaded=True)
    assert (summary.rejected, mentioned(summary)) == (1, (4, None))


async def test_what_grew_is_counted_anew(sandbox: Sandbox, run_import: RunImport) -> None:
    """The numbers are those of the whole source."""
    project = await sandbox.prepare(name="p", media=9)
    entries = [entry(media_id) for media_id in project.media_ids]
    assert mentioned(await run_import(entries[:4])) == (4, 5)
    assert mentioned(await run_import(entries[:7], source_grew=True)) == (7, 2)


async def test_what_an_older_checkpoint_delivered_is_mentioned_by_the_mended_source(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """A new entry behind it may wipe it, in the same run or in a later one."""
    project = await sandbox.prepare(name="p", media=9)
    ids = project.media_ids
    old = [entry(media_id) for media_id in ids[:6]]
    await run_import([*old, entry(ids[6], labels={"tram": []})])
    (tmp_path / "cp").rename(tmp_path / "old")
    mended = [
        *old,
        entry(ids[6]),
        entry(ids[7]),
        entry(ids[1], keepData=False),
        entry(ids[4], keepData=False),
    ]
    await run_import(mended, settled_by=str(tmp_path / "old"), limit=2)
    summary = await run_import(mended, settled_by=str(tmp_path / "old"))
    assert (summary.delivered, summary.skipped, mentioned(summary)) == (4, 6, (8, 1))
    assert summary.findings["earlier-entry-wiped"] == 2
