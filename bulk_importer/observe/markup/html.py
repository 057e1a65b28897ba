"""Makes elements of HTML: what is in them is escaped, whoever wrote it, and nothing of it can run.

Pure. A text is never taken for markup: that is a value of its own, which only `element` makes, and whoever draws.
Characters that nobody sees, or that turn the order of others round, are written out, as `\\u202e`: names that differ
look different, and what stands beside a name stays beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from bulk_importer.readable import readable

__all__ = ["Content", "Markup", "element", "link", "name"]


class Markup(msgspec.Struct, frozen=True):
    """A piece of HTML or SVG that is well-formed and escaped; to be made of such pieces alone."""

    text: str


Content: TypeAlias = Markup | str | int | Iterable["Content"] | None
"""What an element may hold: markup as it is, texts and numbers as texts; None is nothing."""

_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_RAW = frozenset({"script", "style"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_HARMLESS = re.compile(r"(?:https?:|data:image/|#|[^:]*(?:[/?#]|\Z))", re.IGNORECASE)
_ADDRESSES = frozenset({"action", "formaction", "href", "src"})
_UNSEEN = [
    *(code for code in range(0x20) if chr(code) not in "\t\n"),
    *range(0x7F, 0xA0),
    0xAD,
    0x61C,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    0xFFFE,
    0xFFFF,
]
_IN_TEXT = {code: f"\\u{code:04x}" for code in _UNSEEN} | {
    ord(sign): f"&{word};" for sign, word in (("&", "amp"), ("<", "lt"), (">", "gt"))
}
_IN_QUOTES = _IN_TEXT | {ord('"'): "&quot;", ord("'"): "&#39;"}


def element(tag: str, *content: Content, **attributes: str | int | float | bool | None) -> Markup:
    """An element with its content.

    Args:
        attributes: `_` stands for `-`, and one at the end for nothing, as in `class_`. True is one without a value,
            False and None are none. An address of a kind that could run, as `javascript:`, is left out.

    Raises:
        ValueError: the tag or an attribute is none, or one whose content would run or is blocked: `script`, `style`,
            `onclick`. These are never made of texts.
    """
    if not _NAME.fullmatch(tag) or tag in _RAW:
        raise ValueError(f"{tag!r} is no element to be made")
    opening = f"<{tag}{''.join(_attribute(*each) for each in attributes.items())}>"
    return Markup(opening if tag in _VOID else f"{opening}{_inner(content)}</{tag}>")


def link(href: str, *content: Content, **attributes: str | bool | None) -> Markup:
    """A link; only its content where the address is of a kind that could run."""
    if not _is_harmless(href):
        return Markup(_inner(content))
    return element("a", *content, href=href, **attributes)


def name(text: str, **attributes: str | None) -> Markup:
    """What a stranger called something: kept apart, so that its direction of writing stays its own."""
    return element("bdi", text, **attributes)


def _attribute(key: str, value: str | int | float | bool | None) -> str:
    written = key.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(written) or written == "style" or written.lower().startswith("on"):
        raise ValueError(f"{written!r} is no attribute to be made")
    if value is None or value is False or (written in _ADDRESSES and not _is_harmless(str(value))):
        return ""
    return f" {written}" if value is True else f' {written}="{readable(str(value)).translate(_IN_QUOTES)}"'


def _is_harmless(address: str) -> bool:
    # What is not seen is passed over by browsers before they look for the scheme.
    return _HARMLESS.match("".join(sign for sign in address if sign > " ")) is not None


def _inner(content: Content) -> str:
    match content:
        case None:
            return ""
        case Markup():
            return content.text
        case str():
            return readable(content).translate(_IN_TEXT)
        case int():
            return str(content)
        case _:
            return "".join(map(_inner, content))
