"""The command line in this process, for sandboxes that run in it too."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bulk_importer.cli.main import main
from support.commands import run_to_its_end
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
        words = tuple(map(str, arguments))
        done = await asyncio.to_thread(run_to_its_end, words, Path.cwd(), os.environ)
        return said(Done(done.returncode, done.stdout, done.stderr))

    return once
