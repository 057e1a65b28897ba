"""What is wrong with a value, as the tree of failures that the real server's validator builds.

Pure. A value that breaks one rule has the failure of that rule; one that breaks several has a failure of its
own with those as its causes; the failure of a `oneOf` has those of its branches. On its way up a failure
gets the keys that lead to it put in front of its pointer. Each time the key is escaped once for the failure itself,
twice for its causes, three times for theirs: the server's validator does that, and clients see it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Failure", "Leaf", "TooMuch", "together"]

Leaf = tuple[str, str]
"""The pointer and the message of a failure without causes."""

_LONGEST_ESCAPED = 1 << 22
"""In characters; a backslash doubles each time that it is escaped, which is once for each level of failure."""


class TooMuch(Exception):
    """The server, which has 4 GB, would run out of memory."""


@dataclass(slots=True, eq=False)
class Failure:
    """A rule that is broken, or several.

    Attributes:
        message: what is wrong; not used where there are causes.
        causes: the failures that this one is made of.
        keys: what was put in front of the pointer, the innermost first. Grows while the failure moves up.
    """

    message: str
    causes: list[Failure] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def under(self, key: str) -> Failure:
        """This failure, one level further up."""
        self.keys.append(key)
        return self

    def leaves(self) -> list[list[Leaf]]:
        """The leaves of each cause, in the order of the causes; of the failure itself where it has none."""
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


def together(failures: list[Failure]) -> Failure | None:
    """The failure of a value that breaks these rules."""
    if len(failures) < 2:
        return failures[0] if failures else None
    return Failure("", failures)


def _escaped(key: str) -> str:
    escaped = key.replace("~", "~0").replace("/", "~1").replace("\\", "\\\\").replace('"', '\\"')
    if len(escaped) > _LONGEST_ESCAPED and len(escaped) > len(key):
        raise TooMuch
    return escaped
