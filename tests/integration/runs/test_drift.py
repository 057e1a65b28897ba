"""A label configuration that changes under a run is noticed: what was only added is taken, anything else ends it."""

from __future__ import annotations

import asyncio
import copy
import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bulk_importer.errors import ExitCode
from bulk_importer.pipeline import Caller
from bulk_importer.pipeline.retry.plan import RetrySpec
from bulk_importer.pipeline.retry.retrying import retry_rejected
from bulk_importer.sandbox import Fault, FaultScript, Sandbox
from bulk_importer.settings import Settings
from support.around.stepped_clock import SteppedClock
from support.importing import RunImport

CLASSES: list[dict[str, Any]] = [
    {"entryKey": "poi", "entryValue": "poi", "type": "POINT", "children": [], "required": False},
    {
        "entryKey": "weather",
        "entryValue": "weather",
        "type": "SELECT",
        "children": [],
        "required": False,
        "options": {"sunny": "sunny", "rain": "rain"},
    },
]
TOKEN = "token-of-the-test"


def into(sandbox: Sandbox, project: Any) -> dict[str, Any]:
    """The settings that lead there."""
    return {"server": sandbox.url, "project": project.id}


def entries_for(project: Any, option: str = "sunny") -> list[Any]:
    """An entry for each media, which answers the select."""
    return [
        {"internal_media_ID": media_id, "global_classifications": {"weather": [option]}}
        for media_id in project.media_ids
    ]


async def put_config(sandbox: Sandbox, project: Any, classes: list[Any]) -> None:
    """Change the configuration as a person does in the editor: known classes keep their ids."""
    with_ids = await asyncio.to_thread(_ask, f"{sandbox.url}/api/lconfig/{project.config_id}", None)
    ids = {each["entryKey"]: each["id"] for each in with_ids["entries"]}
    body = [
        {**each, **({"id": ids[each["entryKey"]]} if each["entryKey"] in ids else {})} for each in classes
    ]
    await asyncio.to_thread(_ask, f"{sandbox.url}/api/lconfig/{project.config_id}", body)


def _ask(url: str, body: object) -> Any:
    data = None if body is None else json.dumps(body).encode()
    method = "GET" if body is None else "PUT"
    with urlopen(
        Request(url, data=data, method=method, headers={"Content-Type": "application/json"}), timeout=60
    ) as answer:
        return json.load(answer)


def paths(sandbox: Sandbox) -> list[str]:
    """What was asked for, without the lists of tasks."""
    return [seen.path for seen in sandbox.requests if not seen.path.endswith("/list")]


def changed(**options: str) -> list[Any]:
    """The classes with these options of the select."""
    classes = copy.deepcopy(CLASSES)
    classes[1]["options"] = options
    return classes


