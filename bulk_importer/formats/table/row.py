"""What is known of a format, as a row of the table has it, and what its module has. Pure."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, cast

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Left, Picture
from bulk_importer.formats.sharing import Plan

__all__ = ["Format", "FormatModule"]


class FormatModule(Protocol):
    """What the module of a format has."""

    def recognises(self, members: Members) -> bool:
        """Whether a source is of this format, by its names and first bytes alone.

        It is true for what no other format has, and false in doubt.
        """

    def read(self, members: Members, choices: Choices) -> Iterator[Picture | Left]:
        """The pictures of a source, in its order, and what cannot be carried.

        Raises:
            SourceUnreadable: it is not of this format, or broken where nothing behind can be told apart.
            ChoiceNeeded: it can be read in more than one way.
        """


@dataclass(frozen=True, slots=True)
class Format:
    """A row of the table.

    Attributes:
        name: as `--from` takes it.
        title: for people.
        written_by: tools whose files were looked at, with the version.
        module: below `bulk_importer.formats`.
        carried: what arrives as it is.
        changed: what arrives in another form, with the form.
        left: what is left behind, each time with a finding.
        prefer: what to export instead, where a tool that writes this has something that holds more.
    """

    name: str
    title: str
    written_by: str
    module: str
    carried: tuple[str, ...]
    changed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()

    @property
    def takes_folder(self) -> bool:
        """Whether a folder is one source of this format, and not a folder with sources."""
        return self.module.startswith("folders.")

    def load(self) -> FormatModule:
        """The functions of the format."""
        return cast("FormatModule", importlib.import_module(f"bulk_importer.formats.{self.module}"))

    def plans(self, members: Members, choices: Choices) -> Iterator[Plan | Left] | None:
        """How a source is read in shares; None where the format reads it as one. Raises as reading does."""
        plans: Callable[[Members, Choices], Iterator[Plan | Left]] | None = getattr(
            self.load(), "plans", None
        )
        return None if plans is None else plans(members, choices)
