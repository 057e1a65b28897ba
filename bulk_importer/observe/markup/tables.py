"""Tables that are read aloud as well as looked at: each has a caption, and each cell the headings that it belongs to.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bulk_importer.observe.markup.html import Content, Markup, element

__all__ = ["facts_table", "table"]


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Content]],
    *,
    numbers: int | Collection[str] = 0,
) -> Markup:
    """A table whose rows begin with what they are about.

    Args:
        columns: the headings, at least one.
        rows: as many cells each.
        numbers: how many of the last columns hold numbers, or the headings of those that do; they are set flush right.
    """
    named = columns[len(columns) - numbers :] if isinstance(numbers, int) else numbers
    kinds = ["number" if each in named else None for each in columns]
    head = element(
        "tr", *(element("th", each, scope="col", class_=it) for each, it in zip(columns, kinds, strict=True))
    )
    body = [_row(cells, kinds) for cells in rows]
    return _scrolling(caption, element("thead", head), "\n", element("tbody", "\n", body))


def facts_table(caption: str, facts: Iterable[tuple[Content, Content]]) -> Markup:
    """A table of two columns, of what things are called and what they are; without headings above."""
    return _scrolling(caption, element("tbody", "\n", [_row(each, (None, None)) for each in facts]))


def _row(cells: Sequence[Content], kinds: Sequence[str | None]) -> Markup:
    first, *others = cells
    rest = [element("td", cell, class_=kind) for cell, kind in zip(others, kinds[1:], strict=True)]
    return Markup(element("tr", element("th", first, scope="row"), rest).text + "\n")


def _scrolling(caption: str, *parts: Content) -> Markup:
    """The table in a box that scrolls by itself where the screen is narrow, also by keys."""
    whole = element("table", element("caption", caption), "\n", parts)
    return element("div", whole, class_="scrolls", tabindex=0, role="group", aria_label=caption)
