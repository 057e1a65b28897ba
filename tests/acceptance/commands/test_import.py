"""`bulk-importer import` takes what a person gives it, and says what is wrong with the rest."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.around.turnstile import Turnstile
from support.commands import COMMAND, Command
from support.entries import noted


@pytest.fixture
def target(sandbox_process: Callable[..., Any]) -> Any:
    """A sandbox with a project `p` of twenty media."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.project = sandbox.prepare(name="p", media=20)
    sandbox.arguments = ["--server", sandbox.url, "--project", "p"]
    return sandbox


def entries_for(target: Any, count: int = 20) -> list[Any]:
    """An entry for each of so many media."""
    return [noted(media_id, number) for number, media_id in enumerate(target.project["media_ids"][:count])]


def delivered(target: Any) -> int:
    """How many media hold a point."""
    labels = target.labels(target.project["id"])
    return sum(any(value["k"] == "poi" for value in values) for values in labels.values())


@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        (b"[", b",", b"]"),
        (b" \r\n\t[ \n", b" ,\r\n\t ", b"\n ]\r\n  "),
        (b"\xef\xbb\xbf[", b",\n", b"]\n"),
    ],
    ids=["compact", "white space everywhere", "byte order mark"],
)
def test_an_array_is_read_however_it_is_laid_out(
    command: Command, target: Any, before: bytes, between: bytes, after: bytes
) -> None:
    """White space and a byte order mark mean nothing."""
    elements = [json.dumps(each, indent=2).encode() for each in entries_for(target)]
    (command.folder / "l.json").write_bytes(before + between.join(elements) + after)
    summary = command.summary("l.json", *target.arguments)
    assert (summary["exit_code"], summary["delivered"], delivered(target)) == (0, 20, 20)


def test_a_bad_entry_costs_itself_and_says_why(command: Command, target: Any) -> None:
    """Whether it is found here or refused by the server; the others arrive."""
    entries = entries_for(target)
    entries[3]["labels"]["poi"][0]["point"][0]["x"] = -1
    entries[7]["labels"]["tram"] = []
    entries[11]["internal_media_ID"] = "nobody"
    (command.folder / "l.json").write_text(json.dumps(entries))
    summary = command.summary("l.json", *target.arguments)
    assert (summary["exit_code"], summary["delivered"], summary["rejected"]) == (ExitCode.REJECTIONS, 17, 3)
    assert delivered(target) == 17
    lines = list(
        map(json.loads, (command.folder / "l.json.checkpoint/rejected.jsonl").read_text().splitlines())
    )
    assert sorted(line["position"] for line in lines) == [3, 7, 11]
    assert all(line["entry"] == entries[line["position"]] for line in lines)
    found = {line["position"]: line["findings"][0] for line in lines}
    assert found[3]["pointer"] == "/labels/poi/0/point/0/x"
    assert all(finding["advice"] for finding in found.values())


def test_an_element_of_label_classes_is_skipped(command: Command, target: Any) -> None:
    """It stands at the head of an export, and is no entry."""
    classes = {"label_classes": [{"class_name": "poi", "geometry_type": "point"}]}
    (command.folder / "l.json").write_text(json.dumps([classes, *entries_for(target)]))
    summary = command.summary("l.json", *target.arguments)
    assert (summary["exit_code"], summary["delivered"], summary["skipped"]) == (0, 20, 1)


def test_a_finished_import_sends_nothing_and_repeats_its_summary(command: Command, target: Any) -> None:
    """Even when the server is gone."""
    (command.folder / "l.json").write_text(json.dumps(entries_for(target)))
    first = command.summary("l.json", *target.arguments)
    target.kill()
    again = command.summary("l.json", *target.arguments)
    this_run = again.pop("this_run")
    [source] = again.pop("sources")
    assert {key: first[key] for key in again} == again
    assert source == {**again, "this_run": this_run}
    assert not any(value for value in this_run.values())


def test_a_limit_sends_so_many_and_the_same_command_without_it_goes_on(command: Command, target: Any) -> None:
    """Exit 0: it did what it was told."""
    (command.folder / "l.json").write_text(json.dumps(entries_for(target)))
    limited = command.summary("l.json", *target.arguments, "--limit", "5")
    assert (limited["state"], limited["exit_code"], limited["delivered"]) == (
        "stopped",
        ExitCode.UNFINISHED,
        5,
    )
    assert command.summary("l.json", *target.arguments, "--limit", "5")["delivered"] == 10
    whole = command.summary("l.json", *target.arguments)
    assert (whole["state"], whole["delivered"], delivered(target)) == ("complete", 20, 20)


