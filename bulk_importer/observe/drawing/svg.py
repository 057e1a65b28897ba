"""Writes SVG: elements with presentation attributes alone, so that a page that forbids inline styles shows them too.

Pure. A drawing is `Markup` like what stands around it, and well-formed XML too, for a file of its own.
"""

from __future__ import annotations

from bulk_importer.observe.markup import html
from bulk_importer.observe.markup.html import Content, Markup

__all__ = ["element", "number", "picture"]


def element(tag: str, *content: Content, **attributes: str | float | None) -> Markup:
    """An element with its content; see `markup.html`. Numbers among the attributes are rounded to what can be seen."""
    return html.element(
        tag,
        *content,
        **{
            name: value if value is None or isinstance(value, str) else number(value)
            for name, value in attributes.items()
        },
    )


def picture(*content: Content, title: str, text: str, **attributes: str | float | None) -> Markup:
    """A whole drawing, for a page or for a file of its own; its size is among the attributes.

    Args:
        title: its name, in a few words.
        text: what is to be seen in it, for whoever cannot see it.
    """
    words = (element("title", title), element("desc", text))
    return element("svg", *words, *content, xmlns="http://www.w3.org/2000/svg", role="img", **attributes)


def number(value: float) -> str:
    """A number as an attribute holds it: two digits behind the point at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
