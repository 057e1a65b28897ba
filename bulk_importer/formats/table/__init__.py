"""The formats: a row for each, with what is read of it, and what of that is carried, changed, or left behind.

Pure. The module of a row is imported when it is needed. It has two functions (see `FormatModule`): one that looks at
the names and first bytes of a source, and one that reads it; those of large files have a third one (see `sharing`).
Rows stand in `exchange`, `tools` and `datasets`, and are listed in this order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bulk_importer.errors import UsageError
from bulk_importer.formats.choices import ChoiceNeeded
from bulk_importer.formats.members import Members
from bulk_importer.formats.table import datasets, exchange, tools
from bulk_importer.formats.table.row import Format, FormatModule

__all__ = ["FORMATS", "Format", "FormatModule", "format_named", "recognised"]

FORMATS: Mapping[str, Format] = MappingProxyType(
    {row.name: row for row in (*exchange.ROWS, *tools.ROWS, *datasets.ROWS)}
)
"""Every format by its name."""


def format_named(name: str) -> Format:
    """The format of a name. Raises `UsageError` for an unknown one."""
    found = FORMATS.get(name)
    if found is None:
        raise UsageError(
            f"--from {name} is not known. 'bulk-importer formats' lists what is: {', '.join(FORMATS)}."
        )
    return found


def recognised(members: Members) -> Format | None:
    """The format of a source; None where it is none of them.

    Raises:
        ChoiceNeeded: more than one fits.
    """
    found: Sequence[Format] = [row for row in FORMATS.values() if row.load().recognises(members)]
    if len(found) > 1:
        names = " or ".join(f"--from {row.name}" for row in found)
        raise ChoiceNeeded(f"{members.name} can be read as more than one format. Say {names}.")
    return found[0] if found else None
