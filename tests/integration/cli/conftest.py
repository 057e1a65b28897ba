"""The command line in this process, for sandboxes that run in it too."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import pytest

from bulk_importer.cli.main import main
from support.prose import odd_words


class Done(NamedTuple):
    """What a command ended with, and what it wrote."""

    code: int
    out: str
    err: str


def said(done: Done) -> Done:
    """The same, whose words a person understands, however the command ended."""
    assert not [word for text in (done.out, done.err) for word in odd_words(text)], done
    return done


Run = Callable[..., Coroutine[Any, Any, Done]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in a thread beside the test; the environment says nothing but what the test sets."""
    for name in ("BULK_IMPORTER_SERVER", "BULK_IMPORTER_PROJECT", "DATAGYM_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    async def once(*arguments: object) -> Done:
        capsys.readouterr()
        code = await asyncio.to_thread(main, [str(argument) for argument in arguments])
        return said(Done(code, *capsys.readouterr()))

    return once


@pytest.fixture
def run_process(run: Run) -> Run:
    """Run a command line in a process of its own, for commands that listen to signals."""

    async def once(*arguments: object) -> Done:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bulk_importer",
            *map(str, arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return said(Done(process.returncode or 0, out.decode(), err.decode()))

    return once
