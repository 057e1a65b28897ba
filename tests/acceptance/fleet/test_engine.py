"""`--engine dask`: what a person sees who gives the work to others, and what stands in the way of that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from support.commands import Command
from support.entries import entry

PLACE = ("--server", "http://127.0.0.1:9", "--project", "p")


@pytest.mark.slow
def test_one_command_plans_works_and_gathers_and_again_sends_nothing(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """With a scheduler of its own, which is gone behind it."""
    sandbox = sandbox_process()
    project = sandbox.prepare(name="p", media=60)
    media: list[str] = project["media_ids"]
    entries = [entry(each, number, True) for number, each in enumerate([*media, *media[:20]])]
    (command.folder / "labels.json").write_text(json.dumps(entries))
    asked = ("import", "labels.json", "--server", sandbox.url, "--project", project["id"], "--engine", "dask")

    first = command(*asked, "--shards", "3", "--json")
    assert first.returncode == 0, first.stderr
    summary = json.loads(first.stdout)
    assert (summary["state"], summary["delivered"], len(summary["shards"])) == ("complete", 80, 3)
    held = sandbox.labels(project["id"])
    assert [sorted(label["g"][0] for label in held[each] if label["k"] == "poi") for each in media[:20]] == [
        [float(number), float(number + 60)] for number in range(20)
    ]
    written = sandbox.commits()

    again = command(*asked, "--shards", "3", "--json")
    assert again.returncode == 0, again.stderr
    assert sandbox.commits() == written

    made = command("plan", *asked[1:-2], "--shards", "3", "--output", "made.plan")
    assert made.returncode == 0, made.stderr
    nobody = ("--scheduler", "tcp://127.0.0.1:1", "--wait-for-server", "0.3s")
    on_it = command(*asked, "--shards", "3", "--checkpoint", "made.plan", *nobody)
    assert on_it.returncode == 6, (
        on_it.stderr
    )  # it is the plan that is asked for, and what is missing is a scheduler


def test_a_scheduler_that_is_not_there_is_waited_for_and_named(command: Command) -> None:
    (command.folder / "labels.json").write_text("[]")
    done = command(
        *("check", "labels.json", "--label-config", "none", "--engine", "dask"),
        *("--scheduler", "tcp://127.0.0.1:1", "--wait-for-server", "0.3s"),
    )
    assert done.returncode == 6
    assert "tcp://127.0.0.1:1 is not available" in done.stderr


def test_an_address_that_is_none_is_refused_with_one_that_is(command: Command) -> None:
    (command.folder / "labels.json").write_text("[]")
    done = command("check", "labels.json", "--engine", "dask", "--scheduler", "nowhere")
    assert done.returncode == 2
    assert "tcp://dask:8786" in done.stderr


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--shards", "3"), "--shards has no effect without --engine dask"),
        (("--scheduler", "tcp://a:1"), "without --engine dask"),
        (("b.json", "--engine", "dask"), "one source is imported at a time"),
        (("--engine", "dask", "--on-delivered", "complete", "--yes"), "'bulk-importer complete'"),
    ],
)
def test_what_cannot_be_meant_is_refused(command: Command, flags: tuple[str, ...], words: str) -> None:
    for name in ("a.json", "b.json"):
        (command.folder / name).write_text("[]")
    done = command("import", "a.json", *flags, *PLACE)
    assert done.returncode == 2
    assert words in done.stderr
