"""What a script may rely on: each end has its code, `verify && rm SOURCE` loses nothing, and `status` says why."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.around.turnstile import Turnstile
from support.commands import Command
from support.entries import noted

CHECKPOINT = "l.json.checkpoint"


@pytest.fixture
def target(command: Command, sandbox_process: Callable[..., Any], turnstile: Callable[..., Turnstile]) -> Any:
    """A sandbox behind a turnstile, with a project `p`, and a source with an entry for each of its media."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.way = turnstile(sandbox.url)
    sandbox.project = sandbox.prepare(name="p", media=40)
    sandbox.entries = [noted(media_id, n) for n, media_id in enumerate(sandbox.project["media_ids"])]
    (command.folder / "l.json").write_text(json.dumps(sandbox.entries))
    sandbox.arguments = ["l.json", "--server", sandbox.way.url, "--project", "p"]
    return sandbox


def status(command: Command, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """What `status` ends with, and says to programs and to people."""
    text = command("status", CHECKPOINT, *arguments)
    told = command("status", CHECKPOINT, "--json")
    facts: dict[str, Any] = json.loads(told.stdout)
    assert text.returncode == told.returncode == facts["exit_code"]
    return text.returncode, facts, text.stdout


def is_moment(text: str) -> bool:
    """Whether it is ISO 8601 with a zone, and not long ago."""
    at = datetime.fromisoformat(text)
    return at.tzinfo is not None and abs(at.timestamp() - time.time()) < 100


def test_a_limit_that_leaves_entries_is_not_all_delivered(command: Command, target: Any) -> None:
    """Exit 9 in each command that looks at it; and the advice is true."""
    done = command("import", *target.arguments, "--limit", "15")
    assert done.returncode == ExitCode.UNFINISHED
    assert "--limit ended the run; not sent yet: 25 entries" in done.stdout
    assert command("verify", CHECKPOINT, "l.json").returncode == ExitCode.UNFINISHED
    code, facts, text = status(command)
    assert (code, facts["state"], facts["percent"]) == (ExitCode.UNFINISHED, "stopped", 37)
    assert "with exit code 9: --limit ended the run" in text
    assert text.rstrip().endswith("The same import command resumes.")
    assert command("import", *target.arguments).returncode == 0
    code, facts, text = status(command)
    assert (code, facts["state"], facts["percent"], facts["advice"]) == (0, "complete", 100, "")
    assert "finished" in text


def test_a_source_is_deleted_only_when_all_of_it_is_delivered(command: Command, target: Any) -> None:
    """`verify && rm`, with the source named and without, at each stage of an import."""

    def may_go(*source: str) -> bool:
        codes = {command("verify", CHECKPOINT, *named).returncode for named in (source, ("l.json",))}
        return codes == {0}

    command("import", *target.arguments, "--limit", "0")
    assert not may_go()
    command("import", *target.arguments, "--limit", "15")
    assert not may_go()
    command("import", *target.arguments)
    assert may_go()
    (command.folder / "l.json").write_text(json.dumps([*target.entries, target.entries[0]]))
    for source in ([], ["l.json"]):
        done = command("verify", CHECKPOINT, *source)
        assert done.returncode == ExitCode.CHECKPOINT
        assert "Keep it, and the checkpoint" in done.stdout
    (command.folder / "l.json").unlink()
    assert command("verify", CHECKPOINT).returncode == 0


def test_rejected_entries_keep_their_source(command: Command, target: Any) -> None:
    """Exit 1: all is accounted for, and something is still to be fed again from it."""
    target.entries[3]["labels"] = {"nothing": []}
    (command.folder / "l.json").write_text(json.dumps(target.entries))
    assert command("import", *target.arguments).returncode == ExitCode.REJECTIONS
    done = command("verify", CHECKPOINT, "l.json")
    assert done.returncode == ExitCode.REJECTIONS
    assert "Keep the source until" in done.stdout
    assert status(command)[0] == ExitCode.REJECTIONS


def test_a_source_that_breaks_off_is_exit_3_until_it_is_fixed(command: Command, target: Any) -> None:
    """Import, verify and status agree, and what they advise works."""
    whole = json.dumps(target.entries)
    (command.folder / "l.json").write_text(whole[:-200])
    done = command("import", *target.arguments, "--json")
    summary = json.loads(done.stdout)
    assert (done.returncode, summary["state"], summary["owed"]) == (ExitCode.INPUT, "failed", 0)
    assert command("verify", CHECKPOINT).returncode == ExitCode.INPUT
    code, facts, text = status(command)
    assert (code, "Fix the source at or behind byte" in text) == (ExitCode.INPUT, True)
    assert facts["state"] == "failed"
    (command.folder / "l.json").write_text(whole)
    assert command("import", *target.arguments).returncode == 0
    assert status(command)[0] == 0


def test_a_budget_that_ended_a_run_is_said_with_what_helps(command: Command, target: Any) -> None:
    """The same command alone would end in the same way again."""
    for each in target.entries[:5]:
        each["labels"] = {"nothing": []}
    (command.folder / "l.json").write_text(json.dumps(target.entries))
    assert command("import", *target.arguments, "--max-errors", "2").returncode == ExitCode.BUDGET
    code, facts, _ = status(command)
    assert (code, facts["state"]) == (ExitCode.BUDGET, "failed")
    assert facts["advice"].startswith(
        "Look at the findings. With a larger --max-errors, the same import command"
    )
    assert command("import", *target.arguments, "--max-errors", "10").returncode == ExitCode.REJECTIONS


def begun(command: Command, target: Any) -> subprocess.Popen[str]:
    """An import that goes on, and has delivered something; the next request of it stands before the turnstile."""
    process = command.start("import", *target.arguments, "--max-batch-entries", "2", "--max-in-flight", "1")
    target.way.lead(process, lambda: sum(target.commits().values()) > 4)
    return process


def test_a_run_that_goes_on_is_told_as_progress_tells_it(command: Command, target: Any) -> None:
    """Exit 9, with percent, rates and when it began; rates as soon as there is something to speak of."""
    process = begun(command, target)
    code, facts, text = status(command)
    while "over the last minute" not in text:
        code, facts, text = status(command)
    assert (code, facts["state"], facts["run"]["ended"]) == (ExitCode.UNFINISHED, "running", None)
    assert is_moment(facts["run"]["started"])
    assert facts["percent"] == 100 * facts["settled"] // facts["total"]
    rates = facts["entries_per_second"]
    assert rates["last_minute"] > 0
    assert rates["last_minute"] == pytest.approx(rates["while_it_ran"], rel=0.3)
    summary = json.loads((command.folder / CHECKPOINT / "summary.json").read_text())
    assert (summary["state"], summary["exit_code"], summary["ended"]) == ("running", ExitCode.UNFINISHED, "")
    assert is_moment(summary["started"])
    process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize(
    ("number", "ending"),
    [
        (signal.SIGTERM, "with exit code 143: stopped by SIGTERM"),
        (signal.SIGKILL, "it was killed, the machine went down, or"),
    ],
)
def test_how_a_run_ended_is_said(command: Command, target: Any, number: int, ending: str) -> None:
    """Also when it could not say so itself; and the same command resumes."""
    target.way.stop(begun(command, target), number)
    code, facts, text = status(command)
    assert code in (ExitCode.UNFINISHED, ExitCode.IN_DOUBT)
    assert facts["state"] == ("killed" if number == signal.SIGKILL else "stopped")
    assert ending in text
    assert is_moment(facts["run"]["last_sign"])
    summary = json.loads((command.folder / CHECKPOINT / "summary.json").read_text())
    assert bool(summary["ended"]) == (number == signal.SIGTERM)
    log = (command.folder / CHECKPOINT / "run.log").read_text().splitlines()
    assert all(is_moment(json.loads(line)["at"]) for line in log)
    assert "import command resumes" in facts["advice"]
    assert command("import", *target.arguments).returncode in (0, ExitCode.IN_DOUBT)


def test_what_a_run_waits_for_is_said(command: Command, target: Any) -> None:
    """Here for its hours: those of tomorrow."""
    hour = (datetime.now().astimezone().hour + 12) % 24
    process = command.start("import", *target.arguments, "--window", f"{hour:02}:00-{(hour + 1) % 24:02}:00")
    log = command.folder / CHECKPOINT / "run.log"
    while process.poll() is None and not (log.exists() and "WindowClosed" in log.read_text()):
        pass
    _, facts, text = status(command)
    process.send_signal(signal.SIGKILL)
    assert facts["waits_for"]["what"] == "hours"
    assert f"paused, since {facts['waits_for']['since']}: it sends only {hour:02}:00" in text
    assert facts["seconds_left"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("--watch", CHECKPOINT),
        (CHECKPOINT, "--watch"),
        ("--watch", "1", CHECKPOINT),
        (CHECKPOINT, "--watch", "1s"),
        ("--watch", "--json", CHECKPOINT),
        ("--json", "--watch", CHECKPOINT),
    ],
)
def test_watch_stands_where_one_writes_it(command: Command, target: Any, arguments: tuple[str, ...]) -> None:
    """Before the folder or behind it, with seconds or without."""
    assert command("import", *target.arguments, "--limit", "0").returncode == ExitCode.UNFINISHED
    done = command("status", *arguments)
    assert done.returncode == ExitCode.UNFINISHED, done.stderr


