"""What a person reads on a real terminal, and a program in a pipe, while the real command runs."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.around.screen import Terminal
from support.commands import Command
from support.entries import noted

MEDIA = 240
SLOW = '[[fault]]\nwhat = "delay"\nseconds = {seconds}\nprobability = 1.0\n'
SMALL = ("--max-in-flight", "2", "--max-batch-entries", "8")
PROGRESS = re.compile(r"^ *\d+% ")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"


class Place:
    """A sandbox that takes its time, labels for it, and terminals to import them on."""

    def __init__(self, command: Command, sandbox: Any) -> None:
        self.command = command
        self.sandbox = sandbox
        self.project = sandbox.prepare(name="streets", media=MEDIA)
        self.arguments = ("labels.json", "--server", sandbox.url, "--project", "streets")
        entries: list[Any] = [noted(media_id, at) for at, media_id in enumerate(self.project["media_ids"])]
        entries[5] = {**entries[5], "labels": {"no-such-class": [{"point": [{"x": 1, "y": 2}]}]}}
        (command.folder / "labels.json").write_text(json.dumps(entries))
        self._opened: list[Terminal] = []

    def terminal(self, *arguments: str, columns: int = 80, **environment: str) -> Terminal:
        """A terminal on which a command runs."""
        inherited = {
            name: value
            for name, value in self.command.environment.items()
            if name not in ("NO_COLOR", "COLUMNS", "LINES", "TERM")
        }
        opened = Terminal(
            *arguments,
            folder=self.command.folder,
            columns=columns,
            environment={**inherited, "LANG": "C.UTF-8", **environment},
        )
        self._opened.append(opened)
        return opened

    def close(self) -> None:
        """Close the terminals."""
        for each in self._opened:
            each.close()


@pytest.fixture
def place(command: Command, sandbox_process: Callable[..., Any]) -> Iterator[Place]:
    """A server that takes a tenth of a second for every request."""
    (command.folder / "slow.toml").write_text(SLOW.format(seconds=0.1))
    opened = Place(command, sandbox_process("--seed", "1", "--faults", str(command.folder / "slow.toml")))
    yield opened
    opened.close()


def progress_in(lines: list[str]) -> str:
    """The line of progress on a screen; nothing where there is none."""
    return next((line for line in reversed(lines) if PROGRESS.match(line)), "")


def is_half_way(lines: list[str]) -> bool:
    """Whether the line says how fast it is, and for how long yet."""
    return "/s" in progress_in(lines) and "left" in progress_in(lines)


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_line_fits_and_is_gone_at_the_end(place: Place, columns: int) -> None:
    """Percent, rate and time left are on it whole at any width; the summary stands where it was."""
    terminal = place.terminal("import", *place.arguments, *SMALL, columns=columns)
    line = progress_in(terminal.read(is_half_way))
    assert re.match(r"^ *\d+%.* · [\d,.]+/s · (\d+ min )?\d+ s left", line), line
    left = terminal.finish()
    assert terminal.process.returncode == ExitCode.REJECTIONS
    assert not progress_in(left)
    assert any("rejected" in line for line in left)
    assert not [line for screen in terminal.screens for line in screen if line.count("% ") > 1]
    gate = re.compile(r"in flight|weight")
    assert not [line for screen in terminal.screens for line in screen if gate.search(line)]


def test_a_window_that_is_pulled_narrower_in_mid_run_shows_one_line(place: Place) -> None:
    """It is drawn anew for the new width, and nothing of the old one stays."""
    terminal = place.terminal("import", *place.arguments, *SMALL, columns=120)
    terminal.read(lambda lines: "labels.json" in progress_in(lines) and is_half_way(lines))
    terminal.resize(48)
    before = len(terminal.screens)

    def is_drawn_anew(lines: list[str]) -> bool:
        drawn = [line for line in lines if PROGRESS.match(line)]
        return len(terminal.screens) > before + 3 and len(drawn) == 1 and "left" in drawn[0]

    assert is_drawn_anew(terminal.read(is_drawn_anew))
    terminal.resize(100)
    terminal.read(lambda lines: len(progress_in(lines)) > 48)
    assert not progress_in(terminal.finish())


def test_ctrl_c_is_acknowledged_at_once_with_what_a_second_one_does(place: Place) -> None:
    """And the same command resumes; the summary says so."""
    terminal = place.terminal("import", *place.arguments, *SMALL)
    terminal.read(is_half_way)
    terminal.type("\x03")
    shown = " ".join(terminal.read(lambda lines: any("stopping" in line for line in lines)))
    assert "another Ctrl-C gives it up" in " ".join(shown.split())
    terminal.finish()
    assert terminal.process.returncode == ExitCode.INTERRUPTED


def test_a_second_ctrl_c_gives_up_what_is_in_flight(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """Without waiting for a server that does not answer."""
    (command.folder / "stuck.toml").write_text(SLOW.format(seconds=60))
    place = Place(command, sandbox_process("--seed", "1", "--faults", str(command.folder / "stuck.toml")))
    terminal = place.terminal("import", *place.arguments, *SMALL, "--grace", "60s")
    try:
        terminal.read(lambda _: any("prediction" in each["path"] for each in place.sandbox.requests()))
        terminal.type("\x03")
        shown = terminal.read(lambda lines: "stopping · " in progress_in(lines))
        assert "s at most" in progress_in(shown)
        terminal.type("\x03")
        terminal.read(lambda lines: any("is given up" in line for line in lines))
        terminal.finish()
        assert terminal.process.returncode == ExitCode.INTERRUPTED
    finally:
        place.close()


def test_a_server_that_goes_away_is_said_first(place: Place) -> None:
    """With for how long already, in front of all that may be cut."""
    terminal = place.terminal("import", *place.arguments, *SMALL, columns=40)
    terminal.read(is_half_way)
    place.sandbox.kill()
    shown = terminal.read(lambda lines: "waiting for server" in progress_in(lines))
    assert re.match(r"^ *\d+% · waiting for server · \d+ s", progress_in(shown))
    terminal.type("\x03")
    terminal.finish()


def test_no_color_and_color_never_are_obeyed(place: Place) -> None:
    """The line still moves; nothing has a colour. Without them what is bad has one."""
    runs = {
        "NO_COLOR": place.terminal("import", *place.arguments, "--checkpoint", "a", NO_COLOR="1"),
        "never": place.terminal("import", *place.arguments, "--checkpoint", "b", "--color", "never"),
        "auto": place.terminal("import", *place.arguments, "--checkpoint", "c"),
    }
    for terminal in runs.values():
        terminal.finish()
        assert b"\x1b[J" in terminal.seen
    colored = {name: bool(re.search(rb"\x1b\[[0-9;]*m", terminal.seen)) for name, terminal in runs.items()}
    assert colored == {"NO_COLOR": False, "never": False, "auto": True}


def test_a_dumb_terminal_gets_plain_lines(place: Place) -> None:
    """With the time, the percent and the total, and no byte that it would not obey."""
    terminal = place.terminal("import", *place.arguments, TERM="dumb", columns=120)
    shown = terminal.finish()
    assert b"\x1b" not in terminal.seen
    assert [line for line in shown if re.match(rf"{TIME} 100%; 1 rejected; 240 of 240", line)], shown


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_pipe_gets_plain_lines_on_standard_error(place: Place, form: tuple[str, ...]) -> None:
    """With `--json` as well; standard output holds the object and nothing else."""
    done = place.command("import", *place.arguments, *form)
    assert re.search(
        rf"^{TIME} 100%; 1 rejected; 240 of 240 entries; labels.json$", done.stderr, re.MULTILINE
    )
    assert "\x1b" not in done.stdout + done.stderr
    if form:
        assert json.loads(done.stdout)["rejected"] == 1
    quiet = place.command("import", *place.arguments, *form, "-q", "--checkpoint", "quiet")
    assert quiet.stderr == ""
    assert bool(quiet.stdout) == bool(form)


def test_verbose_tells_the_moves_of_the_gate(place: Place) -> None:
    """Above the line."""
    done = place.command("import", *place.arguments, "-v", "--max-batch-entries", "4")
    assert re.search(rf"{TIME} \d+ in flight, weight", done.stderr)
    assert " in flight, weight" not in place.command("import", *place.arguments, "--checkpoint", "c").stderr


def test_logs_can_be_objects(place: Place) -> None:
    """Every line of standard error, errors included, has a time and a level."""
    done = place.command("import", *place.arguments, "--log-format", "json")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all({"time", "level"} <= set(line) and ("message" in line or "event" in line) for line in lines)
    assert [line["percent"] for line in lines if line.get("event") == "Progress"][-1] == 100
    wrong = place.command("import", "nowhere.json", *place.arguments[1:], "--log-format", "json")
    assert json.loads(wrong.stderr.splitlines()[-1])["level"] == "error"


def test_a_check_shows_how_far_it_is(place: Place) -> None:
    """Of a pipe nobody knows how long it is; so it says how much there was."""
    text = b"[" + b",".join([(place.command.folder / "labels.json").read_bytes()[1:-1]] * 100) + b"]"
    pipe = place.command.folder / "pipe"
    os.mkfifo(pipe)
    terminal = place.terminal(
        "check", "pipe", *place.arguments[1:], "--segment-bytes", "100kB", "--workers", "0", columns=120
    )
    with pipe.open("wb", buffering=0) as file:
        file.write(text[: len(text) // 2])
        shown = terminal.read(lambda lines: any("MB · checking pipe" in line for line in lines))
        assert re.search(r"\d+ rejected · [\d,]+ entries · \d.\d MB · checking pipe", "".join(shown))
        file.write(text[len(text) // 2 :])
    assert not any("checking" in line for line in terminal.finish())
    assert terminal.process.returncode == ExitCode.REJECTIONS


def test_a_proof_shows_how_far_it_is(command: Command, sandbox_process: Callable[..., Any]) -> None:
    """In media that are held against the server."""
    slow = '[[fault]]\nwhat = "delay"\nroute = "/api/lcvalues/*"\nseconds = 0.01\nprobability = 1.0\n'
    (command.folder / "slow.toml").write_text(slow)
    place = Place(command, sandbox_process("--seed", "1", "--faults", str(command.folder / "slow.toml")))
    place.command("import", *place.arguments, "--checkpoint", "kept")
    terminal = place.terminal("verify", "kept", "labels.json", "--against-server", columns=120)
    shown = terminal.read(lambda lines: any("comparing with the server" in line for line in lines))
    assert re.search(r"\d+%.* of 239 media · comparing with the server", "".join(shown))
    terminal.finish()
    place.close()


def test_a_list_of_media_shows_how_far_it_is(command: Command, sandbox_process: Callable[..., Any]) -> None:
    """On the terminal alone: what is asked for has no such line in it."""
    (command.folder / "slow.toml").write_text(SLOW.format(seconds=0.3) + 'route = "read"\n')
    place = Place(command, sandbox_process("--seed", "1", "--faults", str(command.folder / "slow.toml")))
    terminal = place.terminal("media", *place.arguments[1:], columns=120)
    try:
        shown = terminal.read(lambda lines: any("listing" in line for line in lines))
        assert "240 of 240 media · listing the media of streets" in progress_in(shown)
        assert not any("listing" in line for line in terminal.finish())
    finally:
        place.close()


def test_the_terminal_is_left_as_it_was_when_the_run_is_told_to_end(place: Place) -> None:
    """By SIGTERM, with the line drawn."""
    terminal = place.terminal("import", *place.arguments, *SMALL)
    terminal.read(is_half_way)
    terminal.process.send_signal(signal.SIGTERM)
    shown = terminal.finish()
    assert terminal.process.returncode == ExitCode.TERMINATED
    assert not progress_in(shown)


def test_an_output_file_holds_what_would_be_printed(place: Place, tmp_path: Path) -> None:
    """And standard output nothing."""
    done = place.command("import", *place.arguments, "--json", "--output", str(tmp_path / "summary"))
    assert done.stdout == ""
    assert json.loads((tmp_path / "summary").read_text())["delivered"] == MEDIA - 1
    done = place.command("check", *place.arguments, "--output", "labels.json")
    assert (done.returncode, "Name another one" in done.stderr) == (ExitCode.USAGE, True)
    assert (place.command.folder / "labels.json").stat().st_size > 1000


def test_json_has_the_same_keys_for_one_source_and_for_many(place: Place) -> None:
    """Of `import` and of `check`; counts are sums, and none is below zero."""
    text = (place.command.folder / "labels.json").read_text()
    for name in ("a.json", "b.json"):
        (place.command.folder / name).write_text(text)
    server = place.arguments[1:]
    for what in ("check", "import"):
        one, many = (
            json.loads(place.command(what, *sources, *server, "--json").stdout)
            for sources in (["labels.json"], ["a.json", "b.json"])
        )
        assert list(one) == list(many)
        assert [len(each["sources"]) for each in (one, many)] == [1, 2]
        assert (one["entries"], many["entries"]) == (MEDIA, 2 * MEDIA)
        assert many["rejected"] == sum(each["rejected"] for each in many["sources"])
        assert set(one["sources"][0]) == set(many["sources"][0]) == set(one) - {"sources"}
    missing = json.loads(place.command("check", "a.json", "nowhere.json", *server, "--json").stdout)
    assert [each["exit_code"] for each in missing["sources"]] == [1, 3]
    assert missing["exit_code"] == ExitCode.INPUT


def test_no_count_is_below_zero_when_a_run_resumes(place: Place) -> None:
    """What an earlier run left owed, and a later one sent, is delivered by that one, and not owed less than nothing."""
    first = place.command.summary(*place.arguments, "--limit", "100")
    second = place.command.summary(*place.arguments)
    retried = json.loads(
        place.command("retry", "labels.json.checkpoint", "--project", "streets", "--json").stdout
    )
    for each in (first, second, retried):
        assert all(value >= 0 for value in each["this_run"].values() if isinstance(value, int | float))
    assert (first["this_run"]["owed"], second["this_run"]["owed"]) == (MEDIA - 101, 0)
    assert retried["this_run"]["rejected"] == 1


def test_what_was_rejected_before_a_run_resumed_is_counted_once(place: Place) -> None:
    """Although the part of the source that it stands in is read and judged again."""
    place.command("import", *place.arguments, "--limit", "100")
    done = place.command("import", *place.arguments, "--log-format", "json")
    told = [json.loads(line) for line in done.stderr.splitlines()]
    last = [each for each in told if each.get("event") == "Progress"][-1]
    assert (last["percent"], last["done"], last["rejected"]) == (100, MEDIA, 1)


def test_a_stop_before_the_turn_of_the_second_source_is_told_as_a_stop(place: Place) -> None:
    """The first one may be complete; what was asked for is not."""
    (place.command.folder / "b.json").write_text((place.command.folder / "labels.json").read_text())
    process = place.command.start(
        "import", "labels.json", "b.json", *place.arguments[1:], *SMALL, "--json", "--log-level", "error"
    )
    while not any("prediction" in each["path"] for each in place.sandbox.requests()):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    summary = json.loads(out)
    assert (process.returncode, summary["exit_code"]) == (ExitCode.TERMINATED, ExitCode.TERMINATED)
    assert [(each["state"], each["entries"] > 0) for each in summary["sources"]] == [
        ("stopped", True),
        ("stopped", False),
    ]
