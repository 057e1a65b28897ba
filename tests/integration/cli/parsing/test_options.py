"""What the help of a command lists, the command takes."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from bulk_importer.cli.main import COMMANDS, main, whole_parser
from bulk_importer.settings import Definition, definitions

NOWHERE = {
    "status": ["nowhere"],
    "gather": ["nowhere"],
    "verify": ["nowhere"],
    "retry": ["nowhere"],
    "report": ["nowhere"],
    "resolve": ["nowhere", "--not-delivered"],
    "import": ["nowhere.json", "--server", "http://127.0.0.1:1", "--project", "p"],
    "check": ["nowhere.json", "--label-config", "none"],
    "label-config": ["--server", "http://127.0.0.1:1", "--project", "p", "--wait-for-server", "0s"],
    "media": ["--server", "http://127.0.0.1:1", "--project", "p", "--wait-for-server", "0s"],
    "doctor": ["--server", "http://127.0.0.1:1"],
    "serve": ["--server", "http://127.0.0.1:1", "--spool", "/dev/null/spool"],
}
"""Arguments with which a command is over soon, for what is not there."""
LOOK_UP = ["--server", "http://127.0.0.1:1", "--wait-for-server", "0s"]
VALUES = {
    "URL": "http://127.0.0.1:1",
    "FILE": "nowhere",
    "FOLDER": "nowhere",
    "CODE": "earlier-entry-wiped",
    "N": "3",
    "HH:MM-HH:MM": "00:00-24:00",
}

parsers = whole_parser()._get_positional_actions()[0]
assert isinstance(parsers, argparse._SubParsersAction)
OF_THEIR_OWN = {"header": "X-Team: a", "wait_for_server": "0s"}
PARSERS: dict[str, argparse.ArgumentParser] = parsers.choices


def listed(command: str) -> dict[str, argparse.Action]:
    """The options that `--help-all` lists, by each of their names."""
    return {
        flag: action
        for flag, action in PARSERS[command]._option_string_actions.items()
        if action.help != argparse.SUPPRESS
    }


def settings_of(command: str) -> list[Definition]:
    """The settings that it lists as flags, but for those that need others, as those of a fleet do in an import."""
    actions = {action.dest for action in listed(command).values()}
    return [
        each
        for each in definitions()
        if f"setting:{each.name}" in actions
        and each.need is None
        and (command, each.section) != ("import", "fleet")
    ]


def takes_settings(command: str) -> bool:
    """Whether it lists settings besides those of every command."""
    return any(each.section != "output" for each in settings_of(command))


def given(each: Definition) -> list[str]:
    """A setting as a flag, with a value that it may have."""
    if not each.kind.takes_value:
        return [each.flag]
    if each.name in OF_THEIR_OWN:
        return [each.flag, OF_THEIR_OWN[each.name]]
    if each.default not in (None, ()):
        return [each.flag, each.kind.show(each.default)]
    return [each.flag, VALUES.get(each.kind.placeholder, "3")]


@pytest.mark.parametrize("command", [name for name in COMMANDS if takes_settings(name)])
def test_no_option_is_listed_and_refused(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What means nothing there is said, and does no harm."""
    monkeypatch.chdir(tmp_path)
    refused = {}
    for each in settings_of(command):
        where = [] if command in ("settings", "sandbox", "demo") else NOWHERE.get(command, LOOK_UP)
        main([command, *where, *given(each)])
        said = capsys.readouterr().err
        if "Leave it out" in said or "unrecognized" in said or "flag --" in said:
            refused[each.flag] = said
    assert refused == {}


def test_check_takes_every_option_of_import() -> None:
    """So that one word can stand in place of the other."""
    assert listed("import").keys() - listed("check").keys() == set()
    assert {flag: action.nargs for flag, action in listed("import").items()} == {
        flag: action.nargs for flag, action in listed("check").items() if flag in listed("import")
    }


def test_what_a_command_refuses_is_listed_nowhere() -> None:
    """A person would take what `projects` lists for the project that they named."""
    assert "--project" not in listed("projects")
    assert "--project" not in PARSERS["projects"].format_help()
    assert "--project " not in PARSERS["projects"].format_help_all()  # type: ignore[attr-defined]
