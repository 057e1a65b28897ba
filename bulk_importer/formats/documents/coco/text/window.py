"""A window that slides over the text of a JSON document: where values begin and end, by their structure alone.

Pure, but for the file that it reads. It knows strings, brackets and words, and nothing of what a value means, so that a
value of any length can be passed over, and one that is not JSON inside its brackets costs itself and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from bulk_importer.errors import SourceUnreadable

__all__ = ["STRETCH_BYTES", "Window"]

STRETCH_BYTES = 1 << 19
"""About how much of a document is looked at at once; a value that is longer is held as a whole.

Blocks of a MiB are fetched from the system each time, which takes as long as to look at them (see `machine.malloc`).
"""

_MOST_VALUE_BYTES = 64 << 20
"""What must be held at once is shorter in all that tools write; else a file that is packed tight fills the memory."""

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_gap = re.compile(rb"[ \t\n\r]*+")
_word = re.compile(rb'[^ \t\n\r,:"\[\]{}]*+')
_string = re.compile(_STRING, re.DOTALL)
_token = re.compile(_STRING + rb'|[\[\]{}"]', re.DOTALL)


class Window:
    """Bytes of a file from `offset` on, as far as they were needed.

    Attributes:
        data: the bytes. Places in them are counted from their first one.
        offset: of the first one in the file.
    """

    def __init__(self, file: BinaryIO, place: str, offset: int = 0) -> None:
        # Changed by `more`, `drop` and `go_to` alone.
        self.data = b""
        self.offset = offset
        self._file = file
        self._place = place

    def more(self) -> bool:
        """Read on; false at the end of the file. Raises `SourceUnreadable` where a value takes too much room."""
        if len(self.data) > _MOST_VALUE_BYTES:
            self.fail(0, f"a value in it is longer than {_MOST_VALUE_BYTES >> 20} MiB")
        block = self._file.read(STRETCH_BYTES)
        self.data += block
        return bool(block)

    def drop(self, count: int) -> None:
        """Forget the first bytes."""
        self.data = self.data[count:]
        self.offset += count

    def go_to(self, offset: int) -> None:
        """Go on elsewhere in the file."""
        self._file.seek(offset)
        self.data = b""
        self.offset = offset

    def solid(self, at: int) -> int:
        """The first place from `at` on that holds no blank. Raises `SourceUnreadable` where the file ends before."""
        while True:
            at = _gap.match(self.data, at).end()  # type: ignore[union-attr]  # matches everywhere
            if at < len(self.data):
                return at
            if not self.more():
                self.fail(at, "it ends too early")

    def end_of_value(self, at: int) -> int:
        """The place behind the value that begins at `at`."""
        kind = self.data[at : at + 1]
        if kind in (b"{", b"["):
            return self._closed(at)
        if kind == b'"':
            while (found := _string.match(self.data, at)) is None:
                if not self.more():
                    self.fail(len(self.data), "it ends inside a text")
            return found.end()
        while (end := _word.match(self.data, at).end()) == len(self.data):  # type: ignore[union-attr]
            if not self.more():
                self.fail(end, "it ends too early")
        if end == at:
            self.fail(at, "a value is missing")
        return end

    def pass_value(self) -> bool:
        """Move behind the value at the front, which may be of any length; whether anything is in it."""
        if self.data[:1] not in (b"{", b"["):
            end = self.end_of_value(0)
            is_full = self.data[:end] not in (b"null", b'""')
        else:
            at = self.solid(1)
            is_full = self.data[at : at + 1] not in (b"}", b"]")
            end = self._closed(0, is_dropped=True)
        self.drop(end)
        return is_full

    def require_end(self) -> None:
        """Raise `SourceUnreadable` where the file has more than blanks from the front on."""
        while True:
            at = _gap.match(self.data).end()  # type: ignore[union-attr]  # matches everywhere
            if at < len(self.data):
                self.fail(at, "something stands behind the end of the document")
            self.drop(at)
            if not self.more():
                return

    def elements(self, at: int, most_bytes: int, most: int) -> Iterator[tuple[int, int]]:
        """Where each element of an array begins and ends, up to the closing bracket, or as many as are asked for.

        `at` is where an element, or the closing bracket, begins; raises `SourceUnreadable` where there is neither.
        """
        begin = at
        for _ in range(most):
            end = self.end_of_value(at)
            yield at, end
            at = self.solid(end)
            if self.data[at : at + 1] == b"]":
                return
            if self.data[at : at + 1] != b",":
                self.fail(at, "a comma or the closing bracket of an array is missing")
            at = self.solid(at + 1)
            if at - begin >= most_bytes:
                return

    def fail(self, at: int, reason: str) -> NoReturn:
        """Raise `SourceUnreadable` for what is wrong at a place."""
        raise SourceUnreadable(
            self._place, f"it is not JSON ({reason}, at byte {self.offset + at})", at_fault=True
        )

    def _closed(self, start: int, *, is_dropped: bool = False) -> int:
        """The place behind the bracket that closes the one at `start`; `is_dropped` forgets what is passed."""
        depth, at = 0, start
        while True:
            for token in _token.finditer(self.data, at):
                at = token.start()
                kind = self.data[at]
                if token.end() - at > 1:
                    continue
                if kind == b'"'[0]:
                    break
                depth += 1 if kind in b"[{" else -1
                if not depth:
                    return token.end()
                at = token.end()
            else:
                at = len(self.data)
            if is_dropped:
                self.drop(at)
                at = 0
            if not self.more():
                self.fail(len(self.data), "it ends inside an object or array")
