"""`--metrics` and `--metrics-file`: what a command tells while it lasts, and leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from conftest import StartSandbox
from integration.cli.conftest import Run
from prometheus_client.parser import text_string_to_metric_families

from bulk_importer.cli.watching import metrics as module
from bulk_importer.cli.watching.watch import Outcome, Watch, watching
from bulk_importer.errors import MalformedInput, UsageError
from bulk_importer.observe.metrics.counts import Counts
from bulk_importer.pipeline import Caller
from bulk_importer.sandbox import FaultScript
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch
from support.around.alone import port_of, reserve_port
from support.entries import noted
from support.watching.events import AWAY, delivered, segment, started
from support.watching.promtool import needs_promtool, promtool

COMPLETE = Outcome(exit_code=0, facts={"state": "complete"})


def told(text: str) -> dict[str, float]:
    """What a text of metrics says, by their names and the values of their labels."""
    return {
        "|".join([sample.name, *(value for _, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@asynccontextmanager
async def watched(folder: Path, **settings: Any) -> AsyncIterator[tuple[Watch, Any]]:
    """A command that is watched as the settings say, and what sees the events of a run of it."""
    async with watching("import", ["labels.json"], Settings(**settings), StopSwitch()) as watch:
        with watch.run(folder) as observers:
            yield watch, Caller(observers=observers).emit


async def scraped(port: int, path: str = "/metrics") -> str:
    """What is served there."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return await answer.text()


@needs_promtool
async def test_sums_are_those_of_the_summary(
    start_sandbox: StartSandbox, run_process: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the file at the end, and in what is served while it lasts; of an import in which not all goes well."""
    sandbox = await start_sandbox(seed=1, faults=FaultScript([503, 429, "ok", "delay"]))
    media = (await sandbox.prepare(name="p", media=20)).media_ids
    entries = [noted(each, number) for number, each in enumerate(media)]
    entries[3]["labels"] = {"nothing": []}
    path, file, held = tmp_path / "l.json", tmp_path / "night.prom", reserve_port()
    path.write_text(json.dumps(entries))
    monkeypatch.chdir(tmp_path)
    arguments = ["--server", sandbox.url, "--project", "p", "--max-batch-entries", "5", "--json"]
    async with asyncio.TaskGroup() as tasks:
        done = tasks.create_task(
            run_process(
                "import", path, *arguments, "--metrics", port_of(held), "--metrics-file", file, "--quiet"
            )
        )
        live = ""
        while not done.done():
            try:
                live = await scraped(port_of(held))
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)
    held.close()
    summary = json.loads(done.result().out)
    sums, found = summary["this_run"], told(file.read_text())
    assert (sums["delivered"], sums["rejected"], sums["retries"] > 0) == (19, 1, True)
    for outcome in ("delivered", "rejected", "skipped"):
        assert found[f"bulk_importer_entries_total|{outcome}|night"] == sums[outcome]
    requests = [value for name, value in found.items() if name.startswith("bulk_importer_requests_total|")]
    assert sum(requests) == found["bulk_importer_request_duration_seconds_count|night"] == sums["requests"]
    for name, key in (
        ("retries_total", "retries"),
        ("read_entries_total", "entries"),
        ("read_bytes_total", "bytes"),
    ):
        assert found[f"bulk_importer_{name}|night"] == sums[key]
    assert found["bulk_importer_findings_total|class-unknown|night"] == sums["findings"]["class-unknown"]
    assert found["bulk_importer_exit_code|night"] == summary["exit_code"] == 1
    assert found["bulk_importer_state|complete|night"] == found["bulk_importer_progress_ratio|night"] == 1
    assert found["bulk_importer_end_timestamp_seconds|night"] > 1.7e9
    assert "bulk_importer_start_timestamp_seconds" in told(live)
    assert "process_resident_memory_bytes" in told(live)
    promtool("check", "metrics", given=live.encode())
    promtool("check", "metrics", given=file.read_bytes())


async def test_it_is_served_for_all_runs_of_the_command_and_no_longer(tmp_path: Path) -> None:
    """One after the other, on one port; counters go on."""
    held = reserve_port()
    port = port_of(held)
    async with watching("import", ["a", "b"], Settings(metrics=f"127.0.0.1:{port}"), StopSwitch()) as watch:
        assert await scraped(port, "/readyz") == "starting\n"
        for _ in range(2):
            with watch.run(tmp_path) as observers:
                for event in (started(), segment(0, 5), delivered(5)):
                    Caller(observers=observers).emit(event)
        assert await scraped(port, "/readyz") == "running\n"
        assert told(await scraped(port))["bulk_importer_entries_total|delivered"] == 10
        await watch.ended(COMPLETE)
    with pytest.raises(aiohttp.ClientConnectorError):
        await scraped(port)
    held.close()


@pytest.mark.parametrize("address", ["127.0.0.1:{taken}", "192.0.2.1:9464", "no-such-host.invalid:9464"])
async def test_an_address_that_cannot_be_had_is_said_before_anything_is_sent(
    tmp_path: Path, address: str
) -> None:
    """With what to do."""
    with reserve_port() as held:
        held.listen()
        with pytest.raises(
            UsageError, match=r"--metrics .* nothing can listen there: .*Name another address"
        ):
            async with watched(tmp_path, metrics=address.format(taken=port_of(held))):
                pytest.fail("it listens")


@pytest.mark.parametrize("address", ["[::1]:0", "localhost:0", "127.0.0.1:0", "0.0.0.0:0"])
async def test_addresses_of_this_machine_are_taken_as_they_are_written(
    tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And said with the port that was found."""
    async with watched(tmp_path, metrics=address):
        said = capsys.readouterr().err
        assert said.startswith(f"Metrics at http://{address[:-2]}:")
        assert said.endswith("/metrics\n")


async def test_a_file_that_cannot_be_written_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    """It is a slip of a person then."""
    with pytest.raises(UsageError, match=r"cannot be written: there is no such folder.*Nothing was sent"):
        async with watched(tmp_path, metrics_file=str(tmp_path / "nowhere" / "a.prom")):
            pytest.fail("it is written")


async def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    """A slip must not cost the source."""
    (tmp_path / "labels.json").write_text("[]")
    with pytest.raises(UsageError, match="holds something else, which would be lost"):
        async with watched(tmp_path, metrics_file=str(tmp_path / "labels.json")):
            pytest.fail("it is written")
    assert (tmp_path / "labels.json").read_text() == "[]"


async def test_a_folder_that_is_lost_on_the_way_is_said_once_and_ends_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it comes back, the file does."""
    monkeypatch.setattr(module, "_SECONDS_BETWEEN", 0.01)
    folder = tmp_path / "textfiles"
    folder.mkdir()
    async with watched(tmp_path, metrics_file=str(folder / "a.prom")) as (watch, see):
        see(started())
        (folder / "a.prom").unlink()
        folder.rename(tmp_path / "away")
        said = ""
        while "cannot be written any more" not in said:
            await asyncio.sleep(0.01)
            said += capsys.readouterr().err
        await asyncio.sleep(0.05)
        (tmp_path / "away").rename(folder)
        await watch.ended(COMPLETE)
    assert told((folder / "a.prom").read_text())["bulk_importer_state|complete|a"] == 1
    assert said.count("cannot be written any more") + capsys.readouterr().err.count("cannot be written") == 1


async def test_a_disk_that_does_not_answer_holds_up_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of a file server that is away: the program ends all the same."""
    never = asyncio.Event()
    async with watched(tmp_path, metrics_file=str(tmp_path / "a.prom")) as (watch, _):
        monkeypatch.setattr(module, "_WRITE_SECONDS", 0.05)
        monkeypatch.setattr(module, "aside", lambda *_: never.wait())
        await watch.ended(COMPLETE)
    assert "cannot be written any more: the disk does not answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "state"),
    [
        (MalformedInput("l.json", 3, 40, "a bracket is missing"), 3, "failed"),
        (ZeroDivisionError(), 70, "failed"),
        (asyncio.CancelledError(), 130, "stopped"),
    ],
)
async def test_whatever_ends_the_command_is_in_the_file(
    tmp_path: Path, error: BaseException, code: int, state: str
) -> None:
    """Also what nobody foresaw."""

    async def broken() -> None:
        async with watched(tmp_path, metrics_file=str(tmp_path / "a.prom")) as (_, see):
            see(started())
            see(AWAY)
            raise error

    with pytest.raises(type(error)):
        await broken()
    found = told((tmp_path / "a.prom").read_text())
    assert (found["bulk_importer_exit_code|a"], found[f"bulk_importer_state|{state}|a"]) == (code, 1)


