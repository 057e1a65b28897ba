"""Under a service manager a command says that it has begun, how far it is, and that its end takes time."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.cli.watching.service import notifying
from bulk_importer.cli.watching.service.datagrams import ServiceManager
from bulk_importer.cli.watching.watch import Outcome, watching
from bulk_importer.errors import ExitCode
from bulk_importer.events import RunStarted
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch

BEGINNING = RunStarted(
    source="l.json", size=100, server="s", project="p", checkpoint="c", settled=25, read=50, total=100
)


class Manager:
    """A service manager that keeps what it is told, at a path or by an abstract name."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        self._socket.setblocking(False)

    def heard(self) -> list[dict[str, str]]:
        """What it was told since it was asked last, a dictionary for each datagram."""
        found: list[dict[str, str]] = []
        while True:
            try:
                text = self._socket.recv(65536).decode()
            except BlockingIOError:
                return found
            found.append(dict(line.split("=", 1) for line in text.splitlines()))

    def close(self) -> None:
        """Be gone."""
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """One that started this process."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@{tmp_path}/notify"
    manager = Manager(address)
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    yield manager
    manager.close()


async def test_it_hears_that_a_command_has_begun_and_how_it_ended(manager: Manager) -> None:
    """Before anything is asked of the server: what comes of that is a matter of the run."""
    async with watching("import", ["l.json"], Settings(), StopSwitch()) as watch:
        assert manager.heard() == [{"READY": "1", "STATUS": "import begins"}]
        await watch.ended(Outcome(exit_code=ExitCode.REJECTIONS, facts={}))
    assert manager.heard() == [{"STATUS": "complete, exit code 1"}]


async def test_it_hears_now_and_then_how_far_a_run_is(
    manager: Manager, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the words of the line that moves; a text that is the same is not told again."""
    monkeypatch.setattr(notifying, "_SECONDS_BETWEEN", 0.001)
    told: list[dict[str, str]] = []
    async with watching("import", ["l.json"], Settings(), StopSwitch()) as watch:
        with watch.run(tmp_path) as observers:
            for each in observers:
                each(BEGINNING)
            async with asyncio.timeout(60):
                while len(told) < 2:
                    await asyncio.sleep(0.001)
                    told += manager.heard()
    assert "l.json" in told[1]["STATUS"], told
    assert "25%" in told[1]["STATUS"], told


async def test_a_stop_is_told_with_the_time_that_it_may_take(manager: Manager) -> None:
    """Once: what is in flight has the grace to land, and the rest of the end a bound of its own."""
    stop = StopSwitch()
    async with watching("import", ["l.json"], Settings(grace=20.0), stop):
        manager.heard()
        stop.request("stopped by SIGTERM", ExitCode.TERMINATED)
        stop.request("stopped by SIGTERM", ExitCode.TERMINATED)
        assert manager.heard() == [{"STOPPING": "1", "EXTEND_TIMEOUT_USEC": "50000000"}]


async def test_a_real_import_tells_it(run_process: Any, manager: Manager, tmp_path: Path) -> None:
    """From the command line, with nothing but the variable."""
    source = tmp_path / "l.json"
    source.write_text(json.dumps([{"mediaId": "x"}]))
    done = await run_process(
        "import", source, "--server", "http://127.0.0.1:9", "--project", "p", "--wait-for-server", "0"
    )
    assert done.code == ExitCode.SERVER
    told = manager.heard()
    assert told[0] == {"READY": "1", "STATUS": "import begins"}
    assert told[-1]["STATUS"] == "failed, exit code 6"


@pytest.mark.parametrize(
    "address", ["", "/nowhere/notify", "@nobody", "vsock:2:1", "notify", "/" + "x" * 200, "/a\0b"]
)
async def test_a_manager_that_is_not_there_changes_nothing(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor one that is reached in another way."""
    ServiceManager(address).tell(READY="1")
    if "\0" not in address:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    async with watching("import", ["l.json"], Settings(), StopSwitch()) as watch:
        await watch.ended(Outcome(exit_code=0, facts={}))


async def test_a_manager_that_does_not_read_holds_nothing_up(manager: Manager) -> None:
    """The kernel keeps a few datagrams for it; what comes behind them is dropped."""
    service = ServiceManager(manager.address)
    async with asyncio.timeout(60):
        for number in range(2000):
            service.tell(STATUS=str(number))
    assert manager.heard()[0] == {"STATUS": "0"}


def test_a_value_is_one_line_whatever_it_holds(manager: Manager) -> None:
    """A line feed would begin another value."""
    ServiceManager(manager.address).tell(STATUS="a\nREADY=1\r\nb")
    assert manager.heard() == [{"STATUS": "a READY=1 b"}]
