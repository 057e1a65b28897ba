"""Writes the tables of a chapter that say what became of the parts of its source.

Pure.
"""

from __future__ import annotations

from bulk_importer.observe.markup import Content, Markup, element, name, table
from bulk_importer.observe.report.values import Chapter, Table
from bulk_importer.observe.report.verdict import sentence

__all__ = ["tables"]


def tables(chapter: Chapter, *, level: int) -> Markup | None:
    """One below the other; nothing where there is none."""
    if not chapter.tables:
        return None
    return element("section", "\n", [[_table(each, level), "\n"] for each in chapter.tables])


def _table(it: Table, level: int) -> Content:
    rows: list[list[Content]] = [[name(cell) for cell in row] for row in it.rows]
    parts: list[Content] = [
        element(f"h{level}", it.title),
        "\n",
        table(it.caption, it.columns, rows, numbers=it.numbers),
    ]
    if it.note:
        parts += ["\n", element("p", sentence(it.note))]
    return parts
