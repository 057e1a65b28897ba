"""Finds the files that the SOURCE arguments of a command mean."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from bulk_importer.errors import UsageError

__all__ = ["expanded"]


def expanded(sources: Sequence[str]) -> list[str]:
    """The sources in the order of the arguments, each pattern replaced by the files that it matches, sorted.

    Raises:
        UsageError: a pattern matches nothing, or a source is named twice.
    """
    expanded: list[str] = []
    for source in sources:
        if not glob.has_magic(source) or Path(source).exists() or "://" in source:
            expanded.append(source)
            continue
        found = sorted(glob.glob(source, recursive=True))
        if not found:
            raise UsageError(f"No file matches {source!r}.")
        # A file of that name, and not standard input.
        expanded += ["./-" if each == "-" else each for each in found]
    if len(set(expanded)) < len(expanded):
        raise UsageError("A source is named twice; each is imported once.")
    return expanded
