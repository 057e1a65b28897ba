"""Writes the text that the server makes of schema failures, with the two bugs that clients have to live with.

Pure. The server walks the causes of the whole failure. A cause with one message is put down under its
pointer. A cause with several is cut up again as text: whatever stands before the first colon of a message is
taken for its pointer, and the message is what follows that pointer, *the pointer taken for a regular expression*.
So a key that holds a colon or an operator can break the request (`FormatterCrash`), or garble the messages.
The set in which messages are gathered is emptied only after a cause with several messages: what was put down
for one cause shows up again under later ones (the stale messages).

The text: a headline with the number of pointers, then a block for each pointer, shortest pointer first:
the pointer, `Either: ` when there are several messages, the messages in the order of a Java hash table, and an
empty line.
"""

from __future__ import annotations

from bulk_importer.sandbox.jackson.java_order import HashedStrings, hash_order
from bulk_importer.sandbox.jackson.java_regex import PatternRefused, split_by
from bulk_importer.sandbox.schema.failure import Leaf, SchemaFailure

__all__ = ["FormatterCrash", "schema_text"]

_Blocks = dict[str, list[str]]


class FormatterCrash(Exception):
    """The server fails while it makes the text, and answers 500 `ex_system` instead."""


def schema_text(failure: SchemaFailure) -> str:
    """Write the `errorMessages` of a request whose body has this failure.

    Raises:
        FormatterCrash: the server would fail to make the text.
        TooMuch: the server would run out of memory.
    """
    blocks = _blocks(failure.leaves())
    lines = [f"Schema validation failed with {len(blocks)} error(s)", ""]
    for pointer in sorted(blocks, key=_place):
        messages = blocks[pointer]
        lines += [pointer, *(["Either: "] if len(messages) > 1 else []), *messages, ""]
    return "\n".join(lines) + "\n"


def _place(pointer: str) -> tuple[int, bytes]:
    """Blocks are sorted by length and then by character, both counted in UTF-16 units."""
    units = pointer.encode("utf-16-be", "surrogatepass")
    return len(units) // 2, units


def _blocks(causes: list[list[Leaf]]) -> _Blocks:
    blocks: _Blocks = {}
    collected = HashedStrings()
    for leaves in causes:
        if len(leaves) == 1:
            ((pointer, message),) = leaves
            collected.add(message)
            blocks[pointer] = collected.copied()
        else:
            _put_several(leaves, collected, blocks)
    return blocks


def _put_several(leaves: list[Leaf], collected: HashedStrings, blocks: _Blocks) -> None:
    by_head: dict[str, list[str]] = {}
    for pointer, message in leaves:
        text = f"{pointer}: {message}"
        by_head.setdefault(text.split(":", 1)[0], []).append(text)
    for head in hash_order(by_head):
        for text in by_head[head]:
            collected.add(_after(head, text))
        blocks[head] = collected.copied()
        collected.clear()


def _after(head: str, text: str) -> str:
    """What the server takes for the message in `text`: the second part, split by the pattern `head: `."""
    try:
        parts = split_by(f"{head}: ", text)
    except PatternRefused as refused:
        raise FormatterCrash from refused
    if len(parts) < 2:
        raise FormatterCrash
    return parts[1]
