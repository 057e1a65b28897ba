"""Every code that a person meets is explained, with what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulk_importer.cli.help.exit_codes import EVERYWHERE, MEANINGS, PRECEDENCE_TEXT, codes_of
from bulk_importer.cli.main import COMMANDS
from bulk_importer.errors import ExitCode, most_important
from bulk_importer.labels.findings import CATALOGUE


@pytest.mark.parametrize("code", CATALOGUE)
async def test_every_finding_is_explained(run: Any, code: str) -> None:
    """In the words that findings carry as their advice."""
    done = await run("explain", code)
    assert done.code == 0
    assert CATALOGUE[code].meaning in done.out
    assert CATALOGUE[code].advice in done.out


@pytest.mark.parametrize("code", ExitCode)
async def test_every_exit_code_is_explained(run: Any, code: ExitCode) -> None:
    """By its number."""
    done = await run("explain", int(code))
    assert (done.code, done.out.splitlines()[0]) == (0, f"exit code {int(code)}")
    assert len(done.out.strip().splitlines()) >= 4


@pytest.mark.parametrize("code", sorted(set(ExitCode) - {ExitCode.DELIVERED}))
async def test_of_every_failure_it_is_said_whether_a_machine_may_run_the_command_again(
    run: Any, code: ExitCode
) -> None:
    """What schedulers are given is made of that."""
    done = await run("explain", int(code))
    assert done.out.splitlines()[-1].startswith(
        "A scheduler may" if code.may_run_again else "A scheduler should not"
    )
    told = await run("explain", int(code), "--json")
    assert json.loads(told.out)["may_run_again"] is code.may_run_again


async def test_without_a_code_all_are_listed(run: Any) -> None:
    """Findings and exit codes, a line each."""
    done = await run("explain")
    assert all(f"  {code} " in done.out for code in CATALOGUE)
    assert all(f"  {int(code):>3}  " in done.out for code in ExitCode)


@pytest.mark.parametrize(
    ("code", "sentence"), [("media-unkown", "Is 'media-unknown' meant?"), ("99", "These are: 0, 1, 2")]
)
async def test_an_unknown_code_is_told_what_is_near(run: Any, code: str, sentence: str) -> None:
    """Or what there is."""
    done = await run("explain", code)
    assert (done.code, sentence in done.err) == (ExitCode.USAGE, True), done.err


def test_every_code_is_said_in_general_and_every_command_has_a_success() -> None:
    """The table has no gap: a command that is added later must say what its end means."""
    assert set(MEANINGS) == set(ExitCode)
    assert [command for command in COMMANDS if ExitCode.DELIVERED not in codes_of(command)] == []
    assert {command for each in MEANINGS.values() for command in each.by_command} <= set(COMMANDS)


async def test_the_codes_of_a_command_are_explained(run: Any) -> None:
    """With what each says there, and those with which every command may end."""
    done = await run("explain", "verify")
    assert (done.code, done.out.splitlines()[0]) == (0, "exit codes of 'verify'")
    for code, text in codes_of("verify").items():
        assert f"  {int(code):>3}  {text}" in done.out
    assert all(f"  {int(code):>3}  " in done.out for code in EVERYWHERE)


def test_the_precedence_that_is_told_is_the_one_that_decides() -> None:
    """Of all those that are named, each comes before the later ones."""
    told = [130 if "signal" in each else int(each) for each in PRECEDENCE_TEXT.split(", ")]
    while told:
        assert most_important(map(ExitCode, reversed(told))) == told.pop(0)
