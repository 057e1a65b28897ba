"""Reads a source in its format and gives the entries of an import, one after the other, with the account.

Pure, but for the members that it is given. A source that is read in shares can be converted share by share, in any
process: a `Converter` makes a `Batch` of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Left
from bulk_importer.formats.sharing import Share
from bulk_importer.formats.table import Format
from bulk_importer.formats.writing.account import Account, Tally
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.formats.writing.places import places_of
from bulk_importer.formats.writing.writer import EntryWriter
from bulk_importer.labels.label_config import LabelConfig

__all__ = ["Batch", "Converter", "Terms", "entries_of"]

_encode = msgspec.json.Encoder().encode


def entries_of(
    members: Members, form: Format, choices: Choices, writer: EntryWriter, account: Account
) -> Iterator[dict[str, Any]]:
    """The entries of all pictures, in the order of the source; what is left behind goes to the account.

    Raises:
        SourceUnreadable: it is not of this format, or broken where nothing behind can be told apart.
        ChoiceNeeded: it can be read in more than one way.
    """
    for each in form.load().read(members, choices):
        if isinstance(each, Left):
            account.leave(each)
        else:
            yield from writer.write(each)


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides which entries pictures become; it can be pickled where its choices and members can be.

    Attributes:
        between: what stands between the texts of two entries.
    """

    members: Members
    choices: Choices
    label_config: LabelConfig | None
    class_map: ClassMap
    between: bytes

    def writer(self, account: Account) -> EntryWriter:
        """What makes entries on these terms, and keeps this account."""
        return EntryWriter(places_of(self.label_config), self.class_map, self.choices, account)


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a share.

    Attributes:
        text: of its entries, with what is between them.
        left: what was left behind or decided, in order.
        noted: what the plan has to know at the end.
        named: the names of pictures by which their media are to be found.
        weight: of the share.
    """

    text: bytes
    tally: Tally
    left: list[Left]
    noted: set[str]
    named: list[str]
    weight: int


class Converter:
    """Makes entries of shares, one after the other."""

    def __init__(self, terms: Terms) -> None:
        # What is left behind of a share, and the account of it; both are given away with its batch.
        self._terms = terms
        self._account = Account("")
        self._writer = terms.writer(self._account)

    def convert(self, ground: Any, share: Share) -> Batch:
        """The entries of a share. Raises as `Share.read` does; what had become of it by then is forgotten."""
        left: list[Left] = []
        named: list[str] = []
        self._account.found = left.append
        self._account.named = named.append
        self._account.take()
        noted: set[str] = set()
        lines: list[bytes] = []
        for each in share.read(ground, self._terms.members, self._terms.choices, noted.add):
            if isinstance(each, Left):
                self._account.leave(each)
            else:
                lines += map(_encode, self._writer.write(each))
        text = self._terms.between.join(lines)
        return Batch(text, self._account.take(), left, noted, named, share.weight)
