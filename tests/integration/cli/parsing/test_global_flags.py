"""Every command takes the same flags for what it writes, and says them alike."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bulk_importer.cli.main import COMMANDS, main
from bulk_importer.errors import ExitCode

EVERYWHERE = (
    "--json",
    "--output",
    "-q, --quiet",
    "-v, --verbose",
    "--log-level",
    "--log-format",
    "--color",
    "--config",
)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_the_flags_of_every_command(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each once, in one group."""
    main([name, "--help-all"])
    said = capsys.readouterr().out.replace("\n", " \n")
    assert [flag for flag in EVERYWHERE if said.count(f"\n  {flag} ") != 1] == []


def test_the_version_has_a_short_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """As with most commands."""
    assert main(["-V"]) == ExitCode.DELIVERED
    assert capsys.readouterr().out.startswith("bulk-importer 0.")


@pytest.mark.parametrize(
    ("arguments", "variables", "level", "origin"),
    [
        (["-q"], {}, "error", "flag --log-level"),
        (["-v"], {"BULK_IMPORTER_LOG_LEVEL": "error"}, "debug", "flag --log-level"),
        ([], {"BULK_IMPORTER_LOG_LEVEL": "warning"}, "warning", "variable BULK_IMPORTER_LOG_LEVEL"),
        (["-v", "-q"], {}, "error", "flag --log-level"),
    ],
)
def test_quiet_and_verbose_are_log_levels(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    variables: dict[str, str],
    level: str,
    origin: str,
) -> None:
    """A variable or a file can say them for good; the last flag counts."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(["settings", "--json", *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["log_level"] | {"help": ""} == {
        "value": level,
        "origin": origin,
        "help": "",
    }


def test_a_settings_file_of_any_command_may_say_how_it_speaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also of one that takes no other setting; and a mistake in the file is told."""
    file = tmp_path / "settings.toml"
    file.write_text('log_format = "json"\ngrace = "20s"\n')
    assert main(["status", str(tmp_path), "--config", str(file)]) == ExitCode.CHECKPOINT
    told = json.loads(capsys.readouterr().err)
    assert (told["level"], str(tmp_path) in told["message"]) == ("error", True)
    file.write_text('log_fromat = "json"\n')
    assert main(["explain", "--config", str(file)]) == ExitCode.USAGE
    assert "Did you mean log_format?" in capsys.readouterr().err


def test_a_settings_file_that_is_found_says_how_a_command_speaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `--config none` it is not even opened."""
    source, file = tmp_path / "labels.json", tmp_path / "bulk-importer.toml"
    source.write_text("[]")
    file.write_text('color = "always"\n')
    check = ["check", str(source), "--label-config", "none"]
    assert main(check) == ExitCode.DELIVERED
    assert f"\x1b[33mbulk-importer: Settings are read from {file}" in capsys.readouterr().err
    file.write_text("this is no TOML")
    assert main(check) == ExitCode.USAGE
    assert str(file) in capsys.readouterr().err
    assert main([*check, "--config", "none"]) == ExitCode.DELIVERED
    assert capsys.readouterr().err == ""


def test_a_mistake_on_the_command_line_is_an_object_where_the_variable_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the command line is understood, only the environment has said anything."""
    monkeypatch.setenv("BULK_IMPORTER_LOG_FORMAT", "json")
    assert main(["improt"]) == ExitCode.USAGE
    assert "Did you mean import?" in json.loads(capsys.readouterr().err)["message"]


@pytest.mark.parametrize(("color", "is_red"), [("auto", False), ("always", True), ("never", False)])
def test_colors_are_for_terminals_unless_told_otherwise(
    capsys: pytest.CaptureFixture[str], color: str, is_red: bool
) -> None:
    """In a pipe there are none by themselves."""
    main(["status", "nowhere", "--color", color])
    assert ("\x1b[31m" in capsys.readouterr().err) is is_red


def test_an_output_that_cannot_be_written_is_told_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not after three hours."""
    assert main(["explain", "--output", str(tmp_path / "no" / "file")]) == ExitCode.USAGE
    captured = capsys.readouterr()
    assert "cannot be written" in captured.err
    assert captured.out == ""


def open_files() -> set[str]:
    """The names of those that this process has open."""
    return {os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()}


def test_the_output_of_one_command_does_not_go_into_the_file_of_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A process may run several, one after the other."""
    file = tmp_path / "codes"
    assert main(["explain", "--output", str(file)]) == 0
    assert "Exit codes" in file.read_text()
    assert str(file) not in open_files(), "nobody writes to it any more"
    assert capsys.readouterr().out == ""
    assert main(["explain", "--output", "-"]) == 0
    assert "Exit codes" in capsys.readouterr().out


def test_explain_prints_json_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    """One code, or all of them."""
    main(["explain", "7", "--json"])
    assert json.loads(capsys.readouterr().out)["exit_code"] == 7
    main(["explain", "class-unknown", "--json"])
    assert json.loads(capsys.readouterr().out)["severity"] == "error"
    main(["explain", "--json"])
    every = json.loads(capsys.readouterr().out)
    assert {each["exit_code"] for each in every["exit_codes"]} == {int(code) for code in ExitCode}
    assert len(every["findings"]) > 20


@pytest.mark.parametrize("topic", ["settings", "import"])
def test_help_prints_json_as_well(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same text."""
    main(["help", topic])
    text = capsys.readouterr().out
    main(["help", topic, "--json"])
    assert json.loads(capsys.readouterr().out)["text"] == text.rstrip()
