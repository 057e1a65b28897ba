"""What a conversion was made of, and what came of it: `conversion.json` in the checkpoint folder.

A conversion that was begun is gone on with only where it would come out the same: the source, the format, the choices
and the class map. The label configuration is kept as it was, so that the same entries can be made again, to prove them.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from xxhash import xxh3_128

from bulk_importer.errors import CheckpointMismatch, CheckpointUnusable
from bulk_importer.files.durable import replace_file
from bulk_importer.files.small_files import reason_of
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.sources.members import OpenMembers
from bulk_importer.summary import Books

__all__ = ["RECIPE", "Recipe", "content_of", "read_recipe", "write_recipe"]

RECIPE = "conversion.json"
"""Its name in the folder."""

_EDGE_BYTES = 1 << 16
_MAY_CHANGE = ("images", "media_list")
"""Where sizes of pictures come from: a list may be another one in the next run, and a folder elsewhere."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What a conversion was made of.

    Attributes:
        content: by which the source is known again (see `content_of`).
        stamp: by which it is seen that nobody has touched it since.
        choices: the settings that decide how it is read and carried, by name.
        books: the account, once the conversion is whole.
    """

    format: str
    content: str
    stamp: str = ""
    choices: dict[str, str | int | bool | None]
    class_map: ClassMap
    label_config: LabelConfig | None
    books: Books | None = None

    def require_same(self, other: Recipe, folder: Path) -> None:
        """Raise `CheckpointMismatch` where `other` would come out otherwise."""
        for what, now, before in (
            ("the source", self.content, other.content),
            ("--from", self.format, other.format),
            ("the class map", self.class_map, other.class_map),
            *(
                (f"--{name.replace('_', '-')}", value, other.choices.get(name))
                for name, value in self.choices.items()
                if name not in _MAY_CHANGE
            ),
        ):
            if now != before:
                raise self.mismatch(what, folder)

    @staticmethod
    def mismatch(what: str, folder: Path) -> CheckpointMismatch:
        """What to raise where something that a conversion was made of is not what it was."""
        return CheckpointMismatch.in_meaning(
            str(folder), f"{what} is not what it was when the source was converted"
        )


def content_of(members: OpenMembers) -> str:
    """By what another source is told at once: names of files, their size together, and how a single one begins."""
    digest = xxh3_128()
    for path in members.paths:
        digest.update(path.encode("utf-8", "surrogateescape") if len(members.paths) > 1 else b"")
    digest.update(str(members.size).encode())
    if len(members.paths) == 1:
        digest.update(members.head(members.paths[0])[:_EDGE_BYTES])
    return digest.hexdigest()


def read_recipe(folder: Path) -> Recipe | None:
    """The recipe in a folder; None where there is none. Raises `CheckpointUnusable` where it cannot be read."""
    path = folder / RECIPE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Recipe)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise CheckpointUnusable(
            str(path), f"what the source was converted with cannot be read ({reason_of(error)})"
        ) from error


def write_recipe(folder: Path, recipe: Recipe) -> None:
    """Put it on disk. Raises `CheckpointUnusable`."""
    try:
        replace_file(folder / RECIPE, msgspec.json.format(msgspec.json.encode(recipe)))
    except OSError as error:
        raise CheckpointUnusable.by(
            folder / RECIPE, error, what="what the source is converted with cannot be written"
        ) from error
