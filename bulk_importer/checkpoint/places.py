"""Where the checkpoints of sources are: beside each, or below the folder that `--checkpoint` names.

The folder itself is the checkpoint of a source that is imported alone; several have one each in it, by their names:
`FOLDER/labels.json.checkpoint`. A pattern may match one file today and two tomorrow, so what is on record in the folder
decides, in either form, and never how many sources there are today: or what is delivered would be delivered again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from urllib.parse import urlsplit

from bulk_importer.checkpoint.identity import identify
from bulk_importer.checkpoint.ledger import read_state
from bulk_importer.checkpoint.log.file import log_path
from bulk_importer.checkpoint.log.records import SourceIdentity
from bulk_importer.errors import UsageError
from bulk_importer.files.plans import holds_plan
from bulk_importer.readable import readable

__all__ = ["CONVERTED", "MIGRATION", "checkpoint_folder", "checkpoint_folders", "checkpoints_in"]

CONVERTED = "converted.jsonl"
"""The file in a checkpoint folder that holds the entries that the labels of another tool became."""

MIGRATION = "migration.json"
"""The file in a checkpoint folder that says of which project the labels are that are moved into another."""

_SUFFIX = ".checkpoint"
_STREAMS = frozenset({"-", "entries"})
"""How standard input and the entries of a program are called; only what they hold tells them apart, when it is read."""


class _Match(IntEnum):
    """By what a checkpoint is the one of a source; the more, the surer."""

    NONE = 0
    NAME = 1
    """The file has the same name, in whatever folder."""
    CONTENT = 2
    """The file is the same, whatever its name."""
    SOURCE = 3
    """The command line says it in the same words."""


def checkpoint_folders(sources: Sequence[str], folder: str | None) -> list[Path]:
    """Where the checkpoint of each source is, or will be.

    Args:
        folder: what `--checkpoint` says.

    Raises:
        UsageError: two would share one, the folder holds a plan for many workers, or a source is no file, so that
            nothing is beside it.
        CheckpointDamaged: the folder is the checkpoint of one source, and it cannot be told of which.
    """
    if folder is None:
        places = [_beside(source) for source in sources]
    else:
        root = Path(folder)
        _require_no_plan(root)
        below = [root / (_name_of(source) + _SUFFIX) for source in sources]
        places = _alone(root, sources[0], below[0]) if len(sources) == 1 else _together(root, sources, below)
    taken: dict[Path, str] = {}
    for source, place in zip(sources, places, strict=True):
        other = taken.setdefault(place, source)
        if other != source:
            raise UsageError(
                f"{other} and {source} would share the checkpoint {place}. Import them one after the other, each with "
                "a --checkpoint of its own."
            )
    return places


def checkpoint_folder(source: str, folder: str | None) -> Path:
    """Where the checkpoint of a source is that is imported alone. Raises as `checkpoint_folders`."""
    return checkpoint_folders([source], folder)[0]


def checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoints that a `--checkpoint` folder holds: itself, where it is one, and those of sources below it.

    Raises OSError.
    """
    itself = [folder] if _is_begun(folder) else []
    return itself + sorted(log.parent for log in folder.glob("*/log"))


def _require_no_plan(root: Path) -> None:
    """Raise `UsageError` where a plan lies in a folder: what its workers delivered is not on record in it."""
    if holds_plan(root):
        raise UsageError(
            f"{root} holds a plan for many workers, and an import beside it would send again what they delivered. "
            f"Nothing was sent. 'bulk-importer work {root}' imports a shard of it, and the same command with "
            "--engine dask all of them; for an import by itself name another --checkpoint."
        )


def _beside(source: str) -> Path:
    if source == "-" or "://" in source:
        raise UsageError(f"{source} needs --checkpoint FOLDER: there is no place beside it.")
    return Path(source + _SUFFIX)


def _alone(root: Path, source: str, below: Path) -> list[Path]:
    """The root, unless it is the checkpoint of another source, or the folder of several."""
    if _owner(root, [source], [below]) is not None:
        return [root]
    holds_several = next(root.glob(f"*{_SUFFIX}/{log_path(Path()).name}"), None) is not None
    return [below if holds_several else root]


def _together(root: Path, sources: Sequence[str], below: Sequence[Path]) -> list[Path]:
    """Each below the root, but for the source that was imported alone before."""
    owner = _owner(root, sources, below)
    return [root if place == owner else each for place, each in enumerate(below)]


def _owner(root: Path, sources: Sequence[str], below: Sequence[Path]) -> int | None:
    """Whose checkpoint the root itself is, as a place in `sources`; None where it is nobody's of them."""
    if not _is_begun(root):
        return None
    matches = _matches(root, sources)
    surest = max(matches)
    place = matches.index(surest)
    if surest is _Match.NONE:
        return None
    is_below = _is_begun(below[place]) and _matches(below[place], [sources[place]])[0] > surest
    return None if is_below else place


def _matches(folder: Path, sources: Sequence[str]) -> list[_Match]:
    """By what the checkpoint is that of each source."""
    header, state = read_state(folder)

    def match_of(source: str) -> _Match:
        if header.source == readable(source) or {header.source, source} <= _STREAMS:
            return _Match.SOURCE
        if _is_same(state.identity, source):
            return _Match.CONTENT
        return _Match.NAME if _name_of(header.source) == _name_of(readable(source)) else _Match.NONE

    return list(map(match_of, sources))


def _is_same(identity: SourceIdentity, source: str) -> bool:
    """Whether a source is a file with this content."""
    try:
        if not os.path.isfile(source) or os.stat(source).st_size != identity.size:
            return False
        with open(source, "rb") as file:
            return identify(file.fileno(), plain=identity.plain) == identity
    except OSError:
        return False  # opening it says what is wrong


def _is_begun(folder: Path) -> bool:
    return os.path.exists(log_path(folder))


def _name_of(source: str) -> str:
    """The last part of a path or URL. The query of an URL is no part of it: it may be a signature."""
    return Path(urlsplit(source).path if "://" in source else source).name
