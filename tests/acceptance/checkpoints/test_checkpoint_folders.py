"""Whatever a pattern matches today, `--checkpoint FOLDER` finds what is on record in it, and nothing is sent again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import SandboxProcess, StartSandboxProcess

from support.commands import Command
from support.entries import entry


class Inbox:
    """A folder of sources that change from day to day, each with an entry of a media of its own."""

    def __init__(self, command: Command, server: SandboxProcess, prepared: dict[str, Any]) -> None:
        self.command = command
        self.folder = command.folder / "inbox"
        self.folder.mkdir()
        self.server = server
        self.project_id: str = prepared["id"]
        self.media_ids: list[str] = list(prepared["media_ids"])

    def put(self, *names: str) -> None:
        """New sources come."""
        for name in names:
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps([entry(self.media_ids.pop(0), len(self.media_ids))] * 2))

    def sent(self, *sources: str) -> tuple[int, list[int]]:
        """Import a pattern, or these; the exit code, and how much was delivered of each source now."""
        done = self.command(
            "import",
            *(sources or ("inbox/*.json",)),
            *("--checkpoint", "state", "--server", self.server.url, "--project", "p", "--workers", "0"),
            *("--json", "--onto-uploaded"),
        )
        assert done.stdout, done.stderr
        told = json.loads(done.stdout)
        return done.returncode, [each["this_run"]["delivered"] for each in told.get("sources", [told])]

    def labels(self) -> list[int]:
        """How many points each labelled media holds."""
        held = self.server.labels(self.project_id).values()
        counts = [sum(value["k"] == "poi" for value in values) for values in held]
        return [count for count in counts if count]


@pytest.fixture
def inbox(command: Command, sandbox_process: StartSandboxProcess) -> Inbox:
    server = sandbox_process("--seed", "1")
    return Inbox(command, server, server.prepare(name="p", media=20))


def test_one_source_today_and_two_tomorrow(inbox: Inbox) -> None:
    """The first one is not delivered again, and the second has a checkpoint of its own."""
    inbox.put("a.json")
    assert inbox.sent() == (0, [2])
    inbox.put("b.json")
    assert inbox.sent() == (0, [0, 2])
    assert inbox.sent() == (0, [0, 0])
    assert inbox.labels() == [2, 2]
    told = inbox.command("status", "state").stdout
    assert [line.split()[0] for line in told.splitlines()[1:4]] == ["a.json", "b.json", "together"]


def test_two_sources_today_and_one_tomorrow(inbox: Inbox) -> None:
    """Whichever of them, or a new one alone."""
    inbox.put("a.json", "b.json")
    assert inbox.sent() == (0, [2, 2])
    (inbox.folder / "a.json").rename(inbox.folder / "a.done")
    assert inbox.sent() == (0, [0])
    (inbox.folder / "b.json").unlink()
    inbox.put("c.json")
    assert inbox.sent() == (0, [2])
    assert inbox.sent() == (0, [0])
    assert inbox.labels() == [2, 2, 2]


def test_one_source_a_day_of_which_only_the_new_one_stays(inbox: Inbox) -> None:
    """The first is gone when two others come; it comes back in the end."""
    inbox.put("a.json")
    assert inbox.sent() == (0, [2])
    (inbox.folder / "a.json").rename(inbox.folder / "a.done")
    inbox.put("b.json", "c.json")
    assert inbox.sent() == (0, [2, 2])
    (inbox.folder / "c.json").unlink()
    assert inbox.sent() == (0, [0])
    (inbox.folder / "a.done").rename(inbox.folder / "a.json")
    assert inbox.sent() == (0, [0, 0])
    assert inbox.labels() == [2, 2, 2]


@pytest.mark.parametrize("way", ["./inbox/a.json", "inbox/../inbox/a.json", "renamed"])
def test_a_source_is_known_by_whatever_way_it_is_named(inbox: Inbox, way: str) -> None:
    """Its content counts, as it does where it is imported alone."""
    inbox.put("a.json")
    inbox.sent("inbox/a.json")
    inbox.put("b.json")
    if way == "renamed":
        (inbox.folder / "a.json").rename(inbox.folder / "z.json")
        way = "inbox/z.json"
    assert inbox.sent("inbox/b.json", way) == (0, [2, 0])


def test_two_sources_of_one_name_do_not_share_a_checkpoint(inbox: Inbox) -> None:
    """Two at a time are refused as long as none of them is known by more; another one later is not taken for it."""
    inbox.put("x/a.json", "y/a.json", "b.json")
    done = inbox.command("import", "inbox/x/a.json", "inbox/y/a.json", "--checkpoint", "state")
    assert (done.returncode, "would share the checkpoint" in done.stderr) == (2, True)
    assert inbox.sent("inbox/x/a.json") == (0, [2])
    assert inbox.sent("inbox/y/a.json", "inbox/x/a.json") == (0, [2, 0])
    assert inbox.sent("inbox/x/a.json", "inbox/y/a.json", "inbox/b.json") == (0, [0, 0, 2])
    assert inbox.sent("inbox/y/a.json") == (0, [0])
    inbox.put("z/a.json")
    code, delivered = inbox.sent("inbox/z/a.json")
    assert (code, delivered) == (7, [0])
    assert inbox.labels() == [2, 2, 2]


def test_what_was_delivered_twice_by_mistake_is_not_delivered_a_third_time(inbox: Inbox) -> None:
    """A folder in which one source has both kinds of checkpoint."""
    inbox.put("a.json")
    inbox.sent()
    state = inbox.command.folder / "state"
    twin = state / "a.json.checkpoint"
    twin.mkdir()
    for path in state.iterdir():
        if path.is_file():
            (twin / path.name).write_bytes(path.read_bytes())
    inbox.put("b.json")
    assert inbox.sent() == (0, [0, 2])
    assert inbox.labels() == [2, 2]


def test_a_damaged_checkpoint_in_the_folder_itself_is_not_passed_over(inbox: Inbox) -> None:
    """It may be of any of them."""
    inbox.put("a.json")
    inbox.sent()
    log = inbox.command.folder / "state" / "log"
    content = bytearray(log.read_bytes())
    content[20] ^= 1
    log.write_bytes(content)
    inbox.put("b.json")
    done = inbox.command("import", "inbox/*.json", "--checkpoint", "state", "--server", inbox.server.url)
    assert (done.returncode, "--repair" in done.stderr) == (7, True)
    assert inbox.labels() == [2]


def test_who_names_the_folder_of_several_is_told_what_is_in_it(inbox: Inbox) -> None:
    """Where one checkpoint is wanted."""
    inbox.put("a.json", "b.json")
    inbox.sent()
    more = ("--server", inbox.server.url, "--project", "p", "--checkpoint", "new", "--settled-by", "state")
    done = inbox.command("import", "inbox/a.json", *more)
    assert done.returncode == 7
    assert f"give one of them, such as {Path('state') / 'a.json.checkpoint'}" in done.stderr
