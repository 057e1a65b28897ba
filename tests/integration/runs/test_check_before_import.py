"""Before an import sends anything it holds its entries against what it was told to, and nothing else is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.model import ErrorBudget
from bulk_importer.pipeline import Announcement
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.entries import entry
from support.importing import RunImport, import_file


async def test_what_is_checked_is_announced(sandbox: Sandbox, run_import: RunImport) -> None:
    """By all three rings, or by what is left of them."""
    project = await sandbox.prepare(name="p", media=3)
    said: list[Announcement] = []
    entries = [entry(media_id) for media_id in project.media_ids]
    await run_import(entries, announce=said.append, limit=1)
    assert len(said[0].checked) == 3
    assert "3 can be imported" in said[0].checked[2]
    assert not said[0].unchecked
    await run_import(
        entries, announce=said.append, project=project.id, label_config="none", check_media=False
    )
    assert len(said[1].checked) == 1
    assert len(said[1].unchecked) == 2


async def test_without_configuration_and_media_only_uploads_leave(
    sandbox: Sandbox, run_import: RunImport
) -> None:
    """The project has to be named by its id, because a name would have to be looked up."""
    project = await sandbox.prepare(name="p", media=3)
    entries = [entry(media_id) for media_id in project.media_ids]
    with pytest.raises(UsageError, match="is no id"):
        await run_import(entries, label_config="none", check_media=False)
    summary = await run_import(entries, label_config="none", check_media=False, project=project.id)
    assert (summary.exit_code, summary.delivered) == (0, 3)
    assert {seen.method for seen in sandbox.requests} == {"POST"}
    assert {seen.path for seen in sandbox.requests} == {f"/api/v1/project/{project.id}/prediction"}


async def test_a_finished_import_is_known_by_the_page_of_its_project(
    sandbox: Sandbox, run_import: RunImport
) -> None:
    """As by its id and its name: nothing is asked for again."""
    project = await sandbox.prepare(name="p", media=2)
    entries = [entry(media_id) for media_id in project.media_ids]
    for wanted in (project.id, "p", f"{sandbox.url}/projects/{project.id}/tasks"):
        summary = await run_import(entries, project=wanted)
        assert (summary.exit_code, summary.delivered) == (0, 2)
    assert [seen.path for seen in sandbox.requests].count("/api/v1/project") == 1


async def test_our_own_uploads_do_not_stand_in_the_way_of_a_resume(
    sandbox: Sandbox, run_import: RunImport
) -> None:
    """The index of media is that of the beginning: a second entry for a media follows the first in another run."""
    project = await sandbox.prepare(name="p", media=2)
    entries = [entry(media_id) for media_id in (*project.media_ids, *project.media_ids)]
    assert (await run_import(entries, limit=2)).delivered == 2
    summary = await run_import(entries)
    assert (summary.exit_code, summary.delivered) == (0, 4)


async def test_a_check_that_is_switched_on_later_forgives_our_own_uploads(
    sandbox: Sandbox, run_import: RunImport
) -> None:
    """Whose they are cannot be known by then."""
    project = await sandbox.prepare(name="p", media=2)
    entries = [entry(media_id) for media_id in (*project.media_ids, *project.media_ids)]
    await run_import(entries, check_media=False, limit=2)
    summary = await run_import(entries)
    assert (summary.exit_code, summary.delivered) == (0, 4)


async def test_another_import_of_the_same_input_is_stopped(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """Somebody deleted the checkpoint, or two people import the same file: nothing is doubled."""
    project = await sandbox.prepare(name="p", media=3)
    entries = [entry(media_id) for media_id in project.media_ids]
    await run_import(entries)
    (tmp_path / "cp").rename(tmp_path / "lost")
    summary = await run_import(entries)
    assert (summary.exit_code, summary.delivered, summary.rejected) == (ExitCode.REJECTIONS, 0, 3)
    assert summary.findings["media-uploaded"] == 3
    labels = await sandbox.labels(project.id)
    assert all(len([value for value in values if value["k"] == "poi"]) == 1 for values in labels.values())


@pytest.mark.parametrize(
    ("budget", "wrong", "code"),
    [
        (ErrorBudget(count=3), 4, ExitCode.BUDGET),
        (ErrorBudget(count=4), 4, ExitCode.REJECTIONS),
        (ErrorBudget(share=0.05), 61, ExitCode.BUDGET),
        (ErrorBudget(share=0.05), 60, ExitCode.REJECTIONS),
        (ErrorBudget(), 600, ExitCode.REJECTIONS),
    ],
    ids=str,
)
async def test_too_many_errors_end_the_run(
    sandbox: Sandbox, run_import: RunImport, budget: ErrorBudget, wrong: int, code: ExitCode
) -> None:
    """Before the entries that were read with them are sent; the same command goes on with a larger budget."""
    project = await sandbox.prepare(name="p", media=1)
    mistakes = [entry("nobody")] * wrong
    entries = [*mistakes, *[entry(project.media_ids[0])] * (1200 - wrong)]
    summary = await run_import(entries, max_errors=budget)
    assert (summary.exit_code, summary.rejected) == (code, wrong)
    if code == ExitCode.BUDGET:
        assert (summary.delivered, summary.state) == (0, "failed")
        assert "--max-errors" in summary.message
        again = await run_import(entries, max_errors=budget)
        assert (again.exit_code, again.delivered) == (code, 0)
        summary = await run_import(entries, max_errors=ErrorBudget())
    assert summary.delivered == 1200 - wrong


async def test_refusals_of_the_server_count_towards_the_budget(
    sandbox: Sandbox, run_import: RunImport
) -> None:
    """Unchecked entries are refused one by one, until it is enough."""
    project = await sandbox.prepare(name="p", media=40)
    entries = [entry(media_id, labels={"tram": []}) for media_id in project.media_ids]
    summary = await run_import(
        entries, label_config="none", max_errors=ErrorBudget(count=5), max_in_flight=1, max_batch_entries=1
    )
    assert summary.exit_code == ExitCode.BUDGET
    assert 6 <= summary.rejected < 40


async def test_a_later_entry_that_would_wipe_an_earlier_one(sandbox: Sandbox, run_import: RunImport) -> None:
    """Is said, and sent unless it is denied."""
    project = await sandbox.prepare(name="p", media=1)
    entries = [entry(project.media_ids[0]), entry(project.media_ids[0], keepData=False)]
    summary = await run_import(entries, deny=("earlier-entry-wiped",))
    assert (summary.exit_code, summary.delivered, summary.rejected) == (ExitCode.REJECTIONS, 1, 1)
    assert summary.findings["earlier-entry-wiped"] == 1


@pytest.mark.parametrize("newline", ["\n", "\r\n", " \n\n"])
async def test_lines_leave_in_one_request_and_are_taken(
    sandbox: Sandbox, tmp_path: Path, newline: str
) -> None:
    """JSON Lines have no commas between entries; a body has."""
    project = await sandbox.prepare(name="p", media=20)
    path = tmp_path / "l.jsonl"
    path.write_text(newline.join(json.dumps(entry(media_id)) for media_id in project.media_ids), newline="")
    summary = await import_file(path, Settings(server=sandbox.url, project="p", workers=0))
    assert (summary.exit_code, summary.delivered, summary.requests) == (0, 20, 1)


async def test_what_the_server_alone_can_know_is_told_at_its_place(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """It names a key or nothing; where that stands in the entry is found here."""
    project = await sandbox.prepare(name="p", media=3)
    entries = [
        entry(project.media_ids[0], labels={"poi": [], "tram": []}),
        entry(project.media_ids[1], global_classifications={"a/b": ["x"]}),
        entry("nobody"),
        entry(project.media_ids[2]),
    ]
    summary = await run_import(entries, label_config="none", check_media=False, project=project.id)
    assert (summary.delivered, summary.rejected) == (1, 3)
    lines = (tmp_path / "cp" / "rejected.jsonl").read_text().splitlines()
    places = {line["position"]: line["findings"][0]["pointer"] for line in map(json.loads, lines)}
    assert places == {0: "/labels/tram", 1: "/global_classifications/a~1b", 2: "/internal_media_ID"}
