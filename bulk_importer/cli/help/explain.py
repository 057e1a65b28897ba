"""`bulk-importer explain CODE`: what a finding or an exit code means, and what to do."""

from __future__ import annotations

import argparse

from bulk_importer.cli import output
from bulk_importer.cli.help.exit_codes import EVERYWHERE, MEANINGS, PRECEDENCE_TEXT, codes_of
from bulk_importer.errors import ExitCode, UsageError

__all__ = ["configure", "run"]

_BY_ITSELF = "A scheduler may run the same command again by itself, a few times."
_BY_A_PERSON = "A scheduler should not run the same command again by itself: somebody has to look first."


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `explain`."""
    parser.add_argument(
        "code",
        nargs="?",
        metavar="CODE",
        help="code of a finding, an exit code, or a command whose exit codes are wanted; without it all are listed",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what the code means, or which codes there are."""
    if arguments.json:
        output.print_json(_all_facts() if arguments.code is None else _facts(arguments.code))
    else:
        output.print_line(_listed() if arguments.code is None else _explained(arguments.code))
    return ExitCode.DELIVERED


def _facts(code: str) -> dict[str, object]:
    """What a code means, as plain values."""
    if codes_of(code):
        return {
            "command": code,
            "exit_codes": {str(int(each)): text for each, text in codes_of(code).items()},
        }
    if not code.lstrip("-").isdecimal():
        from bulk_importer.labels.findings import kind_of

        kind = kind_of(code)
        return {
            "code": code,
            "severity": kind.severity.value,
            "meaning": kind.meaning,
            "advice": kind.advice,
        }
    exit_code = _exit_code(code)
    said = MEANINGS[exit_code]
    return {
        "exit_code": int(exit_code),
        "meaning": said.meaning,
        "advice": said.advice,
        "may_run_again": exit_code.may_run_again,
        "by_command": dict(said.by_command),
    }


def _all_facts() -> dict[str, object]:
    from bulk_importer.labels.findings import CATALOGUE

    return {
        "findings": [_facts(code) for code in sorted(CATALOGUE)],
        "exit_codes": [_facts(str(int(code))) for code in ExitCode],
    }


def _explained(code: str) -> str:
    from bulk_importer.labels.findings import kind_of

    if codes_of(code):
        return _explained_command(code)
    if not code.lstrip("-").isdecimal():
        return kind_of(code).explained()
    exit_code = _exit_code(code)
    meaning = MEANINGS[exit_code]
    lines = [f"exit code {int(exit_code)}", "", meaning.meaning, meaning.advice]
    width = max(map(len, meaning.by_command), default=0)
    lines += ["", "What it says of each command:"] if width else []
    lines += [f"  {command:{width}}  {text}" for command, text in meaning.by_command.items()]
    if exit_code in EVERYWHERE:
        lines += ["", "Any command may end with it."]
    if exit_code != ExitCode.DELIVERED:
        lines += ["", _BY_ITSELF if exit_code.may_run_again else _BY_A_PERSON]
    return "\n".join(lines)


def _explained_command(command: str) -> str:
    lines = [f"exit codes of '{command}'", ""]
    lines += [f"  {int(code):>3}  {text}" for code, text in codes_of(command).items()]
    lines += [
        f"  {int(code):>3}  {_first_sentence(MEANINGS[code].meaning).rstrip('.')}"
        for code in sorted(EVERYWHERE - codes_of(command).keys())
    ]
    return "\n".join([*lines, "", f"Where several apply, the first of {PRECEDENCE_TEXT}."])


def _exit_code(text: str) -> ExitCode:
    try:
        return ExitCode(int(text))
    except ValueError:
        known = ", ".join(str(int(each)) for each in ExitCode)
        raise UsageError(f"There is no exit code {text}. These are: {known}.") from None


def _listed() -> str:
    from bulk_importer.labels.findings import CATALOGUE

    width = max(map(len, CATALOGUE))
    lines = ["Findings:"]
    lines += [
        f"  {code:{width}}  {kind.severity.value:7}  {_first_sentence(kind.meaning)}"
        for code, kind in sorted(CATALOGUE.items())
    ]
    lines += ["", "Exit codes ('bulk-importer explain COMMAND' says those of one command):"]
    lines += [f"  {int(code):>3}  {_first_sentence(meaning.meaning)}" for code, meaning in MEANINGS.items()]
    return "\n".join(lines)


def _first_sentence(text: str) -> str:
    return text.split(". ", maxsplit=1)[0].rstrip(". ") + "."
