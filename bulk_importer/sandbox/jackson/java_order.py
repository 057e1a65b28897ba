"""Computes the order in which Java's hash tables yield strings, which decides what the server says first.

Pure. The server gathers messages in a `HashSet` and keeps the keys of an object in a `HashMap`; both walk
their buckets, and within a bucket go by age. The order is therefore a function of the strings and of how
large the table has grown, and nothing of it is chance. One thing is left out: a bucket that holds more than
eight strings becomes a tree whose root moves to the front. It takes keys made to collide to see that.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

__all__ = ["HashedStrings", "hash_order", "string_hash"]

_LEAST_CAPACITY = 16


def _units(text: str) -> Iterable[int]:
    """The UTF-16 code units of `text`; a lone surrogate is one."""
    if text.isascii():
        return text.encode("ascii")
    encoded = text.encode("utf-16-be", "surrogatepass")
    return (high << 8 | low for high, low in zip(encoded[::2], encoded[1::2], strict=True))


@lru_cache(maxsize=4096)
def string_hash(text: str) -> int:
    """The hash that `HashMap` uses for a string: `String.hashCode` with its upper half folded in; unsigned."""
    value = 0
    for unit in _units(text):
        value = (value * 31 + unit) & 0xFFFFFFFF
    return value ^ value >> 16


def _capacity_for(size: int) -> int:
    """The size of a table that grew by doubling from 16 while `size` strings were put into it."""
    capacity = _LEAST_CAPACITY
    while size > capacity * 3 // 4:
        capacity *= 2
    return capacity


def hash_order(strings: Iterable[str]) -> list[str]:
    """The distinct `strings` in the order in which a `HashMap` yields them that got them one by one."""
    keys = list(dict.fromkeys(strings))
    if len(keys) < 2:
        return keys
    mask = _capacity_for(len(keys)) - 1
    return sorted(keys, key=lambda key: string_hash(key) & mask)


class HashedStrings:
    """A `HashSet<String>`. Its capacity, which decides the order, never shrinks, not even when it is emptied."""

    def __init__(self) -> None:
        # Changed by `add` and `clear` alone.
        self._hashes: dict[str, int] = {}
        self._capacity = _LEAST_CAPACITY
        self._copy: list[str] | None = None

    def add(self, text: str) -> None:
        """Put a string in; nothing happens if it is in the set."""
        if text not in self._hashes:
            self._hashes[text] = string_hash(text)
            self._capacity = max(self._capacity, _capacity_for(len(self._hashes)))
            self._copy = None

    def clear(self) -> None:
        """Take all strings out."""
        self._hashes.clear()
        self._copy = None

    def copied(self) -> list[str]:
        """The strings in the order in which `new HashSet<>(this)` yields them: a copy has the capacity of its content.

        The list is shared by later calls: it must not be changed.
        """
        if self._copy is None:
            wanted = int(len(self._hashes) / 0.75) + 1
            capacity = max(_LEAST_CAPACITY, 1 << (wanted - 1).bit_length())
            self._copy = self._ordered(self._ordered(self._hashes, self._capacity), capacity)
        return self._copy

    def _ordered(self, strings: Iterable[str], capacity: int) -> list[str]:
        return sorted(strings, key=lambda text: self._hashes[text] & (capacity - 1))
