"""Whatever is sent to the page of a run is refused, says nothing, and does the run no harm."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from support.attacks.attacked import Attacked, that_got_through
from support.attacks.callers import from_others
from support.attacks.floods import crowd
from support.attacks.raw import Answer, request, said_to
from support.attacks.requests import that_are_odd
from support.attacks.scene import STRANGE, TOKEN, Scene, opened
from support.commands import Command
from support.starting.opened import PagedCommand


@pytest.fixture
def scene(sandbox_process: Callable[..., Any], tmp_path: Path) -> Scene:
    """A sandbox, and labels for it."""
    return Scene(Command(tmp_path), sandbox_process("--seed", "1", "--token", TOKEN))


@pytest.fixture
def run(scene: Scene) -> Iterator[PagedCommand]:
    """The import, on its way."""
    started = scene.run()
    yield started
    started.close()


def do(at: Attacked, form: bytes) -> Answer:
    """What a button of the page does."""
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    headers = [("Host", at.host), ("Origin", at.origin), ("Cookie", at.cookie), kind]
    return said_to(at.port, request("POST", at.change, [*headers, ("Content-Length", str(len(form)))], form))


def read(at: Attacked, path: str = "/") -> Answer:
    """What its owner sees."""
    return said_to(at.port, request("GET", path, [("Host", at.host), ("Cookie", at.cookie)]))


def is_unharmed(scene: Scene, run: PagedCommand) -> bool:
    """Whether it delivers everything, once, and says so."""
    code, summary = run.wait(), run.summary()
    counts = (code, summary["state"], summary["delivered"], summary["rejected"])
    assert counts == (1, "complete", scene.delivered, scene.rejected), run.said
    assert "Traceback" not in run.said
    return scene.is_told_once()


def test_each_attack_is_refused_says_nothing_and_changes_nothing(scene: Scene, run: PagedCommand) -> None:
    """The run is paused before, so that one that had an effect would be seen at the server."""
    link = run.link()
    at, _ = opened(link)
    assert do(at, b"do=pause").status == 303
    deadline = time.monotonic() + 60
    while "on the way" in (page := read(at).text):
        assert time.monotonic() < deadline, page
    assert "Paused" in page
    landed = time.time()

    secrets = (at.cookie.partition("=")[2], link.partition("code=")[2], TOKEN)
    of_the_run = ("watched", scene.sandbox.url, "checkpoint")
    rows = (*from_others(at), *that_are_odd(at))
    assert that_got_through(at, rows, [*secrets, *of_the_run]) == []
    assert "Paused" in read(at).text
    assert scene.uploads(since=landed) == 0

    assert do(at, b"do=resume").status == 303
    assert is_unharmed(scene, run)
    written = b"".join(
        each.read_bytes() for each in Path(f"{scene.source}.checkpoint").iterdir() if each.is_file()
    )
    assert [word for word in secrets if word.encode() in written] == []


def test_a_code_opens_one_browser_however_many_ask_at_once(run: PagedCommand) -> None:
    """And nobody guesses one; nor does trying use up what was printed."""
    link = run.link()
    with ThreadPoolExecutor(8) as crowded:
        answers = list(crowded.map(lambda _: opened(link)[1], range(16)))
    assert sorted(each.status for each in answers) == [200, *[403] * 15]
    assert sum("Set-Cookie" in each.headers for each in answers) == 1


def test_crowds_and_slow_callers_do_the_run_no_harm(scene: Scene, run: PagedCommand) -> None:
    """Not while they hold on, and when they have left the page is there."""
    at, _ = opened(run.link())
    with crowd(at, 30):
        before, deadline = scene.uploads(), time.monotonic() + 60
        while scene.uploads() < before + 3:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    deadline = time.monotonic() + 60
    while (answer := read(at)).status != 200:
        assert time.monotonic() < deadline, answer
    assert is_unharmed(scene, run)


def test_names_are_text_wherever_they_are_shown(scene: Scene, run: PagedCommand) -> None:
    """On the page, and in the events that change it."""
    at, _ = opened(run.link())
    deadline = time.monotonic() + 60
    while "taken" not in (page := read(at).body.decode()):
        assert time.monotonic() < deadline, page
    assert STRANGE not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;document.title" in page
