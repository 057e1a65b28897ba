"""`bulk-importer doctor`: examines the way to the server, and says what to do where it is blocked."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bulk_importer.cli import output
from bulk_importer.cli.lookups.shared import run_look_up, settings_of
from bulk_importer.cli.parsing.options import add_settings
from bulk_importer.errors import ExitCode, most_important
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.diagnosis import Examined

__all__ = ["configure", "run"]

_UNUSED = {"wait_for_server": "here: each step is examined as it is now"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `doctor`."""
    add_settings(parser, {"server"})


def run(arguments: argparse.Namespace) -> int:
    """Print what is found, as it is found; 0 where nothing failed, else what a run would end with."""
    settings = settings_of(arguments, unused=_UNUSED)
    return most_important(run_look_up(_examine(settings, as_json=arguments.json)))


async def _examine(settings: Settings, *, as_json: bool) -> list[ExitCode]:
    from bulk_importer.datagym.diagnosis import diagnose
    from bulk_importer.datagym.wire.api_token import Token

    steps: list[Examined] = []
    async for step in diagnose(settings, Token.find(settings.token_file)):
        steps.append(step)
        if not as_json:
            _show(step)
    if as_json:
        import msgspec

        output.print_json(msgspec.to_builtins(steps))
    return [ExitCode(step.exit_code) for step in steps]


def _show(step: Examined) -> None:
    output.print_report(f"{step.health.value:>12}  {step.step:16}  {step.found}")
    if step.remedy:
        output.print_report(f"{'':12}  {'':16}  -> {step.remedy}")
