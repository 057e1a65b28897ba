"""Finds the command, runs it, and turns what stops it into a message and an exit code."""

from __future__ import annotations

import argparse
import atexit
import gc
import importlib
import os
import sys
from collections.abc import Collection, Sequence
from typing import NoReturn

from bulk_importer.cli import messages, output, streams
from bulk_importer.cli.output_file import close_file
from bulk_importer.cli.parsing.global_flags import add_global_flags, apply_global_flags
from bulk_importer.cli.parsing.options import Parser
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError
from bulk_importer.levels import Level
from bulk_importer.loading.interrupts import end_on_interrupts, raise_on_interrupts
from bulk_importer.settings import did_you_mean

__all__ = ["COMMANDS", "main", "run", "whole_parser"]

COMMANDS = {
    "demo": "see it work: an import that is interrupted and resumes",
    "import": "load labels into a server; the same command again resumes",
    "check": "find everything that import would refuse; sends no labels",
    "convert": "write the label files of another tool as entries of an import",
    "formats": "list which label files are read, and what they become",
    "plan": "divide one source among many workers, once it is checked",
    "serve": "upload label files in a browser: checked, confirmed, imported",
    "backup": "read the labels of a project into a file that import takes",
    "migrate": "move the labels of a project into another, and compare",
    "work": "import one shard of a plan; waits for its turn, and resumes",
    "gather": "put together what came of all workers on a plan",
    "status": "say where a run stands, while it runs or after",
    "report": "make a page of a run: how it went, in plots and pictures",
    "verify": "prove from the log that every entry is accounted for, once",
    "control": "pause, resume, limit or stop a run that is under way",
    "retry": "send rejected entries again, corrected or as they are",
    "undo": "take an import back: what its media held before, they hold again",
    "resolve": "decide what became of requests whose answer was lost",
    "complete": "complete or skip the tasks whose labels were delivered",
    "projects": "list the projects of a server",
    "datasets": "list the datasets of a server or project",
    "media": "list the media of a project or dataset, with their ids",
    "label-config": "show the label configuration of a project",
    "doctor": "examine the way to a server, from its URL to the project",
    "explain": "say what a finding or an exit code means, and what to do",
    "sandbox": "run a DataGym server to rehearse on",
    "settings": "show every setting, its value and where that came from",
    "completion": "print what lets a shell complete these commands",
    "help": "explain a topic, or every option of a command",
}
_MODULES = {
    "demo": "practice.demo",
    "import": "importing.import_labels",
    "check": "importing.check",
    "convert": "converting.convert",
    "formats": "converting.formats",
    "plan": "fleet.plan",
    "serve": "serving.serve",
    "backup": "migrating.backup",
    "migrate": "migrating.migrate",
    "gather": "fleet.gather",
    "status": "checkpoints.status",
    "report": "checkpoints.report",
    "verify": "checkpoints.verify",
    "control": "watching.control",
    "retry": "checkpoints.retry",
    "undo": "checkpoints.undo",
    "work": "fleet.work",
    "resolve": "checkpoints.resolve",
    "complete": "checkpoints.complete",
    "projects": "lookups.projects",
    "datasets": "lookups.datasets",
    "media": "lookups.media",
    "label-config": "lookups.label_config",
    "doctor": "lookups.doctor",
    "explain": "help.explain",
    "sandbox": "practice.sandbox",
    "settings": "settings.settings",
    "completion": "help.completion",
    "help": "help.topics",
}

# So many objects are made while modules are imported, nearly all of which stay: to look through them again and again
# for garbage takes a tenth of the processor time of a small import. What a run makes goes without being looked for.
_COLLECT_AFTER = 100_000

_APART = (
    "an argument is one too many, or stands apart: those that are no flags stand side by side, before all flags or "
    "behind them"
)


