"""Help that is read: one screen of what a person needs, and behind it the rest."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import bulk_importer
from bulk_importer.cli.help.topics import topics
from bulk_importer.cli.main import COMMANDS, main, whole_parser
from bulk_importer.cli.parsing.command_help import COMMAND_HELP
from bulk_importer.cli.parsing.options import Parser
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.sandbox import FaultScript
from bulk_importer.sandbox.faults import script
from bulk_importer.settings import definitions

PAGES = {
    name: (Path(bulk_importer.__file__).with_name("cli") / "help" / "pages" / f"{name}.txt").read_text()
    for name in topics()
}


def parsers() -> dict[str, Parser]:
    """The parser of each command, by name; the one of all commands under an empty name."""
    parser = whole_parser()
    [commands] = parser._subparsers._group_actions  # type: ignore[union-attr]  # argparse has no public way
    found: dict[str, Parser] = {"": parser, **commands.choices}  # type: ignore[dict-item]
    return found


PARSERS = parsers()


@pytest.mark.parametrize("name", PARSERS)
async def test_help_is_one_screen_of_what_a_person_needs(
    run: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """24 lines of 80 columns, the last of them for the prompt."""
    monkeypatch.setenv("COLUMNS", "80")
    done = await run(*filter(None, [name]), "--help")
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0].startswith(f"usage: bulk-importer {name}".rstrip())
    assert len(lines) <= 23, done.out
    assert max(map(len, lines)) <= 80, done.out


async def test_import_shows_ten_options_and_three_examples(run: Any) -> None:
    """And where the others are, which are all there."""
    done = await run("import", "--help")
    assert done.out.startswith("usage: bulk-importer import [OPTIONS] SOURCE...\n")
    assert len(re.findall(r"^  --", done.out, re.MULTILINE)) == 10
    assert len(re.findall(r"^  .*bulk-importer import ", done.out, re.MULTILINE)) == 3
    assert "'bulk-importer import --help-all'" in done.out
    rest = (await run("import", "--help-all")).out
    flags = [each for parser in [PARSERS["import"]] for each in parser._option_string_actions]
    assert not [flag for flag in flags if flag not in rest]
    titles = re.findall(r"^([a-z ]+):$", rest, re.MULTILINE)
    assert titles[-10:] == [
        "server",
        "reading",
        "converting",
        "checking",
        "sending",
        "checkpoint",
        "afterwards",
        "fleet",
        "watching",
        "output",
    ]
    assert rest.startswith("usage: bulk-importer import [OPTIONS] SOURCE...\n")


@pytest.mark.parametrize("columns", [40, 80, 132])
@pytest.mark.parametrize("name", ["", "import", "resolve"])
def test_help_keeps_to_the_width_of_the_terminal(
    name: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for examples, which are there to be copied."""
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = PARSERS[name].format_help().splitlines()
    assert max(len(line) for line in lines if not re.match(r"  .*bulk-importer \w", line)) <= min(
        columns, 100
    )


@pytest.mark.parametrize("name", PARSERS)
def test_every_value_that_goes_in_is_named(name: str) -> None:
    """By what it is, and not by a word for anything."""
    placeholders = {each.metavar for each in PARSERS[name]._actions if each.nargs != 0}
    assert not placeholders & {"TEXT", "STRING", "VALUE"}


def test_the_short_help_shows_options_that_there_are() -> None:
    """Of commands that there are."""
    assert COMMAND_HELP.keys() == COMMANDS.keys()
    for name, shown in COMMAND_HELP.items():
        assert not [flag for flag in shown.options if flag not in PARSERS[name]._option_string_actions]


@pytest.mark.parametrize("name", COMMAND_HELP)
def test_the_examples_are_understood(name: str) -> None:
    """By the parser of their command, and what they say to explain is known."""
    assert COMMAND_HELP[name].examples
    for example in COMMAND_HELP[name].examples:
        words = shlex.split(example.rpartition("bulk-importer ")[2].partition(" > ")[0])
        assert words[0] == name
        arguments, unknown = PARSERS[name].parse_known_args(words[1:])
        assert not unknown
        if name == "explain" and arguments.code:
            assert arguments.code in CATALOGUE or int(arguments.code) in set(ExitCode)
        if name == "help" and arguments.topic:
            assert arguments.topic in topics() or arguments.topic in COMMANDS


def test_the_short_form_of_what_an_essential_option_does_is_whole() -> None:
    """What stands before its first semicolon."""
    for name, shown in COMMAND_HELP.items():
        for flag in shown.options:
            text = PARSERS[name]._option_string_actions[flag].help or ""
            brief = text.partition(";")[0]
            assert brief.count("(") == brief.count(")"), (name, flag, brief)


def test_a_required_choice_stands_in_the_usage() -> None:
    """And what may be left out stands in brackets."""
    assert PARSERS["resolve"].format_usage() == (
        "usage: bulk-importer resolve [OPTIONS] (--delivered | --not-delivered) CHECKPOINT\n"
    )
    assert PARSERS["explain"].format_usage() == "usage: bulk-importer explain [OPTIONS] [CODE]\n"


