"""What a migration was begun with, in its folder: what labels become must not change before all of them are there."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bulk_importer.checkpoint.places import MIGRATION
from bulk_importer.errors import CheckpointMismatch, CheckpointUnusable
from bulk_importer.files.durable import create_folder, replace_file
from bulk_importer.files.small_files import reason_of
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.labels.label_config import LabelConfig

__all__ = ["Recipe", "keep_recipe", "recipe_in"]


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What a migration is made of.

    Attributes:
        server, project, name: where the labels come from; the project by its id, and its name.
        names: what classes, classifications and options are called where they go.
        there: the label configuration that they have to fit.
        repeated: keys of names that several media have where the labels come from.
        states: of the tasks whose labels come along; None for all.
    """

    server: str
    project: str
    name: str
    names: ClassMap
    there: LabelConfig
    repeated: tuple[int, ...] = ()
    states: tuple[str, ...] | None = None


def recipe_in(folder: Path) -> Recipe | None:
    """What the migration in a folder was begun with; None where none was. Blocks.

    Raises:
        CheckpointUnusable: it cannot be read.
    """
    path = folder / MIGRATION
    try:
        return msgspec.json.decode(path.read_bytes(), type=Recipe)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise CheckpointUnusable(str(path), reason_of(error)) from error


def keep_recipe(folder: Path, wanted: Recipe) -> Recipe:
    """Keep what a migration is begun with, or find what it was begun with and is the same. Blocks.

    The label configuration and the names of media may be others by now: what they were when it was begun counts.

    Raises:
        CheckpointMismatch: the folder holds another migration.
        CheckpointUnusable: it cannot be read or written.
    """
    before = recipe_in(folder)
    if before is None:
        try:
            create_folder(folder)
            replace_file(folder / MIGRATION, msgspec.json.encode(wanted))
        except OSError as error:
            raise CheckpointUnusable.by(folder, error) from error
        return wanted
    differences = [
        word
        for word, one, other in (
            ("the server that labels come from", before.server, wanted.server),
            ("the project that they come from", before.project, wanted.project),
            ("the class map", before.names, wanted.names),
            ("--states", before.states, wanted.states),
        )
        if one != other
    ]
    if differences:
        raise CheckpointMismatch(
            f"The checkpoint {folder} was begun for something else: {', '.join(differences)} was another one. Nothing "
            "was sent. Run the command as it was, or name another folder with --checkpoint to begin anew."
        )
    return before
