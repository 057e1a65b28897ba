"""Keeps names and words of other people from speaking to the terminal that they are shown on. Pure."""

from __future__ import annotations

import re

__all__ = ["visible"]

# What a terminal obeys in place of showing it, but for what ends a line or leads to the next column; and what turns the
# direction of the text behind it.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """The text with what a terminal would obey shown as its escape: names, and what servers say, are other people's."""
    return _OBEYED.sub(lambda found: ascii(found[0])[1:-1], text)
