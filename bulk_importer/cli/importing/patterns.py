"""Finds the files that the SOURCE arguments of a command mean: those that patterns match, and those in folders."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from bulk_importer.cli import messages
from bulk_importer.cli.reporting.places import OURS as REPORTS
from bulk_importer.errors import UsageError
from bulk_importer.readable import readable
from bulk_importer.settings import Settings

__all__ = ["expanded"]

_FORMS = (".json", ".jsonl", ".ndjson")
_PACKED = (".gz", ".zst", ".bz2", ".xz")
_OURS = (".checkpoint", *REPORTS)
_MOST_NAMED = 5


def expanded(sources: Sequence[str], settings: Settings) -> list[str]:
    """The sources in the order of the arguments, each pattern and each folder replaced by the files in it, sorted.

    A folder that is one source in the format of another tool stays one. What of another is left out is said.

    Raises:
        UsageError: a pattern matches nothing, a folder holds nothing to import, or a source is named twice.
        SourceUnreadable: a folder cannot be read.
    """
    from bulk_importer.pipeline.conversion.choosing import is_one_source

    expanded: list[str] = []
    for source in sources:
        if "://" not in source and os.path.isdir(source):
            names = _names_in(source)
            files = [Path(source, name) for name in names if _is_importable(source, name)]
            expanded += [source] if is_one_source(Path(source), files, settings) else _files_in(source, names)
        elif not glob.has_magic(source) or Path(source).exists() or "://" in source:
            expanded.append(source)
        else:
            expanded += _matches(source)
    if len(set(expanded)) < len(expanded):
        raise UsageError("A source is named twice; each is imported once.")
    return expanded


def _matches(pattern: str) -> list[str]:
    found = sorted(name for name in glob.glob(pattern, recursive=True) if not name.endswith(REPORTS))
    if not found:
        raise UsageError(f"No file matches {pattern!r}.")
    # A file of that name, and not standard input.
    return ["./-" if each == "-" else each for each in found]


def _names_in(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be read: {error.strerror}.") from error


def _files_in(folder: str, names: Sequence[str]) -> list[str]:
    """What lies in a folder and has the name of something that can be imported; not what lies in folders below it."""
    files = [name for name in names if _is_importable(folder, name)]
    left_out = [name for name in names if name not in files and not name.endswith(_OURS)]
    rest = f" It also holds {_listed(left_out)}." if left_out else ""
    if not files:
        raise UsageError(
            f"The folder {folder} holds no file of a name that ends with {', '.join(_FORMS)} (or one of these and "
            f"{', '.join(_PACKED)}).{rest} Name what is to be imported."
        )
    count = "1 file" if len(files) == 1 else f"{len(files):,} files"
    said = f"{folder}: {count} in the order of their names."
    messages.say(f"{said} Left out: {_listed(left_out)}." if left_out else said)
    return [os.path.join(folder, name) for name in files]


def _is_importable(folder: str, name: str) -> bool:
    stem, packed = os.path.splitext(name.lower())
    form = stem if packed in _PACKED else name.lower()
    return form.endswith(_FORMS) and os.path.isfile(os.path.join(folder, name))


def _listed(names: Iterable[str]) -> str:
    shown = list(map(readable, names))
    more = len(shown) - _MOST_NAMED
    return ", ".join(shown[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
