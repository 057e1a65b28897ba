"""The tree of failures that the real server's validator builds for a value that breaks rules.

Pure. A value that breaks one rule has the failure of that rule; one that breaks several has a failure of its
own with those as its causes; the failure of a `oneOf` has those of its branches. On its way up a failure
gets the keys that lead to it put in front of its pointer. Each time the key is escaped once for the failure itself,
twice for its causes, three times for theirs: the server's validator does that, and clients see it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Leaf", "SchemaFailure", "TooMuch", "together"]

Leaf = tuple[str, str]
"""The pointer and the message of a failure without causes."""

_LONGEST_ESCAPED = 1 << 22
"""In characters. A backslash doubles each time that it is escaped, which is once for each level of failures."""


class TooMuch(Exception):
    """The server, which has 4 GB, would run out of memory over this request."""


@dataclass(slots=True, eq=False)
class SchemaFailure:
    """A broken rule, or several broken rules of one value.

    Attributes:
        message: what is wrong; not used if there are causes.
        causes: the failures that this failure is made of.
        keys: the keys of the pointer, the innermost first; `under` adds the outer ones.
    """

    message: str
    causes: list[SchemaFailure] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def under(self, key: str) -> SchemaFailure:
        """Put a key in front of the pointer of this failure; returns the failure itself."""
        self.keys.append(key)
        return self

    def leaves(self) -> list[list[Leaf]]:
        """The leaves of each cause, in the order of the causes; without causes the failure itself as the one leaf."""
        if not self.causes:
            return [[self._leaf([])]]
        above = [_escaped(key) for key in self._path([])]
        return [list(cause._leaves(above)) for cause in self.causes]

    def _leaves(self, above: list[str]) -> Iterator[Leaf]:
        """The causes that have none themselves come first, on every level."""
        if not self.causes:
            yield self._leaf(above)
            return
        below = [_escaped(key) for key in self._path(above)]
        for cause in self.causes:
            if not cause.causes:
                yield cause._leaf(below)
        for cause in self.causes:
            if cause.causes:
                yield from cause._leaves(below)

    def _leaf(self, above: list[str]) -> Leaf:
        return "/".join(["#", *self._path(above)]), self.message

    def _path(self, above: list[str]) -> list[str]:
        return [*above, *map(_escaped, reversed(self.keys))]


def together(failures: list[SchemaFailure]) -> SchemaFailure | None:
    """One failure for all `failures` of a value; None if there are none."""
    if len(failures) < 2:
        return failures[0] if failures else None
    return SchemaFailure("", failures)


def _escaped(key: str) -> str:
    escaped = key.replace("~", "~0").replace("/", "~1").replace("\\", "\\\\").replace('"', '\\"')
    if len(escaped) > _LONGEST_ESCAPED and len(escaped) > len(key):
        raise TooMuch
    return escaped
