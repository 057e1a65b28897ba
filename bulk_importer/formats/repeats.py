"""Says of pictures that a source has more than once that it does.

Pure. It keeps a number for each name, and not the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bulk_importer.formats.model import Left, Picture

__all__ = ["with_repeats"]


def with_repeats(found: Iterable[Picture | Left]) -> Iterator[Picture | Left]:
    """All that was found, with a finding before each picture whose name has been there before."""
    seen: set[int] = set()
    for each in found:
        if isinstance(each, Picture):
            number = hash(each.name)
            if number in seen:
                yield Left("picture-twice", each.origin, "", "each picture once", each.name, objects=0)
            seen.add(number)
        yield each
