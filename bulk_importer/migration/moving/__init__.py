"""Moves the labels of one project into another, media by media, by the names of the media.

    one project -> from.backup.part (migration.backup) -> stream -> mapping -> an import -> the other project
                                                                                |
                              account <- what is left behind, what arrived <----+

- `foreseeing` finds the media of the one project in the other before anything is sent, and names those that are not.
- `mapping` and `fitting` are pure: what the labels of a media become in the other project, and which of them stay
  behind, as `mapped` has it.
- `stream` gives that as the source of an import while the backup still grows; `recipe` keeps what it depends on, and
  `sourcing` puts the two together.
- `account` closes the books and compares what arrived; `tasking` gives tasks their states; `moving` does all of it, as
  `spec` says.
"""

from bulk_importer.migration.moving.moving import migrate_labels
from bulk_importer.migration.moving.spec import Foreseen, Migrated, MigrateSpec

__all__ = ["Foreseen", "MigrateSpec", "Migrated", "migrate_labels"]
