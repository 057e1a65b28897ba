"""Makes of what a stranger called a file the name that it is kept under. Pure."""

from __future__ import annotations

import unicodedata

from bulk_importer.readable import readable

__all__ = ["kept_name", "shown_name"]

_LONGEST_BYTES = 150
"""File systems take 255; so there is room for what programs put behind a name."""
_LONGEST_ENDING_BYTES = 24
_LONGEST_SHOWN = 255
_SIGNS = frozenset(" ._-+,()=@#")
_UNNAMED = "upload"


def shown_name(given: str) -> str:
    """What people are shown: the last part of the name, as it was given, cut where it is very long."""
    return _last_part(given)[:_LONGEST_SHOWN] or _UNNAMED


def kept_name(given: str) -> str:
    """A name of one file in one folder: letters and digits of any script, and signs that mean nothing to any program.

    What stands before a slash, of either kind, is left out; what else could mean something becomes `_`. It begins with
    no dot and no dash, is not empty, and keeps its endings, by which formats are known.
    """
    clean = (
        "".join(each if _is_harmless(each) else "_" for each in _last_part(given)).lstrip(" .-").rstrip(" .")
    )
    return _shortened(clean) or _UNNAMED


def _last_part(given: str) -> str:
    return readable(given.replace("\\", "/").rstrip("/").rpartition("/")[2])


def _is_harmless(sign: str) -> bool:
    return sign in _SIGNS or unicodedata.category(sign)[0] in "LMN"


def _shortened(name: str) -> str:
    """As many bytes as a file system takes; what is cut out stands before the endings, as `.json.gz`."""
    if len(name.encode()) <= _LONGEST_BYTES:
        return name
    parts = name.split(".")
    ending = "".join(f".{each}" for each in parts[1:][-2:])
    if len(ending.encode()) > _LONGEST_ENDING_BYTES:
        ending = f".{parts[-1]}" if len(parts[-1].encode()) < _LONGEST_ENDING_BYTES else ""
    room = _LONGEST_BYTES - len(ending.encode())
    return name.encode()[:room].decode(errors="ignore").rstrip(" .") + ending