def test_several_checkpoints_are_a_table_with_a_total(command: Command, target: Any) -> None:
    """The code is what matters most; JSON has the sums, and each checkpoint."""
    for name, part in (("a.json", target.entries[:30]), ("b.json", target.entries[30:])):
        (command.folder / name).write_text(json.dumps(part))
    arguments = [*target.arguments[1:], "--checkpoint", "all"]
    assert command("import", "a.json", "b.json", *arguments).returncode == 0
    (command.folder / "all" / "b.json.checkpoint" / "log").write_text("nothing")
    done = command("status", "all")
    assert done.returncode == ExitCode.CHECKPOINT
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[1] == ["a.json", "complete", "100%", "30", "30", "0", "0", "0", "0"]
    assert rows[2][:2] == ["b.json.checkpoint", "unusable"]
    assert rows[3] == ["together", "100%", "30", "30", "0", "0", "0", "7"]
    assert max(map(len, done.stdout.splitlines())) <= 80
    facts = json.loads(command("status", "all", "--json").stdout)
    assert (facts["delivered"], facts["state"], len(facts["checkpoints"])) == (30, "unusable", 2)


def rejected_and_mended(command: Command, target: Any) -> None:
    """An import of which one entry is rejected, and `mended.jsonl`, in which that is corrected."""
    whole = dict(target.entries[3])
    target.entries[3]["labels"] = {"nothing": []}
    (command.folder / "l.json").write_text(json.dumps(target.entries))
    assert command("import", *target.arguments).returncode == ExitCode.REJECTIONS
    line = {"position": 3, "entry": {**whole, "labels": {}}}
    (command.folder / "mended.jsonl").write_text(json.dumps(line))


