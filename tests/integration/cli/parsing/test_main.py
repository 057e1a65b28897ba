"""The command line finds the command, and says clearly what is wrong with itself."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from bulk_importer.cli import output
from bulk_importer.cli.main import COMMANDS, main
from bulk_importer.cli.signals import hearing_signals, stopping_on_signals
from bulk_importer.errors import ExitCode
from bulk_importer.settings import definitions
from bulk_importer.transfer.stop import StopSwitch


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """That begins with what it does."""
    assert main([name, "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert COMMANDS[name][1:30] in said


def test_every_setting_is_a_flag_of_some_command(capsys: pytest.CaptureFixture[str]) -> None:
    """With its default and its help."""
    main(["settings", "--help-all"])
    said = capsys.readouterr().out
    assert not [
        each.flag for each in definitions() if each.flag not in said and f"--no-{each.flag[2:]}" not in said
    ]


def test_without_a_command_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """And that this was none."""
    assert main([]) == ExitCode.USAGE
    assert "demo" in capsys.readouterr().out


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """As `pip` knows it."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("bulk-importer 0.")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["imprt"], "Did you mean import?"),
        (["settings", "--grce", "3"], "Did you mean --grace?"),
        (["settings", "--grace", "soon"], "flag --grace: 'soon' is not a duration"),
        (["status"], "CHECKPOINT"),
        (["status", "a.checkpoint", "--json", "b.checkpoint"], "stands apart"),
        (["import", "a.json", "--page", "abc"], "stands apart"),
        (["status", ""], "an argument is empty"),
        (["status", "--json", ""], "an argument is empty"),
        (["verify", "a.checkpoint", ""], "an argument is empty"),
        (["settings", "--project", ""], "flag --project"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence_and_code_2(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error."""
    assert main(argv) == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_a_project_that_nobody_named_is_not_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing is all that is said."""
    (tmp_path / "l.json").write_text("[]")
    assert main(["import", str(tmp_path / "l.json"), "--server", "http://gym.test"]) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "--project ID_OR_NAME are needed" in said
    assert "Looking for" not in said


def test_settings_are_shown_with_their_origin(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line each, or one object."""
    monkeypatch.setenv("BULK_IMPORTER_GRACE", "20s")
    assert main(["settings", "--max-in-flight", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if line.startswith(("grace", "max_in_flight"))] == [
        ["max_in_flight", "3", "flag", "--max-in-flight"],
        ["grace", "20s", "variable", "BULK_IMPORTER_GRACE"],
    ]
    assert main(["settings", "--json"]) == 0
    assert '"origin": "variable BULK_IMPORTER_GRACE"' in capsys.readouterr().out


def test_headers_may_be_several_and_only_their_names_are_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From flags, or a variable with one on each line; their values may be secrets."""
    assert (
        main(["settings", "--header", "X-Team: a, b", "--header", "@secrets", "--header", "X-Key: s3cret"])
        == 0
    )
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("header ")]
    assert line.split(maxsplit=1)[1] == "X-Team, @secrets, X-Key   flag --header"
    monkeypatch.setenv("BULK_IMPORTER_HEADER", "X-Team: a\nX-Key: s3cret")
    assert main(["settings", "--json"]) == 0
    said = capsys.readouterr().out
    assert "X-Team, X-Key" in said
    assert main(["settings", "--header", "s3cret"]) == ExitCode.USAGE
    assert "s3cret" not in said + capsys.readouterr().err


def test_what_was_not_foreseen_has_a_code_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """70, with a traceback to report, and never 1, which means rejections."""
    monkeypatch.setattr(output, "print_line", lambda _: 1 / 0)
    assert main(["settings"]) == ExitCode.UNFORESEEN
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_first_signal_stops_and_the_second_aborts(number: int, code: int) -> None:
    """Whichever of them it is."""

    async def check() -> None:
        stop = StopSwitch()
        heard: list[str] = []
        stop.subscribe(lambda: heard.append("stop"))
        with stopping_on_signals(stop, grace_seconds=1.0):
            os.kill(os.getpid(), number)
            await stop.requested()
            assert (stop.exit_code, heard) == (code, ["stop"])
            aborting = asyncio.ensure_future(stop.aborted())
            await asyncio.sleep(0)
            assert not aborting.done()
            os.kill(os.getpid(), number)
            await aborting
        stop.subscribe(lambda: heard.append("late"))
        assert heard == ["stop", "late"]

    asyncio.run(check())


def test_what_a_process_was_started_to_ignore_it_ignores() -> None:
    """As `nohup` has it: the terminal may go away, and the command goes on."""

    async def check() -> list[signal.Signals]:
        heard: asyncio.Queue[signal.Signals] = asyncio.Queue()
        with hearing_signals(heard.put_nowait):
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            first = await heard.get()
        return [first, *(heard.get_nowait() for _ in range(heard.qsize()))]

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert asyncio.run(check()) == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGHUP, before)
