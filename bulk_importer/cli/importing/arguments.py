"""What `import` and `check` take: the same, so that one word can stand in place of the other in any command line."""

from __future__ import annotations

import argparse

from bulk_importer.cli.parsing.options import add_settings
from bulk_importer.settings import definitions

__all__ = ["FLEET_ALONE", "NOT_CHECKED", "add_source_arguments"]

_SECTIONS = frozenset(
    {
        "server",
        "reading",
        "converting",
        "checking",
        "sending",
        "checkpoint",
        "afterwards",
        "watching",
        "fleet",
    }
)
_OF_SENDING = ("yes", "max_errors", "max_rejected_bytes", "config_poll")
"""Settings of the section `checking` that are about what is sent, or about rejected entries that are kept."""
_OF_REPORTS = ("report", "images")
"""Settings of the section `watching` that a check heeds."""
_OF_ENGINES = ("engine", "scheduler")
"""Those of the section `fleet`, likewise."""
FLEET_ALONE = tuple(
    each.name for each in definitions() if each.section == "fleet" and each.name not in _OF_ENGINES
)
"""Those that mean something only where the work is given to others."""

NOT_CHECKED = dict.fromkeys(
    [
        *(each.name for each in definitions() if each.section in ("sending", "checkpoint", "afterwards")),
        *(each.name for each in definitions() if each.section == "watching" and each.name not in _OF_REPORTS),
        *FLEET_ALONE,
        *_OF_SENDING,
    ],
    "in a check, which sends and keeps nothing",
)
"""The settings that mean nothing to a check, and why, for the end of a sentence."""


def add_source_arguments(parser: argparse.ArgumentParser, *, dry_run_help: str) -> None:
    """Give `parser` the sources and every setting of an import."""
    parser.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="a file, a folder, - (standard input), http(s)://, s3://, gs://, az://; JSON, JSON Lines, or the labels "
        "of another tool",
    )
    parser.add_argument("--dry-run", action="store_true", help=dry_run_help)
    add_settings(parser, _SECTIONS)
