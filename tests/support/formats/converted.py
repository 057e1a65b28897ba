"""What becomes of a source in the format of another tool: entries, what is left behind, and the account."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.converting import entries_of
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Left
from bulk_importer.formats.table import format_named
from bulk_importer.formats.writing.account import Account
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.formats.writing.places import places_of
from bulk_importer.formats.writing.writer import EntryWriter
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.sources.members import open_members
from bulk_importer.summary import Books

__all__ = ["Converted", "converted"]


@dataclass(frozen=True)
class Converted:
    """Entries as they are read back from their JSON, what was found, and the account."""

    entries: list[dict[str, Any]]
    found: list[Left]
    books: Books

    def codes(self) -> list[str]:
        """The codes of what was found, in order."""
        return [each.code for each in self.found]


def converted(
    path: Path | Members,
    form: str,
    choices: Choices | None = None,
    config: LabelConfig | None = None,
    class_map: ClassMap | None = None,
) -> Converted:
    """Convert a file, folder or archive, or files in memory."""
    chosen = choices or Choices()
    found: list[Left] = []
    account = Account(form, found.append)
    writer = EntryWriter(places_of(config), class_map or ClassMap(), chosen, account)
    opened = open_members(path) if isinstance(path, Path) else None
    members: Members = opened or path  # type: ignore[assignment]  # it is one of the two
    try:
        entries = list(entries_of(members, format_named(form), chosen, writer, account))
    finally:
        if opened is not None:
            opened.close()
    texts = [msgspec.json.encode(each) for each in entries]
    assert not any(b"\n" in text for text in texts), "an entry is a line"
    return Converted([msgspec.json.decode(each) for each in texts], found, account.books())
