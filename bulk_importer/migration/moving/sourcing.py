"""Makes the source of a migration of what lies in its folder: to move labels, and to read again what was moved."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.backups.making.entries import MadeEntry
from bulk_importer.migration.moving.mapping import EntryMapper
from bulk_importer.migration.moving.recipe import Recipe, recipe_in
from bulk_importer.migration.moving.stream import Growth, MigrationSource

__all__ = ["BACKUP", "mapper_of", "moved_source", "source_again"]

BACKUP = "from.backup"
"""What was read of the project that labels come from, in the folder of the migration."""


def mapper_of(recipe: Recipe) -> EntryMapper:
    """What maps labels as a migration was begun."""
    return EntryMapper(recipe.names, recipe.there, recipe.repeated, recipe.states)


def moved_source(folder: Path, recipe: Recipe, growth: Growth) -> MigrationSource:
    """The mapped labels of the migration in a folder, while they are still being read."""
    mapper = mapper_of(recipe)

    def lines(entries: list[MadeEntry]) -> list[bytes]:
        return [line.raw for line in mapper.map(entries).lines]

    server = recipe.server.partition("://")[2]
    return MigrationSource(f"{recipe.name} at {server}", folder / BACKUP, lines, growth)


def source_again(folder: Path) -> MigrationSource | None:
    """The same when nobody reads on; None where the folder holds no migration. Blocks.

    Raises:
        CheckpointUnusable: what it was begun with cannot be read.
    """
    recipe = recipe_in(folder)
    if recipe is None:
        return None
    growth = Growth()
    growth.end()
    return moved_source(folder, recipe, growth)
