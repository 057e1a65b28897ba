"""The record of a request is on disk before its first byte leaves: looked at from outside, and by system calls."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bulk_importer.checkpoint import read_state
from support.commands import Command
from support.entries import entry

PROJECT = "7e04af16-716b-4b47-8f54-9f3cb6b01162"
ENTRIES = 60


class Server:
    """Accepts every upload, and looks into the checkpoint when the head of a request has come, before its body."""

    def __init__(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint
        self.url = ""
        self.begun = 0
        self.recorded: list[int] = []
        self.unrecorded: list[int] = []

    async def accept(self, request: web.Request) -> web.Response:
        self.begun += 1
        _, state = read_state(self.checkpoint)
        self.recorded.append(state.next_batch - self.begun)
        for each in await request.json():
            position = each["labels"]["poi"][0]["point"][0]["x"]
            if position not in state.taken:
                self.unrecorded.append(position)
        return web.json_response({"errorMessages": ""})


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """Listening on a real socket."""
    made = Server(tmp_path / "labels.json.checkpoint")
    app = web.Application()
    app.router.add_post("/api/v1/project/{id}/prediction", made.accept)
    app.router.add_post("/api/project/{id}/prediction", made.accept)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def arguments(folder: Path, url: str) -> list[str]:
    """An import of small batches that asks the server for nothing."""
    entries = [entry(f"media-{number}", number) for number in range(ENTRIES)]
    (folder / "labels.json").write_text(json.dumps(entries))
    return [
        *("import", "labels.json", "--server", url, "--project", PROJECT, "--label-config", "none"),
        *(
            "--no-check-media",
            "--max-batch-entries",
            "4",
            "--max-in-flight",
            "4",
            "--workers",
            "0",
            "--quiet",
        ),
    ]


async def run(folder: Path, *command: str) -> None:
    """Run a program beside the server of this process."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=Command(folder).environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


async def test_what_a_request_holds_is_recorded_when_its_head_arrives(tmp_path: Path, server: Server) -> None:
    """The server itself looks, while the body is still on its way."""
    await run(tmp_path, sys.executable, "-m", "bulk_importer", *arguments(tmp_path, server.url))
    assert server.begun >= ENTRIES / 4
    assert not server.unrecorded
    assert min(server.recorded) >= 0


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
async def test_system_calls_sync_the_record_before_the_socket_is_written(
    tmp_path: Path, server: Server
) -> None:
    """At any moment no more requests have begun than `sent` records were written and synced before."""
    trace = tmp_path / "trace"
    calls = "fsync,fdatasync,write,pwrite64,writev,sendto,sendmsg"
    strace = ("strace", "-f", "-y", "-s", "4096", "-e", f"trace={calls}", "-o", str(trace))
    await run(tmp_path, *strace, sys.executable, "-m", "bulk_importer", *arguments(tmp_path, server.url))
    written: set[str] = set()
    synced: set[str] = set()
    syncing: dict[str, set[str]] = {}
    begun = 0
    for line in trace.read_text(errors="replace").splitlines():
        thread, call = line.split(maxsplit=1)
        if "/log>" in call and call.startswith("write("):
            written.update(re.findall(r'\\"type\\":\\"sent\\",\\"batch\\":(\d+)', call))
        elif "/log>" in call and call.startswith(("fsync(", "fdatasync(")):
            syncing[thread] = set(written)
            if "unfinished" not in call:
                synced |= syncing.pop(thread)
        elif "sync resumed>" in call and thread in syncing:
            synced |= syncing.pop(thread)
        elif "POST /api" in call:
            begun += 1
            assert len(synced) >= begun, call[:200]
    assert begun == server.begun == len(synced)