async def test_the_last_success_is_taken_over_from_the_file(tmp_path: Path) -> None:
    """The night after a success may fail, and the alert tells how long all was well before."""
    file = tmp_path / "a.prom"
    async with watched(tmp_path, metrics_file=str(file)) as (watch, _):
        await watch.ended(COMPLETE)
    succeeded = told(file.read_text())["bulk_importer_success_timestamp_seconds|a"]
    async with watched(tmp_path, metrics_file=str(file)) as (watch, _):
        assert told(file.read_text())["bulk_importer_state|starting|a"] == 1
        await watch.ended(Outcome(exit_code=6, facts={"message": "It is away."}))
    assert told(file.read_text())["bulk_importer_success_timestamp_seconds|a"] == succeeded


async def test_a_name_that_no_collector_reads_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is kept all the same: others may read it."""
    async with watched(tmp_path, metrics_file=str(tmp_path / "a.txt")):
        assert "does not end with .prom" in capsys.readouterr().err
    assert (tmp_path / "a.txt").exists()


async def test_a_bug_of_a_watcher_ends_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said once, and the watcher sees nothing more."""
    async with watched(tmp_path, metrics_file=str(tmp_path / "a.prom")) as (watch, see):
        monkeypatch.setattr(Counts, "see", lambda *_: 1 / 0)
        see(started())
        see(AWAY)
        await watch.ended(COMPLETE)
    assert capsys.readouterr().err.count("ZeroDivisionError") == 1
