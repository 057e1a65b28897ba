"""Which settings file counts: the one that is named, else one that is found by itself.

    1. `--config FILE.toml`, or `none`
    2. the variable `BULK_IMPORTER_CONFIG`, likewise
    3. `bulk-importer.toml` beside the source, or in it where that is a folder; beside the checkpoint for commands that
       take one; in the current folder for those that take neither, and for sources that are no files
    4. `bulk-importer/bulk-importer.toml` in the XDG folder (`$XDG_CONFIG_HOME`, or `~/.config`)

The first that there is counts, and no other. A settings file says which server gets the token, so one that is found is
said aloud, and taken only from somebody who could do as much without it: from the user or from root, and not where
anybody may write. In a folder that many can write to, it could be anybody's. One of the third kind may have come in an
archive with the source, and belong to who unpacked that: what it says is run by nobody (`--on-finish`).
"""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from bulk_importer.errors import UsageError
from bulk_importer.settings import CONFIG_VARIABLE

__all__ = ["FILE_NAME", "Chosen", "settings_file"]

FILE_NAME = "bulk-importer.toml"
_NONE = "none"
_STANDARD_INPUT = "-"


class Chosen(msgspec.Struct, frozen=True):
    """The settings file that counts, if any.

    Attributes:
        notes: what a person should hear about that, a sentence each.
        is_beside: nobody named it, and it lies where the source or the checkpoint does; maybe it came with that.
    """

    path: Path | None = None
    notes: tuple[str, ...] = ()
    is_beside: bool = False


def settings_file(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Chosen:
    """Choose the settings file for a command line.

    Raises:
        UsageError: the variable names a file that is not there, or files are beside several sources.
    """
    named: str | None = getattr(arguments, "config", None)
    if named is not None:
        return Chosen(None if named == _NONE else Path(named))
    if by_variable := environment.get(CONFIG_VARIABLE):
        return Chosen(_by_variable(by_variable))
    notes: list[str] = []
    beside = _in_one_of(_places(arguments), notes)
    found = beside or _in_one_of(_xdg_folders(environment), notes)
    if found is not None:
        notes.append(f"Settings are read from {found} ('--config none' leaves it out).")
    return Chosen(found, tuple(notes), is_beside=beside is not None)


def _by_variable(named: str) -> Path | None:
    if named == _NONE:
        return None
    if not Path(named).exists():
        raise UsageError(f"The variable {CONFIG_VARIABLE} names {named}, and there is no such file.")
    return Path(named)


def _in_one_of(folders: Sequence[Path], notes: list[str]) -> Path | None:
    """The settings file in these folders that may be taken; `notes` grows by what is passed over."""
    found: dict[Path, Path] = {}
    for folder in folders:
        path = folder / FILE_NAME
        if os.path.isfile(path):  # unlike Path.is_file, False also where the folder may not be looked into
            found.setdefault(path.resolve(), path)
    taken = []
    for path in found.values():
        if _is_trusted(path):
            taken.append(path)
        else:
            notes.append(
                f"{path} is passed over: it is somebody else's, or anybody may write it. '--config {path}' takes it."
            )
    if len(taken) > 1:
        raise UsageError(
            f"{taken[0]} and {taken[1]} are beside different sources, and only one can count. Say which: --config FILE."
        )
    return taken[0] if taken else None


def _is_trusted(path: Path) -> bool:
    facts = path.stat()
    return facts.st_uid in (os.geteuid(), 0) and not facts.st_mode & stat.S_IWOTH


def _places(arguments: argparse.Namespace) -> list[Path]:
    """The folders beside what a command is about."""
    given = vars(arguments)
    sources: str | list[str] = given.get("source") or []
    folders = list(dict.fromkeys(_beside([sources] if isinstance(sources, str) else sources)))
    checkpoint: Path | str | None = given.get("checkpoint") or given.get("checkpoint_folder")
    checkpoints: list[Path | str] = given.get("checkpoints") or ([] if checkpoint is None else [checkpoint])
    beside = [Path(each).parent for each in checkpoints if "://" not in str(each)]
    return folders or list(dict.fromkeys(beside)) or [Path()]


def _beside(sources: Sequence[str]) -> Iterator[Path]:
    """The folder of each source that is a file, of each file that a pattern matches, and each that is a folder."""
    import glob

    for source in sources:
        if source == _STANDARD_INPUT or "://" in source:
            continue
        is_pattern = glob.has_magic(source) and not os.path.exists(source)
        for each in map(Path, glob.iglob(source, recursive=True) if is_pattern else [source]):
            yield each if os.path.isfile(each / FILE_NAME) else each.parent


def _xdg_folders(environment: Mapping[str, str]) -> list[Path]:
    folder = environment.get("XDG_CONFIG_HOME", "")
    if os.path.isabs(folder):  # the specification: relative ones are to be ignored
        return [Path(folder, "bulk-importer")]
    home = environment.get("HOME")
    return [Path(home, ".config", "bulk-importer")] if home else []