async def test_an_unknown_option_leads_to_all_options(run: Any) -> None:
    """And suggests nothing where nothing is close."""
    done = await run("import", "x", "--serverr", "u")
    assert done.err.endswith("Did you mean --server? See 'bulk-importer import --help-all'.\n")
    done = await run("import", "x", "--colour-blind")
    assert (done.code, "Did you mean" in done.err) == (ExitCode.USAGE, False)


async def test_help_lists_its_topics(run: Any) -> None:
    """With a line for each, that is its first."""
    done = await run("help")
    assert done.code == 0
    for name in topics():
        assert re.search(rf"^  {name} +{re.escape(PAGES[name].splitlines()[0])}$", done.out, re.MULTILINE)
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("name", topics())
async def test_a_topic_is_a_page_that_fits_a_terminal(run: Any, name: str) -> None:
    """80 columns wide; what is shown of a file may be wider."""
    done = await run("help", name)
    assert done.code == 0
    assert done.out.startswith(PAGES[name].rstrip())
    assert max(map(len, PAGES[name].splitlines())) <= 80


async def test_help_of_a_command_is_all_of_its_options(run: Any) -> None:
    """As --help-all prints them."""
    assert (await run("help", "import")).out == (await run("import", "--help-all")).out


async def test_an_unknown_topic_names_the_nearest(run: Any) -> None:
    """Of topics and commands."""
    done = await run("help", "fault")
    assert (done.code, "Did you mean faults?" in done.err) == (ExitCode.USAGE, True)


def test_the_page_on_faults_says_all_that_a_fault_may_be(tmp_path: Path) -> None:
    """Every phrase and every key; and its example is a script."""
    page = PAGES["faults"]
    assert not [phrase for phrase in script._PHRASES if f"    {phrase} " not in page]
    keys = {each.name for each in fields(script.Fault)}
    explained = page.partition("Besides 'what' a fault may have")[2]
    assert {key for key in keys if re.search(rf"^    (\w+, )?{key}\b", explained, re.MULTILINE)} == keys - {
        "what"
    }
    example = page[page.index("    seed = 7") : page.index("Steps take turns")]
    written = tmp_path / "faults.toml"
    written.write_text(example)
    assert len(FaultScript.read(written).steps) == 6


@pytest.mark.parametrize(("flag", "topic"), [("--faults", "faults"), ("--cost-model", "cost-model")])
async def test_a_script_that_cannot_be_read_leads_to_the_page_about_it(
    run: Any, tmp_path: Path, flag: str, topic: str
) -> None:
    """Whatever is wrong with it."""
    for text in ("[[fault]]\nwat = 1", "wat = 1", "wat ="):
        (tmp_path / "f.toml").write_text(text)
        done = await run("sandbox", flag, tmp_path / "f.toml")
        assert (done.code, done.err.endswith(f" See 'bulk-importer help {topic}'.\n")) == (
            ExitCode.USAGE,
            True,
        )


async def test_the_page_on_cost_models_ends_with_one(run: Any) -> None:
    """It may be cut out and used; the sandbox reads it."""
    from bulk_importer.sandbox.faults.cost_model import CostModel

    page = (await run("help", "cost-model")).out
    text = "\n".join(line[4:] for line in page.splitlines() if line.startswith("    "))
    assert CostModel.parse(text, "page").cores == tomllib.loads(text)["cores"]


def test_the_page_on_settings_names_settings_that_there_are() -> None:
    """Flags and variables."""
    known = {each.flag for each in definitions()} | {f"--no-{each.flag[2:]}" for each in definitions()}
    known |= {"--config", "--example", "--schema"}
    assert set(re.findall(r"--[a-z][a-z-]*", PAGES["settings"])) <= known


def test_a_newcomer_who_types_nothing_sees_where_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    """In the last line, which stands above the prompt."""
    assert main([]) == ExitCode.USAGE
    assert capsys.readouterr().out.splitlines()[-1].endswith("Begin with 'bulk-importer demo'.")


async def test_a_checkout_without_what_makes_completion_says_what_to_install(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel needs nothing: what was made when it was built is in it."""
    monkeypatch.setitem(sys.modules, "shtab", None)
    done = await run("completion", "bash")
    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert done.err.endswith("shtab is missing for that. Install it: pip install shtab\n")


def test_the_parser_of_all_commands_and_what_is_completed_need_two_libraries_only() -> None:
    """A wheel is built where there are no others, and a command starts as fast as what it imports."""
    code = """
import sys
import bulk_importer.cli.help.shell_files
from bulk_importer.cli.main import whole_parser
whole_parser()
places = {name.partition('.')[0]: str(getattr(module, '__file__', '')) for name, module in sys.modules.items()}
print(*sorted(name for name, place in places.items() if 'site-packages' in place and not name.startswith('_')))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert set(done.stdout.split()) - {"typing_extensions"} == {"msgspec", "xxhash"}, (
        "msgspec itself uses the other if it is there"
    )


def test_errors_of_the_parser_are_sentences() -> None:
    """And raised, not printed."""
    parser = Parser(prog="bulk-importer try")
    parser.add_argument("--count", type=int)
    with pytest.raises(UsageError, match="See 'bulk-importer try --help'"):
        parser.parse_args(["--count", "many"])
    assert isinstance(parser, argparse.ArgumentParser)
