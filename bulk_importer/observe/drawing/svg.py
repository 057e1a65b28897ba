"""Writes SVG: elements with presentation attributes alone, so that a page that forbids inline styles shows them too.

Pure. Whatever is not `Markup` is escaped: names, reasons and labels come from strangers.
"""

from __future__ import annotations

import re

__all__ = ["Markup", "element", "number", "picture"]

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold, escaped or not; a file that has one of them is not shown at all."""
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


class Markup(str):
    """A text that is XML already, and stands as it is."""

    __slots__ = ()


def element(tag: str, /, *inside: str | Markup, **attributes: str | float | None) -> Markup:
    """An element with what is inside it, in order.

    Args:
        attributes: an underscore stands for a hyphen, one at the end is dropped (`class_`); numbers are rounded to what
            can be seen; one that is None is left out.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_escaped(value) if isinstance(value, str) else number(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    content = "".join(each if isinstance(each, Markup) else _escaped(each) for each in inside)
    return Markup(f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>")


def picture(*inside: Markup, title: str, text: str, **attributes: str | float | None) -> Markup:
    """A whole drawing, for a page or for a file of its own; its size is among the attributes.

    Args:
        title: its name, in a few words.
        text: what is to be seen in it, for whoever cannot see it.
    """
    words = (element("title", title), element("desc", text))
    return element("svg", *words, *inside, xmlns="http://www.w3.org/2000/svg", role="img", **attributes)


def number(value: float) -> str:
    """A number as an attribute holds it: two digits behind the point at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def _escaped(text: str) -> str:
    return _NO_XML.sub("\ufffd", text).translate(_ESCAPES)