def run() -> NoReturn:
    """The command line of this process, which ends with it."""
    ended: list[int] = []
    atexit.register(_end_at_once, ended)  # before all others, so it is called last
    gc.set_threshold(_COLLECT_AFTER)
    streams.open_streams()
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:  # while it was being told what came of it
        code = ExitCode.INTERRUPTED
    end_on_interrupts()
    if not streams.close_streams(messages.complain) and code == ExitCode.DELIVERED:
        code = ExitCode.USAGE
    ended.append(code)
    sys.exit(code)


def _end_at_once(ended: Sequence[int]) -> None:
    """End the process with the code that its command ended with, when all threads that are waited for are through.

    What is left goes with the process. The interpreter would take itself apart first, while threads may still run that
    nobody waits for, those of libraries too: the process may die of that. And it would look for garbage in all that is
    left, which takes a tenth of the processor time of a small import.
    """
    if ended:
        streams.close_streams(lambda _: None)  # once more, for what was written at the exit
        os._exit(ended[0])


def main(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Nothing that can be foreseen leaves as an exception."""
    try:
        apply_global_flags(
            argparse.Namespace(config="none")
        )  # what is wrong with the command line is told so, too
        arguments, unknown = _parser(argv).parse_known_args(argv)
        if unknown:
            flags = _flags(unknown)
            arguments.parser.error(f"unrecognized arguments: {flags}" if flags else _APART)
        apply_global_flags(arguments)
        raise_on_interrupts()
        code: int = arguments.run(arguments)
    except BulkImporterError as error:
        messages.complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        messages.complain("interrupted (Ctrl-C).")
        return ExitCode.INTERRUPTED
    except SystemExit as leaving:  # argparse, after --help and --version
        return int(leaving.code or 0)
    except Exception as error:  # noqa: BLE001 - the last resort: a traceback with a code of its own
        return _unforeseen(error)
    finally:
        close_file()
    return code


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """A parser that knows the arguments of the command that is asked for; and, if flags come first, all by name."""
    asked = next((word for word in argv if not word.startswith("-")), None)
    if asked is not None and asked not in COMMANDS:
        raise UsageError(
            f"There is no command {asked!r}.{did_you_mean(asked, COMMANDS)} See 'bulk-importer --help'."
        )
    return _parser_of([] if asked is None else [asked], argv[:1] if asked in argv[:1] else COMMANDS)


def whole_parser() -> argparse.ArgumentParser:
    """A parser that knows the arguments of every command: what completion and man pages are made of."""
    return _parser_of(COMMANDS, COMMANDS)


def _parser_of(asked: Collection[str], named: Collection[str]) -> argparse.ArgumentParser:
    """A parser that knows the commands that are `named`, and the arguments of those that are `asked` for."""
    parser = Parser(
        prog="bulk-importer",
        description="Streams label files into a DataGym server: checked, in parallel, resumable.",
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="store_true", help="print the version and leave")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=Parser, required=False)
    parser.set_defaults(run=_without_command, parser=parser)
    for name in named:
        text = COMMANDS[name]
        command = commands.add_parser(name, help=text, description=_sentence(text), allow_abbrev=False)
        if name in asked:
            module = importlib.import_module(f"bulk_importer.cli.{_MODULES[name]}")
            module.configure(command)
            add_global_flags(command)
            command.set_defaults(run=module.run, parser=command)
    return parser


def _flags(unknown: Sequence[str]) -> str:
    """The flags among arguments that nobody knows, without their values: one of these may be a secret."""
    return " ".join(word.partition("=")[0] for word in unknown if word.startswith("-"))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _without_command(arguments: argparse.Namespace) -> int:
    if arguments.version:
        from importlib.metadata import version

        output.print_line(f"bulk-importer {version('bulk-importer')}")
        return ExitCode.DELIVERED
    output.print_line(arguments.parser.format_help().rstrip())
    return ExitCode.USAGE


def _unforeseen(error: Exception) -> int:
    import traceback

    messages.say("".join(traceback.format_exception(error)).rstrip(), Level.ERROR)
    messages.complain(
        "internal error (a bug of bulk-importer). What was delivered is on record: the same command again resumes "
        "where it stopped. Please report the lines above."
    )
    return ExitCode.UNFORESEEN
