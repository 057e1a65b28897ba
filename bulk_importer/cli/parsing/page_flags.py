"""The flags of a page, for commands that take no settings: they come from the same definitions, and from no file."""

from __future__ import annotations

import argparse

from bulk_importer.errors import UsageError
from bulk_importer.settings import Settings, definitions

__all__ = ["add_page_flags", "page_settings"]

_NAMES = ("page", "page_tls", "page_token_file")


def add_page_flags(parser: argparse.ArgumentParser, what: str) -> None:
    """Give `parser` the flags.

    Args:
        what: `--page` does, for its help.
    """
    for each in definitions():
        if each.name in _NAMES:
            parser.add_argument(
                each.flag,
                dest=each.name,
                nargs="?" if each.alone_as else None,
                const=each.alone_as or None,
                metavar=each.kind.placeholder,
                help=what if each.name == "page" else each.help,
            )


def page_settings(arguments: argparse.Namespace) -> Settings | None:
    """What the flags say, and all else as by default; None where no page is asked for.

    Raises:
        UsageError: one of them cannot be meant, or has no effect.
    """
    given = {name: getattr(arguments, name) for name in _NAMES if getattr(arguments, name) is not None}
    known = {each.name: each for each in definitions()}
    if given and "page" not in given:
        raise UsageError(f"{known[next(iter(given))].flag} has no effect without --page. Leave it out.")
    values = {name: known[name].read(text, f"flag {known[name].flag}") for name, text in given.items()}
    return Settings(**values) if values else None
