"""`bulk-importer explain CODE`: what a finding or an exit code means, and what to do."""

from __future__ import annotations

import argparse

from bulk_importer.cli import terminal
from bulk_importer.errors import ExitCode, UsageError

__all__ = ["configure", "run"]

_EXIT_CODES = {
    ExitCode.DELIVERED: (
        "Everything was delivered, or there was nothing to do; for 'check': there is no error in the input.",
        "Nothing.",
    ),
    ExitCode.REJECTIONS: (
        (
            "Everything that could be sent was delivered, and some entries were rejected; for 'check': there are "
            "errors in the input."
        ),
        "Look at rejected.jsonl in the checkpoint folder: each line says what is wrong with one entry, and what to do.",
    ),
    ExitCode.USAGE: (
        (
            "The command line, a variable or the settings file says something that cannot be meant: nothing was sent; "
            "or what was asked for could not be written down, and is cut short."
        ),
        "Read the message and 'bulk-importer COMMAND --help'; 'bulk-importer settings' shows where each value is from.",
    ),
    ExitCode.INPUT: (
        (
            "The source cannot be read to its end: it is not there, breaks off, stops being JSON, or is something "
            "else. What stands before that place was read and, by 'import', delivered."
        ),
        "Do what the message says. Mended at or behind the byte that is named, the same command goes on there.",
    ),
    ExitCode.BUDGET: (
        "More entries were rejected than --max-errors allows, so the run ended early.",
        "Look at the findings first: it is often one mistake in all entries. Raise --max-errors to go on all the same.",
    ),
    ExitCode.IN_DOUBT: (
        (
            "The answer to a request was lost, and it is not known whether the server executed it. The entries are not "
            "sent again, so that nothing is doubled."
        ),
        "Run the same command again: it finds out what became of them, where that can be known.",
    ),
    ExitCode.SERVER: (
        "The server does not answer, refuses the token, or does not know the project.",
        (
            "'bulk-importer doctor' looks at URL, TLS, token, routes and project, one after the other. Then run the "
            "same command again; nothing is lost."
        ),
    ),
    ExitCode.CHECKPOINT: (
        "The checkpoint cannot be used: another run writes it, it is damaged, or it was begun for something else.",
        "Do what the message says. Do not delete the folder: it alone knows what was delivered.",
    ),
    ExitCode.LABEL_CONFIG: (
        "The label configuration of the project changed in a way that matters to what was checked or delivered.",
        "Look at what the message names. The same command again checks what is owed by the new configuration.",
    ),
    ExitCode.UNFORESEEN: (
        "Something happened that should not have, and is a mistake of this program.",
        "What was delivered is on record. Run the same command again, and report the message.",
    ),
    ExitCode.HANGUP: ("The terminal went away (SIGHUP).", "The same command again goes on."),
    ExitCode.INTERRUPTED: ("The run was interrupted (Ctrl-C, SIGINT).", "The same command again goes on."),
    ExitCode.TERMINATED: ("The run was told to end (SIGTERM).", "The same command again goes on."),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """What `explain` takes."""
    parser.add_argument(
        "code",
        nargs="?",
        metavar="CODE",
        help="code of a finding, or an exit code; without it all are listed",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what the code means, or which codes there are."""
    if arguments.json:
        import orjson

        facts = _all_facts() if arguments.code is None else _facts(arguments.code)
        terminal.out(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode())
    else:
        terminal.out(_listed() if arguments.code is None else _explained(arguments.code))
    return ExitCode.DELIVERED


def _facts(code: str) -> dict[str, object]:
    """The same for programs."""
    if not code.lstrip("-").isdecimal():
        from bulk_importer.datagym.findings import kind_of

        kind = kind_of(code)
        return {
            "code": code,
            "severity": kind.severity.value,
            "meaning": kind.meaning,
            "advice": kind.advice,
        }
    exit_code = _exit_code(code)
    meaning, advice = _EXIT_CODES[exit_code]
    return {"exit_code": int(exit_code), "meaning": meaning, "advice": advice}


def _all_facts() -> dict[str, object]:
    from bulk_importer.datagym.findings import CATALOGUE

    return {
        "findings": [_facts(code) for code in sorted(CATALOGUE)],
        "exit_codes": [_facts(str(int(code))) for code in ExitCode],
    }


def _explained(code: str) -> str:
    from bulk_importer.datagym.findings import kind_of

    if not code.lstrip("-").isdecimal():
        return kind_of(code).explained()
    exit_code = _exit_code(code)
    meaning, advice = _EXIT_CODES[exit_code]
    return f"exit code {int(exit_code)}\n\n{meaning}\n{advice}"


def _exit_code(text: str) -> ExitCode:
    try:
        return ExitCode(int(text))
    except ValueError:
        known = ", ".join(str(int(each)) for each in ExitCode)
        raise UsageError(f"There is no exit code {text}. These are: {known}.") from None


def _listed() -> str:
    from bulk_importer.datagym.findings import CATALOGUE

    width = max(map(len, CATALOGUE))
    lines = ["Findings:"]
    lines += [
        f"  {code:{width}}  {kind.severity.value:7}  {_first_sentence(kind.meaning)}"
        for code, kind in sorted(CATALOGUE.items())
    ]
    lines += ["", "Exit codes:"]
    lines += [f"  {int(code):>3}  {_first_sentence(_EXIT_CODES[code][0])}" for code in ExitCode]
    return "\n".join(lines)


def _first_sentence(text: str) -> str:
    return text.split(". ", maxsplit=1)[0].rstrip(". ") + "."
