"""An import knows at its end what its source brought to which media, also where it resumed after an earlier run."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bulk_importer import Status, retry, status
from bulk_importer.checkpoint import Checkpoint
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from bulk_importer.summary import Summary
from support.entries import entry
from support.importing import RunImport


@pytest.fixture
def run_import(run_import: RunImport) -> RunImport:
    """About two entries are a segment."""
    return partial(run_import, segment_bytes=250)


def media_of(summary: Summary | Status) -> tuple[int | None, int | None, int | None]:
    """Media that something is delivered for, with an entry but none delivered, and without an entry."""
    return summary.media_delivered, summary.media_undelivered, summary.media_without_entry


NOT_KNOWN = (None, None, None)
WRONG: dict[str, list[object]] = {"tram": []}
"""Labels of a class that the project does not have."""


async def test_media_are_counted_by_what_became_of_their_entries(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """One with another entry that is delivered holds something; a finished import and its status say the same."""
    project = await sandbox.prepare(name="p", media=7)
    ids = project.media_ids
    entries = [entry(ids[0]), entry(ids[1]), entry(ids[0].upper()), entry(ids[2], labels=WRONG)]
    entries += [entry(ids[1], labels=WRONG), entry(ids[2].upper(), broken=True), entry("nobody")]
    summary = await run_import(entries)
    assert (summary.delivered, summary.rejected, media_of(summary)) == (3, 4, (2, 1, 4))
    assert media_of(await run_import(entries)) == (2, 1, 4)
    assert media_of(status(tmp_path / "cp")) == (2, 1, 4)
    kept = json.loads((tmp_path / "cp" / "summary.json").read_text())
    assert (kept["media_delivered"], kept["media_undelivered"], kept["media_without_entry"]) == (2, 1, 4)


async def test_what_the_server_refused_is_an_entry_of_which_nothing_is_delivered(
    sandbox: Sandbox, run_import: RunImport
) -> None:
    """It was good enough to be sent; another entry for its media may be delivered."""
    project = await sandbox.prepare(name="p", media=5)
    ids = project.media_ids
    entries = [entry(ids[0], labels=WRONG), entry(ids[1]), entry(ids[1], labels=WRONG), entry(ids[2])]
    summary = await run_import(entries, label_config="none")
    assert set(summary.findings) & {"refused-by-server"}
    assert (summary.delivered, summary.rejected, media_of(summary)) == (2, 2, (2, 1, 2))


async def test_what_a_retry_delivered_counts_for_the_media_that_the_correction_names(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """Which may be another one than that of the entry that was rejected."""
    project = await sandbox.prepare(name="p", media=6)
    ids = project.media_ids
    broken = [entry(media_id, broken=True) for media_id in ids[1:4]]
    assert media_of(await run_import([entry(ids[0]), *broken, entry("nobody")])) == (1, 3, 2)
    lines = list(map(json.loads, (tmp_path / "cp" / "rejected.jsonl").read_text().splitlines()))
    corrected = [{**lines[0], "entry": entry(ids[1])}, {**lines[3], "entry": entry(ids[5])}]
    path = tmp_path / "corrected.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in corrected))
    settings = Settings(workers=0)
    summary = (await retry(tmp_path / "cp", settings, corrected=path)).summary
    assert (summary.delivered, summary.rejected, media_of(summary)) == (3, 2, (3, 2, 1))
    assert media_of(status(tmp_path / "cp")) == (3, 2, 1)


async def test_a_checkpoint_of_an_earlier_version_is_counted_when_it_is_resumed(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """Until then its numbers are not known: what it has on record about media means something else."""
    project = await sandbox.prepare(name="p", media=6)
    entries = [entry(media_id) for media_id in project.media_ids[:4]]
    await run_import(entries, limit=2)
    checkpoint = Checkpoint.reopen(tmp_path / "cp", "run")
    note = {"media": 4, "not_mentioned": 2, "entries": 4, "rejected": 0}
    await checkpoint.record_note("mentioned", note)
    await checkpoint.close()
    assert media_of(status(tmp_path / "cp")) == NOT_KNOWN
    assert media_of(await run_import(entries)) == (4, 0, 2)


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
        assert media_of(summary) == NOT_KNOWN
    summary = await run_import(entries)
    assert (summary.delivered, media_of(summary)) == (12, (9, 0, 3))
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
    assert (summary.delivered, summary.rejected, media_of(summary)) == (8, 1, (8, 0, 0))
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
    assert (summary.exit_code, summary.delivered, media_of(summary)) == (0, 8, NOT_KNOWN)


async def test_without_the_media_of_the_project_only_those_of_the_input_are_counted(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """Likewise where entries for other media may pass, of which the server refuses one here."""
    project = await sandbox.prepare(name="p", media=5)
    entries = [entry(media_id) for media_id in project.media_ids[:3]]
    assert media_of(await run_import(entries, check_media=False)) == (3, 0, None)
    (tmp_path / "cp").rename(tmp_path / "other")
    summary = await run_import([*entries, entry("nobody")], allow=("media-unknown",), onto_uploaded=True)
    assert (summary.rejected, media_of(summary)) == (1, (3, 1, None))


async def test_what_grew_is_counted_anew(sandbox: Sandbox, run_import: RunImport) -> None:
    """The numbers are those of the whole source."""
    project = await sandbox.prepare(name="p", media=9)
    entries = [entry(media_id) for media_id in project.media_ids]
    assert media_of(await run_import(entries[:4])) == (4, 0, 5)
    assert media_of(await run_import(entries[:7], source_grew=True)) == (7, 0, 2)


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
    assert (summary.delivered, summary.skipped, media_of(summary)) == (4, 6, (8, 0, 1))
    assert summary.findings["earlier-entry-wiped"] == 2