async def test_what_was_only_added_is_taken_by_the_next_run(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """It is kept, and entries may use it; those that were rejected before are fed again, which is said."""
    project = await sandbox.prepare(name="p", media=4, label_config=CLASSES)
    entries = [*entries_for(project)[:2], *entries_for(project, "snow")[2:]]
    first = await run_import(entries, limit=1)
    assert (first.exit_code, first.delivered, first.rejected) == (ExitCode.UNFINISHED, 1, 2)
    await put_config(sandbox, project, changed(sunny="sunny", rain="rain", snow="snow"))
    second = await run_import(entries)
    assert (second.exit_code, second.delivered) == (ExitCode.REJECTIONS, 2)
    assert f"bulk-importer retry {tmp_path / 'cp'}" in second.message
    retried = await retry_rejected(RetrySpec(tmp_path / "cp", Settings(workers=0)), Caller())
    assert (retried.summary.exit_code, retried.summary.delivered) == (0, 4)


async def test_what_is_added_during_the_run_is_taken_for_what_it_reads_later(
    sandbox: Sandbox, run_import: RunImport
) -> None:
    """By the run that goes on with it."""
    project = await sandbox.prepare(name="p", media=4, label_config=CLASSES)
    entries = [*entries_for(project)[:2], *entries_for(project, "snow")[2:]]
    first = await run_import(entries, limit=2, segment_bytes=120)
    assert (first.exit_code, first.delivered, first.rejected) == (ExitCode.UNFINISHED, 2, 0)
    await put_config(sandbox, project, changed(sunny="sunny", rain="rain", snow="snow"))
    second = await run_import(entries, segment_bytes=120)
    assert (second.exit_code, second.delivered, second.message) == (0, 4, "")


async def test_a_media_that_has_no_place_for_what_was_added_is_told_at_its_place(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """Whoever opens it makes the place; the entry is fed again."""
    project = await sandbox.prepare(name="p", media=2, label_config=CLASSES)
    await run_import(entries_for(project)[:1])
    (tmp_path / "cp").rename(tmp_path / "first")
    nested = {**CLASSES[0], "entryKey": "clouds", "type": "SELECT", "options": {"few": "few"}}
    await put_config(sandbox, project, [CLASSES[0], {**CLASSES[1], "children": [nested]}])
    entries = entries_for(project)
    for entry in entries:
        entry["global_classifications"]["weather"].append({"clouds": ["few"]})
    summary = await run_import(entries, onto_uploaded=True)
    assert (summary.exit_code, summary.delivered, summary.rejected) == (ExitCode.REJECTIONS, 1, 1)
    (finding,) = json.loads((tmp_path / "cp" / "rejected.jsonl").read_text())["findings"]
    place = "/global_classifications/weather/1/clouds"
    assert (finding["code"], finding["pointer"]) == ("classification-newer", place)
    tasks = await asyncio.to_thread(_ask, f"{sandbox.url}/api/project/{project.id}/task", None)
    (task,) = [each["taskId"] for each in tasks if each["mediaId"] == project.media_ids[0]]
    await asyncio.to_thread(_ask, f"{sandbox.url}/api/task/{task}", None)
    settings = Settings(workers=0, onto_uploaded=True)
    retried = await retry_rejected(RetrySpec(tmp_path / "cp", settings), Caller())
    assert (retried.summary.exit_code, retried.summary.delivered) == (0, 2)


async def test_what_was_taken_away_ends_the_run_once(
    sandbox: Sandbox, run_import: RunImport, tmp_path: Path
) -> None:
    """It says what changed and what was delivered since; the next run judges what is owed by the new one."""
    project = await sandbox.prepare(name="p", media=4, label_config=CLASSES)
    first = await run_import(entries_for(project), limit=2)
    assert (first.exit_code, first.delivered) == (ExitCode.UNFINISHED, 2)
    await put_config(sandbox, project, changed(rain="rain"))
    stopped = await run_import(entries_for(project))
    assert (stopped.exit_code, stopped.state, stopped.delivered) == (ExitCode.LABEL_CONFIG, "failed", 2)
    assert "'weather' lost the option 'sunny'" in stopped.message
    assert "Nothing was delivered since it was last read" in stopped.message
    assert json.loads((tmp_path / "cp" / "summary.json").read_text())["exit_code"] == ExitCode.LABEL_CONFIG
    again = await run_import(entries_for(project))
    assert (again.exit_code, again.delivered, again.rejected) == (ExitCode.REJECTIONS, 2, 2)
    assert again.findings["option-unknown"] == 2


async def test_a_change_during_the_run_names_what_was_delivered_since(
    clocks: list[SteppedClock], start_sandbox: Any, run_import: RunImport
) -> None:
    """The server accepts an option that is gone and drops it; only a reading tells."""
    sandbox = await start_sandbox(seed=1, faults=FaultScript(["ok", Fault("delay", seconds=1.0)]))
    project = await sandbox.prepare(media=6, label_config=CLASSES)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(
            run_import(entries_for(project), **into(sandbox, project), max_batch_entries=2, max_in_flight=1)
        )
        while not any(seen.committed for seen in sandbox.requests):
            await asyncio.sleep(0.005)
        await put_config(sandbox, project, changed(rain="rain"))
        clocks[-1].pass_on(1.0)
    summary = running.result()
    assert summary.exit_code == ExitCode.LABEL_CONFIG
    assert "lost the option 'sunny'" in summary.message
    assert "6 entries were delivered since it was last read" in summary.message
    assert "the positions 0 to 5" in summary.message


async def test_a_run_is_ended_while_it_goes_on(start_sandbox: Any, run_import: RunImport) -> None:
    """By the reading that comes every now and then; what is in flight lands, the rest stays owed."""
    slow = Fault("delay", seconds=0.2, times=100)
    sandbox = await start_sandbox(seed=1, faults=FaultScript([slow]))
    project = await sandbox.prepare(media=60, label_config=CLASSES)
    async with asyncio.TaskGroup() as tasks:
        small: dict[str, Any] = {"max_batch_entries": 1, "max_in_flight": 1, "config_poll": 1.0}
        running = tasks.create_task(run_import(entries_for(project), **into(sandbox, project), **small))
        while not any(seen.committed for seen in sandbox.requests):
            await asyncio.sleep(0.005)
        await put_config(sandbox, project, changed(rain="rain"))
    summary = running.result()
    assert (summary.exit_code, summary.state) == (ExitCode.LABEL_CONFIG, "failed")
    assert 0 < summary.delivered < 60
    assert summary.owed == 60 - summary.delivered
    assert summary.in_doubt == 0


async def test_a_refusal_of_what_was_found_right_makes_it_look(
    clocks: list[SteppedClock], start_sandbox: Any, run_import: RunImport
) -> None:
    """A class that is gone is refused by the server; the reason is the configuration and not the entries."""
    sandbox = await start_sandbox(seed=1, faults=FaultScript(["ok", Fault("delay", seconds=0.5)]))
    project = await sandbox.prepare(media=6, label_config=CLASSES)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(
            run_import(entries_for(project), **into(sandbox, project), max_batch_entries=1, max_in_flight=1)
        )
        while not any(seen.committed for seen in sandbox.requests):
            await asyncio.sleep(0.005)
        await put_config(sandbox, project, CLASSES[:1])
        clocks[-1].pass_on(0.5)
    summary = running.result()
    assert summary.exit_code == ExitCode.LABEL_CONFIG
    assert "SELECT 'weather' is gone" in summary.message
    assert summary.rejected > 0


async def test_by_token_one_task_is_read_and_no_other(start_sandbox: Any, run_import: RunImport) -> None:
    """Reading a task writes, so it is always the same."""
    sandbox = await start_sandbox(seed=1, flavour="cloud", tokens=[TOKEN])
    project = await sandbox.prepare(media=5, label_config=CLASSES)
    summary = await run_import(entries_for(project), **into(sandbox, project), token=TOKEN)
    assert (summary.exit_code, summary.delivered) == (0, 5)
    tasks = [
        seen.path
        for seen in sandbox.requests
        if seen.path.startswith("/api/v1/task/") and not seen.path.endswith("/list")
    ]
    assert len(tasks) == 2  # at the beginning and at the end
    assert len(set(tasks)) == 1


async def test_a_file_does_not_drift(start_sandbox: Any, run_import: RunImport, tmp_path: Path) -> None:
    """It is the choice of the user, and nothing is read from the server for it."""
    sandbox = await start_sandbox(seed=1, flavour="cloud", tokens=[TOKEN])
    project = await sandbox.prepare(media=3, label_config=CLASSES)
    (tmp_path / "config.json").write_text(json.dumps(CLASSES))
    for limit in (1, None):
        await run_import(
            entries_for(project),
            **into(sandbox, project),
            token=TOKEN,
            label_config=str(tmp_path / "config.json"),
            limit=limit,
        )
    assert not [
        seen.path for seen in sandbox.requests if "/task/" in seen.path and not seen.path.endswith("/list")
    ]
