"""Every command that is advised works when typed: in each ending, by each command that says one."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.around.advice import advised, copied, followed
from support.commands import Command
from support.entries import noted

CHECKPOINT = "l.json.checkpoint"
LOOKS = (
    ("status", CHECKPOINT),
    ("verify", CHECKPOINT),
    ("verify", CHECKPOINT, "l.json"),
    ("retry", CHECKPOINT),
    ("resolve", CHECKPOINT, "--not-delivered"),
)
"""What a person types who looks at an import that ended in some way."""


class Ended:
    """An import that ends in some way, and what is said then."""

    def __init__(self, command: Command, start: Callable[..., Any]) -> None:
        self.command = command
        self.start = start
        self.sandbox: Any = None
        self.entries: list[Any] = []
        self.said: list[str] = []

    def begin(self, *arguments: str, faults: str = "") -> None:
        """A sandbox with such faults, and a source with an entry for each of its media."""
        (self.command.folder / "faults.toml").write_text(faults)
        self.sandbox = self.start(
            "--seed", "1", "--faults", str(self.command.folder / "faults.toml"), *arguments
        )
        project = self.sandbox.prepare(name="p", media=12)
        self.entries = [noted(media_id, n) for n, media_id in enumerate(project["media_ids"])]
        self.write(json.dumps(self.entries))

    def write(self, text: str) -> None:
        """Put this in the place of the source."""
        (self.command.folder / "l.json").write_text(text)

    @property
    def where_to(self) -> tuple[str, ...]:
        return ("--server", self.sandbox.url, "--project", "p")

    def type(self, *arguments: str, expected: ExitCode | None = None) -> None:
        """Type a command, and keep what it says."""
        done = self.command(*arguments)
        self.said.append(done.stdout + done.stderr + self.command("explain", str(done.returncode)).stdout)
        assert expected is None or done.returncode == expected, self.said[-1]

    def kill_the_server(self) -> None:
        """Its port answers nobody from now on."""
        self.sandbox.kill()
        # Advice is tried again and again on it; how long one waits for a server is tested elsewhere.
        self.command.environment["BULK_IMPORTER_WAIT_FOR_SERVER"] = "0.5s"

    def load(self, *flags: str, expected: ExitCode) -> None:
        """Import the source."""
        self.type("import", "l.json", *self.where_to, *flags, expected=expected)


def complete(ended: Ended) -> None:
    ended.begin()
    ended.load(expected=ExitCode.DELIVERED)


def rejected(ended: Ended) -> None:
    ended.begin()
    ended.entries[3]["labels"] = {"nothing": []}
    del ended.entries[4]["internal_media_ID"]
    ended.entries[5]["internal_media_ID"] = "00000000-0000-0000-0000-000000000000"
    ended.write(json.dumps(ended.entries))
    ended.type("check", "l.json", *ended.where_to)
    ended.load("--max-errors", "none", expected=ExitCode.REJECTIONS)


def limited(ended: Ended) -> None:
    ended.begin()
    ended.load("--limit", "3", expected=ExitCode.UNFINISHED)


def stopped(ended: Ended, number: int = signal.SIGTERM) -> None:
    ended.begin(faults='[[fault]]\nwhat = "delay"\nseconds = 0.3\nprobability = 1.0\n')
    process = ended.command.start(
        "import", "l.json", *ended.where_to, "--max-batch-entries", "1", "--max-in-flight", "1"
    )
    while process.poll() is None and not ended.sandbox.commits():
        pass
    process.send_signal(number)
    ended.said += process.communicate(timeout=60)


def killed(ended: Ended) -> None:
    stopped(ended, signal.SIGKILL)


def unconfirmed(ended: Ended) -> None:
    ended.begin(faults='[[fault]]\nwhat = "reset before commit"\ntimes = 1\n')
    ended.load("--doubt-wait", "0", "--max-batch-entries", "2", expected=ExitCode.IN_DOUBT)
    ended.type("import", "l.json", *ended.where_to, "--checkpoint", "new", "--settled-by", CHECKPOINT)


def with_a_damaged_log(ended: Ended) -> None:
    complete(ended)
    log = ended.command.folder / CHECKPOINT / "log"
    content = bytearray(log.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 8] = bytes(8)
    log.write_bytes(content)
    ended.load(expected=ExitCode.CHECKPOINT)


def without_a_log(ended: Ended) -> None:
    complete(ended)
    (ended.command.folder / CHECKPOINT / "log").unlink()
    ended.load(expected=ExitCode.CHECKPOINT)


def on_a_server_that_moved(ended: Ended) -> None:
    limited(ended)
    moved = ended.sandbox.url.replace("127.0.0.1", "localhost")
    ended.type("import", "l.json", "--server", moved, "--project", "p", expected=ExitCode.CHECKPOINT)
    ended.type("retry", CHECKPOINT, "--server", moved, expected=ExitCode.USAGE)


def on_a_server_that_is_gone(ended: Ended) -> None:
    limited(ended)
    ended.kill_the_server()
    ended.load(expected=ExitCode.SERVER)
    ended.type("doctor", *ended.where_to, expected=ExitCode.SERVER)


def on_a_server_that_went_away(ended: Ended) -> None:
    ended.command.environment["BULK_IMPORTER_MAX_OUTAGE"] = "1s"
    ended.begin(faults="[[fault]]\nwhat = 503\nprobability = 1.0\n")
    ended.load(expected=ExitCode.SERVER)


def of_a_changed_source(ended: Ended) -> None:
    rejected(ended)
    ended.write(json.dumps([*ended.entries[::-1], ended.entries[0]]))
    ended.load(expected=ExitCode.CHECKPOINT)


def of_a_cut_off_source(ended: Ended) -> None:
    ended.begin()
    ended.write(json.dumps(ended.entries)[:-200])
    ended.load(expected=ExitCode.INPUT)


def of_a_source_that_is_gone(ended: Ended) -> None:
    limited(ended)
    (ended.command.folder / "l.json").unlink()
    ended.load(expected=ExitCode.INPUT)


def with_a_wrong_token(ended: Ended) -> None:
    ended.begin("--token", "right")
    (ended.command.folder / "token").write_text("wrong")
    for what in (("import", "l.json"), ("doctor",), ("projects",)):
        where_to = ended.where_to if what[0] != "projects" else ended.where_to[:2]
        ended.type(*what, *where_to, "--token-file", "token", expected=ExitCode.SERVER)


def into_no_project(ended: Ended) -> None:
    ended.begin()
    ended.type("import", "l.json", "--server", ended.sandbox.url, "--project", "q", expected=ExitCode.SERVER)
    ended.type("media", "--server", ended.sandbox.url, expected=ExitCode.USAGE)
    ended.type("label-config", "--server", ended.sandbox.url, expected=ExitCode.USAGE)
    flags = ("--label-config", "none", "--no-check-media")
    ended.type("import", "l.json", *ended.where_to, *flags, "--checkpoint", "n", expected=ExitCode.USAGE)


def with_too_many_errors(ended: Ended) -> None:
    ended.begin()
    for each in ended.entries[:6]:
        each["labels"] = {"nothing": []}
    ended.write(json.dumps(ended.entries))
    ended.load("--max-errors", "2", expected=ExitCode.BUDGET)


def in_a_retry(ended: Ended) -> None:
    rejected(ended)
    log = ended.command.folder / CHECKPOINT / "retries" / "0001" / "checkpoint" / "log"
    (ended.command.folder / "faults.toml").write_text("")
    line = {"position": 3, "entry": {**ended.entries[3], "labels": {}}}
    (ended.command.folder / "c.jsonl").write_text(json.dumps(line))
    process = ended.command.start("retry", CHECKPOINT, "c.jsonl")
    while process.poll() is None and not (log.exists() and b'"sent"' in log.read_bytes()):
        pass
    process.send_signal(signal.SIGKILL)
    ended.said += process.communicate(timeout=60)


ENDINGS = (
    complete,
    rejected,
    limited,
    stopped,
    killed,
    unconfirmed,
    with_a_damaged_log,
    without_a_log,
    on_a_server_that_moved,
    on_a_server_that_is_gone,
    on_a_server_that_went_away,
    of_a_changed_source,
    of_a_cut_off_source,
    of_a_source_that_is_gone,
    with_a_wrong_token,
    into_no_project,
    with_too_many_errors,
    in_a_retry,
)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.__name__.replace("_", " "))
def test_what_is_advised_works_when_typed(
    ending: Callable[[Ended], None],
    tmp_path_factory: pytest.TempPathFactory,
    sandbox_process: Callable[..., Any],
    command: Command,
) -> None:
    """Nothing that an import, or a look at it, says to type is a usage error; and a code that is shown is explained."""
    ended = Ended(command, sandbox_process)
    ending(ended)
    follow_all(ended, ending, tmp_path_factory)


def follow_all(
    ended: Ended, ending: Callable[[Ended], None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Look at the import, and type what was advised by then."""
    command = ended.command
    looked = tmp_path_factory.mktemp("looks")
    for number, look in enumerate(LOOKS):
        # Each look at the import as it was left, for some of them change it.
        there = Command(looked / str(number))
        there.environment = command.environment
        copied(command.folder, there.folder)
        done = there(*look)
        ended.said.append((done.stdout + done.stderr).replace(str(there.folder), str(command.folder)))
        ended.said.append(there("explain", str(done.returncode)).stdout)
    meant = {
        "URL": ended.sandbox.url,
        "P": "p",
        "CODE": "class-unknown",
        "COMMAND": "import",
        "CHECKPOINT": CHECKPOINT,
        "CORRECTED.jsonl": f"{CHECKPOINT}/rejected.jsonl",
    }
    said = "\n".join(ended.said)
    assert "Traceback" not in said
    found = followed(command, said, tmp_path_factory.mktemp("advised"), meant)
    wrong = {
        words: done.stderr
        for words, done in found.items()
        if done.returncode in (ExitCode.USAGE, ExitCode.UNFORESEEN)
    }
    assert not wrong
    assert found or ending is complete
    if re.search(r"same (import )?command", said):
        again = Command(tmp_path_factory.mktemp("again") / "there")
        again.environment = command.environment
        copied(command.folder, again.folder)
        assert again("import", "l.json", *ended.where_to).returncode != ExitCode.USAGE
    for code in codes_shown(said):
        assert command("explain", code).returncode == 0


def codes_shown(text: str) -> set[str]:
    """The codes of findings in the summaries in a text."""
    return set(re.findall(r"^ +[\d,]+  ([a-z]+(?:-[a-z]+)+)$", text, re.MULTILINE))


def test_commands_are_found_in_sentences_and_on_lines_of_their_own() -> None:
    """And nothing else is taken for one."""
    text = (
        "Look ('bulk-importer explain CODE' says more), or `bulk-importer status c`.\n"
        "  bulk-importer verify 'a b'\nbulk-importer: not a command.\n$ bulk-importer demo\n"
        "'bulk-importer status c' again"
    )
    assert advised(text) == [["explain", "CODE"], ["status", "c"], ["demo"]]
