"""`bulk-importer doctor`: examines the way to the server, and says what to do where it is blocked."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bulk_importer.cli import terminal
from bulk_importer.cli.lookups import run_look_up, settings_of
from bulk_importer.cli.options import add_settings
from bulk_importer.errors import ExitCode, most_important

if TYPE_CHECKING:
    from bulk_importer.datagym.diagnosis import Examined

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """What `doctor` takes."""
    add_settings(parser, {"server"})


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 0 where nothing failed, else what a run would end with."""
    from bulk_importer.datagym.access import Token
    from bulk_importer.datagym.diagnosis import diagnose

    settings = settings_of(arguments)
    steps = run_look_up(diagnose(settings, Token.find(settings.token_file)))
    if arguments.json:
        import msgspec
        import orjson

        terminal.out(orjson.dumps(msgspec.to_builtins(steps), option=orjson.OPT_INDENT_2).decode())
    else:
        for step in steps:
            _show(step)
    return most_important([ExitCode(step.exit_code) for step in steps])


def _show(step: Examined) -> None:
    terminal.report(f"{step.health.value:>12}  {step.step:16}  {step.found}")
    if step.remedy:
        terminal.report(f"{'':12}  {'':16}  -> {step.remedy}")