def test_a_retry_that_was_killed_with_a_request_open_is_unconfirmed(command: Command, target: Any) -> None:
    """In every command that looks at the import, with what helps; and that helps."""
    rejected_and_mended(command, target)
    process = command.start("retry", CHECKPOINT, "mended.jsonl")
    log = command.folder / CHECKPOINT / "retries" / "0001" / "checkpoint" / "log"
    target.way.lead(process, lambda: log.exists() and b'"sent"' in log.read_bytes())
    target.way.stop(process)
    code, facts, text = status(command)
    assert (code, facts["in_doubt_in_retries"]) == (ExitCode.IN_DOUBT, 1)
    assert "A retry has 1 unconfirmed entry" in text
    proven = command("verify", CHECKPOINT, "l.json")
    assert proven.returncode == ExitCode.IN_DOUBT
    assert "A retry has 1 unconfirmed entry" in proven.stdout
    assert command("resolve", CHECKPOINT, "--not-delivered").returncode == ExitCode.IN_DOUBT
    own = f"{CHECKPOINT}/retries/0001/checkpoint"
    assert f"'bulk-importer resolve {own} --delivered'" in text
    assert command("resolve", own, "--not-delivered").returncode in (0, ExitCode.UNFINISHED)
    assert command("retry", CHECKPOINT).returncode == 0
    assert (status(command)[0], command("verify", CHECKPOINT, "l.json").returncode) == (0, 0)


def test_a_retry_that_is_refused_at_its_start_is_not_begun(command: Command, target: Any) -> None:
    """Nothing of it waits to go on, whatever refused it; the next one feeds what it is given."""
    rejected_and_mended(command, target)
    for flags, code in (
        (("--label-config", "nowhere.json"), ExitCode.USAGE),
        (("--server", "http://127.0.0.1:9", "--server-moved", "--wait-for-server", "0"), ExitCode.SERVER),
    ):
        done = command("retry", CHECKPOINT, "mended.jsonl", *flags)
        assert done.returncode == code
        assert "Not settled yet" not in done.stdout
        assert not (command.folder / CHECKPOINT / "retries").exists()
    done = command("retry", CHECKPOINT, "mended.jsonl")
    assert done.returncode == 0
    assert "; retry of l.json\n" in done.stderr


@pytest.mark.parametrize("name", ["l.json", "l.json.gz"])
def test_how_much_was_read_is_told_of_a_packed_source_too(command: Command, target: Any, name: str) -> None:
    """Its bytes are counted unpacked, so they are no part of its size."""
    text = json.dumps(target.entries).encode()
    (command.folder / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    size = (command.folder / name).stat().st_size
    assert command("import", name, *target.arguments[1:], "--checkpoint", CHECKPOINT).returncode == 0
    _, facts, said = status(command)
    assert facts["is_packed"] == name.endswith("gz")
    [line] = [line for line in said.splitlines() if line.startswith("  read ")]
    read = f"{facts['read_bytes']:,}"
    assert line.split() == ["read", read, "bytes," if facts["is_packed"] else "bytes", *line.split()[3:]]
    assert line.endswith(f"unpacked from {size:,}" if facts["is_packed"] else f"of {size:,}")
