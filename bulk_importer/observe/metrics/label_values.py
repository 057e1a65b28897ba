"""What strangers wrote, as the value of a label.

Pure.
"""

from __future__ import annotations

from bulk_importer.readable import readable

__all__ = ["label_value"]

_LONGEST = 200


def label_value(text: str) -> str:
    """The text in UTF-8, on one line, and its end where it is long."""
    shown = "".join(letter if letter.isprintable() else " " for letter in readable(text))
    return shown if len(shown) <= _LONGEST else f"...{shown[3 - _LONGEST :]}"
