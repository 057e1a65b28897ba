"""Reads a source in its format and gives the entries of an import, one after the other, with the account.

Pure, but for the members that it is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Left
from bulk_importer.formats.table import Format
from bulk_importer.formats.writing.account import Account
from bulk_importer.formats.writing.writer import EntryWriter

__all__ = ["entries_of"]


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