BROKEN: dict[str, tuple[Callable[[bytes], bytes], int, str]] = {
    "empty": (lambda _: b"", 0, "breaks off"),
    "only blanks": (lambda _: b" \n ", 0, "breaks off"),
    "an object": (lambda _: b'{"entries": []}', 0, "not a JSON array"),
    "a word": (lambda _: b"nothing", 0, "not a JSON array"),
    "breaks off": (lambda text: text[:-30], 19, "breaks off"),
    "a comma too many": (lambda text: text[:-1] + b",]", 20, "ends behind a comma"),
    "a comma missing": (lambda text: text.replace(b"}, {", b"} {", 1), 1, "comma"),
    "something behind it": (lambda text: text + b"[]", 20, "follows the end"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_array_ends_with_3_the_byte_and_all_before_it_delivered(
    command: Command, target: Any, case: str
) -> None:
    """And goes on when it was mended at that byte."""
    breaks, position, reason = BROKEN[case]
    text = json.dumps(entries_for(target)).encode()
    (command.folder / "l.json").write_bytes(breaks(text))
    summary = command.summary("l.json", *target.arguments)
    assert summary["exit_code"] == ExitCode.INPUT
    assert reason in summary["message"]
    assert f"position {position}" in summary["message"]
    assert summary["delivered"] == position == delivered(target)
    assert "at byte " in summary["message"]

    (command.folder / "l.json").write_bytes(text)
    mended = command.summary("l.json", *target.arguments)
    assert (mended["exit_code"], mended["delivered"], delivered(target)) == (0, 20, 20)
    assert set(target.commits().values()) == {1}


def test_a_file_that_was_changed_before_the_break_is_refused(command: Command, target: Any) -> None:
    """Same bytes or refuse: what is delivered of the old file is not known of the new one."""
    text = json.dumps(entries_for(target))
    (command.folder / "l.json").write_text(text[:-30])
    command("import", "l.json", *target.arguments)
    (command.folder / "l.json").write_text(text.replace("n3", "n4", 1))
    refused = command.summary("l.json", *target.arguments)
    assert refused["exit_code"] == ExitCode.CHECKPOINT
    assert "Do not delete" in refused["message"]
    assert delivered(target) == 19


@pytest.mark.parametrize("depth", [100_000, 500_000])
def test_deep_nesting_takes_neither_the_memory_nor_the_run(command: Command, target: Any, depth: int) -> None:
    """A hundred thousand brackets are 100 kB; libraries build a path for each and take gigabytes."""
    elements = [json.dumps(each).encode() for each in entries_for(target, 2)]
    deep = b'{"internal_media_ID":"a","labels":' + b"[" * depth + b"]" * depth + b"}"
    (command.folder / "l.json").write_bytes(b"[" + b",".join([elements[0], deep, elements[1]]) + b"]")
    (command.folder / "open.json").write_bytes(b"[" * depth)
    done = limited_memory(command, "import", "l.json", *target.arguments, "--json")
    summary = json.loads(done.stdout)
    assert (summary["exit_code"], summary["delivered"], summary["rejected"]) == (ExitCode.REJECTIONS, 2, 1), (
        summary
    )
    opened = limited_memory(command, "import", "open.json", *target.arguments, "--json")
    assert opened.returncode == ExitCode.INPUT, opened.stderr


def limited_memory(
    command: Command, *arguments: str, megabytes: int = 400
) -> subprocess.CompletedProcess[str]:
    """Run the command with a hard limit on what each of its processes may allocate."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))

    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=command.folder,
        env=command.environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        preexec_fn=limit,
    )


def test_a_file_larger_than_the_memory_is_streamed(command: Command, target: Any) -> None:
    """Two hundred megabytes of bad entries and a good one at the end, by processes that may hold 150 each."""
    good = entries_for(target, 1)[0]
    points = [{"x": number, "y": 1} for number in range(3000)]
    filler = json.dumps({"internal_media_ID": 5, "labels": {"car": [{"polygon": points}]}}).encode() + b","
    with (command.folder / "l.json").open("wb") as file:
        file.write(b"[")
        for _ in range(200_000_000 // len(filler)):
            file.write(filler)
        file.write(json.dumps(good).encode() + b"]")
    arguments = [
        "l.json",
        *target.arguments,
        "--workers",
        "1",
        "--pool-bytes",
        "1MiB",
        "--max-errors",
        "none",
    ]
    summary = json.loads(limited_memory(command, "import", *arguments, "--json", megabytes=150).stdout)
    assert (summary["delivered"], summary["rejected"]) == (1, 200_000_000 // len(filler))


WRONG: dict[str, tuple[Sequence[str], ExitCode, str]] = {
    "no such file": (
        ["import", "nowhere.json", "--server", "http://h", "--project", "p"],
        ExitCode.INPUT,
        "there is no such file",
    ),
    "no server": (["import", "l.json"], ExitCode.USAGE, "--server"),
    "no URL": (["import", "l.json", "--server", "here", "--project", "p"], ExitCode.USAGE, "not a URL"),
    "a password in the URL": (
        ["import", "l.json", "--server", "http://a:b@h", "--project", "p"],
        ExitCode.USAGE,
        "password",
    ),
    "an unknown flag": (
        ["import", "l.json", "--max-in-fligth", "3"],
        ExitCode.USAGE,
        "Did you mean --max-in-flight?",
    ),
    "an unknown command": (["improt"], ExitCode.USAGE, "Did you mean import?"),
    "standard input without a checkpoint": (
        ["import", "-", "--server", "http://h", "--project", "p"],
        ExitCode.USAGE,
        "--checkpoint",
    ),
    "no checkpoint": (["status", "nowhere"], ExitCode.CHECKPOINT, "no log"),
    "a token file that is not there": (
        ["import", "l.json", "--server", "http://h", "--project", "p", "--token-file", "t"],
        ExitCode.USAGE,
        "token file",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_meant_gets_a_sentence_and_a_code_and_no_traceback(
    command: Command, case: str
) -> None:
    """The sentence says what to do."""
    arguments, code, sentence = WRONG[case]
    (command.folder / "l.json").write_text("[]")
    done = command(*arguments)
    assert (done.returncode, sentence in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


def test_two_runs_on_one_checkpoint_exclude_each_other(
    command: Command, target: Any, turnstile: Callable[..., Turnstile]
) -> None:
    """The second one is told who has it."""
    way = turnstile(target.url, holds="prediction")
    (command.folder / "l.json").write_text(json.dumps(entries_for(target)))
    arguments = ["l.json", "--server", way.url, "--project", "p"]
    first = command.start("import", *arguments)
    way.lead(first, lambda: way.waiting > 0)
    second = command("import", *arguments)
    assert second.returncode == ExitCode.CHECKPOINT
    assert f"process {first.pid}" in second.stderr
    assert "runs now" in command("status", "l.json.checkpoint").stdout
    way.stop(first)


def test_broken_streams_do_not_end_a_run(command: Command, target: Any) -> None:
    """It goes on to its end all the same; but that its summary is cut short must show."""
    (command.folder / "l.json").write_text(json.dumps(entries_for(target)))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "import", "l.json", *target.arguments],
            cwd=command.folder,
            env=command.environment,
            stdout=full,
            stderr=full,
            timeout=60,
            check=False,
        )
    assert (done.returncode, delivered(target)) == (2, 20)
    assert json.loads((command.folder / "l.json.checkpoint" / "summary.json").read_text())["exit_code"] == 0


def test_standard_input_is_a_source(command: Command, target: Any) -> None:
    """With a folder for its checkpoint."""
    done = subprocess.run(
        [*COMMAND, "import", "-", *target.arguments, "--checkpoint", "cp"],
        cwd=command.folder,
        env=command.environment,
        input=json.dumps(entries_for(target)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, delivered(target)) == (0, 20), done.stderr


def test_help_starts_without_heavy_libraries(command: Command) -> None:
    """What makes a command slow to start is what it imports."""
    heavy = (
        "aiohttp",
        "rich",
        "jsonschema_rs",
        "ijson",
        "tenacity",
        "orjson",
        "sqlite3",
    )
    arguments: list[str]
    for arguments in (["--help"], ["import", "--help"], ["demo", "--help"], ["sandbox", "--help"]):
        program = f"import sys; from bulk_importer.cli.main import main; main({arguments}); print(sorted(sys.modules))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert "usage: bulk-importer" in done.stdout
        loaded = done.stdout.splitlines()[-1]
        assert not [name for name in heavy if f"'{name}'" in loaded], arguments
