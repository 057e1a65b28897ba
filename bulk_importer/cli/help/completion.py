"""`bulk-importer completion SHELL`: prints what lets a shell complete the commands, their options and what goes in."""

from __future__ import annotations

import argparse
from pathlib import Path

from bulk_importer.cli import output
from bulk_importer.errors import ExitCode, UsageError

__all__ = ["CARRIED", "SHELLS", "configure", "run"]

SHELLS = ("bash", "zsh", "fish")
CARRIED = Path(__file__).with_name("completions")
"""Where a wheel holds what was made when it was built, a file for each shell."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `completion`."""
    parser.add_argument(
        "shell",
        choices=SHELLS,
        metavar="SHELL",
        help="bash, zsh or fish; 'bulk-importer help completion' says where it goes",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    script = _script(arguments.shell).rstrip("\n")
    if arguments.json:
        output.print_json({"shell": arguments.shell, "script": script})
    else:
        output.print_line(script)
    return ExitCode.DELIVERED


def _script(shell: str) -> str:
    carried = CARRIED / shell
    if carried.exists():
        return carried.read_text("utf-8")
    from bulk_importer.cli.help.shell_files import completion_script

    try:
        return completion_script(shell)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"Outside an installed wheel the script is made anew, and {error.name} is missing for that. Install it: "
            "pip install shtab"
        ) from error
