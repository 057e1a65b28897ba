"""Says in words what a conversion carried and what it left behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bulk_importer.errors import UsageError
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.model import Severity

if TYPE_CHECKING:
    from bulk_importer.summary import Books

__all__ = ["account_lines", "not_converted"]

_MOST_LABELS = 12
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def account_lines(books: Books) -> Iterator[str]:
    """The account, a line each: what was read, what is left behind and why, and by class."""
    yield f"Converted from {books.format}:"
    read, carried = sum(books.read.values()), sum(books.carried.values())
    yield f"  pictures          {books.pictures:>10,}"
    yield f"  objects           {read:>10,} read, {carried:,} carried, {read - carried:,} left behind"
    for label in sorted(books.read, key=lambda each: -books.read[each])[:_MOST_LABELS]:
        left = books.left_behind.get(label, 0)
        behind = f", {left:,} left behind" if left else ""
        yield f"    {label or '(no class)':<16}{books.carried.get(label, 0):>10,} carried{behind}"
    if len(books.read) > _MOST_LABELS:
        yield f"    and {len(books.read) - _MOST_LABELS:,} more classes"
    for code in sorted(
        books.findings, key=lambda each: (_ORDER.index(CATALOGUE[each].severity), -books.findings[each])
    ):
        about = ", ".join(
            f"{name} ({count:,})" if len(books.reasons[code]) > 1 else name
            for name, count in sorted(books.reasons[code].items(), key=lambda each: -each[1])[:4]
            if name
        )
        yield f"  {CATALOGUE[code].severity:<9} {books.findings[code]:>8,}  {code}" + (
            f": {about}" if about else ""
        )
    if books.findings:
        yield "  'bulk-importer explain CODE' says what one means."


def not_converted(source: str) -> UsageError:
    """What to raise where a source is in no format of another tool."""
    return UsageError(
        f"{source} is in no format that is known by its content, or holds entries of an import already. "
        "'bulk-importer formats' lists what is read; say which it is with --from."
    )
