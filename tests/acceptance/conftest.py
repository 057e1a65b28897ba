"""The command line program as a fixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.around.turnstile import Turnstile
from support.commands import Command


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    """The command line program."""
    one = Command(tmp_path)
    yield one
    for process in one.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def turnstile() -> Iterator[Callable[..., Turnstile]]:
    """Puts a turnstile before a server, given its URL; it is there as long as the test."""
    with ExitStack() as there:
        yield lambda server, **about: there.enter_context(Turnstile(server, **about))
