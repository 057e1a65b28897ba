"""Reads the pointers out of the server's text about schema violations.

Pure. The grammar (protocol 2.5): a head line with the number of distinct pointers, then blocks: a pointer
line, an optional `Either: ` line, message lines, a blank line. Lines end with the server's separator, `\n`
or `\r\n`. Values are echoed unescaped, so a value that holds a line break breaks lines; a block is therefore
believed to begin only at a line that starts with `#` behind a blank line, and where the number of blocks is
not the announced one, nothing in the text is believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["pointed_entries"]

_HEAD = re.compile(r"Schema validation failed with ([0-9]{1,9}) error\(s\)\r?\n\r?\n")
_BLOCK = re.compile(r"(?:\A|\r?\n\r?\n)(?=#(?:/|\r?\n))")
_POINTER = re.compile(r"#/(0|[1-9][0-9]{0,8})((?:/.*)?)\Z", re.DOTALL)
# A page of nested alternatives for one entry helps nobody; what is kept travels into a rejection.
_MESSAGES_KEPT = 20
_MESSAGE_CHARACTERS = 300


def pointed_entries(text: str) -> Mapping[int, Mapping[str, tuple[str, ...]]] | None:
    """The entries that the text points at: index -> JSON pointer inside the entry -> messages.

    The pointer of an entry as a whole is the empty one; escapes (`~0`, `~1`) stay as they are.

    Returns:
        None if this is not such a text; an empty mapping if it is one, but names no entry or contradicts itself
        (the caller then knows that the request was refused, and not for whom).
    """
    head = _HEAD.match(text)
    if head is None:
        return None
    blocks = [block for block in _BLOCK.split(text[head.end() :]) if block]
    if len(blocks) != int(head[1]):
        return {}
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    for block in blocks:
        # Not `splitlines`: that also breaks at characters that are lawful inside a key.
        pointer, *lines = (line.rstrip("\r") for line in block.split("\n"))
        match = _POINTER.match(pointer)
        if match is None:
            return {}
        found.setdefault(int(match[1]), {})[match[2]] = _messages(lines)
    return found


def _messages(lines: list[str]) -> tuple[str, ...]:
    kept = [line for line in lines if line and line != "Either: "]
    return tuple(line[:_MESSAGE_CHARACTERS] for line in kept[:_MESSAGES_KEPT])
