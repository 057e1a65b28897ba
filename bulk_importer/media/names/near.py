"""Which media names are like one that no media has: for people, who see at once what is wrong with it.

Made with the index of names and beside it, as a text: a line for each media name, ascending by its *trunk*, with a NUL
between the two. The trunk is what is left of a name without folders, ending, case, accents, zeros in front of numbers,
and all that is neither letter nor digit. Names of one trunk are the same to a person; neighbours begin alike. A look
takes a tenth of a millisecond whatever the number of media, so that each unknown name can have one. Without the file
nothing is like anything.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import replace_file
from bulk_importer.media.names.sorted_lines import SEPARATOR, SortedLines

__all__ = ["NearNames"]

_MOST_NAMED = 3
_MOST_TRIED = 3
"""Words that a tool may have put before or behind a name: eight digits of a hash, `.rf.` and another one."""
_FEWEST_LETTERS = 3
_LIKENESS = 0.6
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_JOINTS = re.compile(r"[\W_]+")
_END = b"\n"


class NearNames:
    """A read-only view of the names; safe to look into from any process."""

    def __init__(self, index: str | os.PathLike[str]) -> None:
        """Map the file beside an index of names; where it is missing, there are no names."""
        self._lines = SortedLines(_beside(index))

    @staticmethod
    def write(index: str | os.PathLike[str], names: Iterable[str]) -> None:
        """Make the file beside an index of names, durably. Raises `CheckpointUnusable`."""
        lines = [_trunk(name) + SEPARATOR + encoded + _END for name in names for encoded in _encoded(name)]
        lines.sort()
        try:
            replace_file(_beside(index), b"".join(lines))
        except OSError as error:
            raise CheckpointUnusable.by(
                _beside(index), error, what="the list of media names cannot be written"
            ) from error

    def like(self, name: str) -> list[str]:
        """The names that are like one, three at most: the same to a person, else those that begin alike."""
        words = [word for word in _JOINTS.split(_stem(name)) if word]
        more = range(1, min(len(words), _MOST_TRIED + 1))
        shorter = (_trunk("_".join(each) + ".") for at in more for each in (words[at:], words[:-at]))
        for trunk in (_trunk(name), *(each for each in shorter if len(each) >= _FEWEST_LETTERS)):
            same = [_name_in(line) for line in islice(self._lines.of(trunk), _MOST_NAMED)] if trunk else []
            if same:
                return same
        return self._beginning_alike(_trunk(name))

    def _beginning_alike(self, trunk: bytes) -> list[str]:
        """Of the two neighbours, those that begin alike for most of the letters; the liker one first."""
        at = self._lines.first_from(trunk)
        lines = [self._lines.before(at), self._lines.line(at)]
        alike = [(_alike(trunk, line.partition(SEPARATOR)[0]), _name_in(line)) for line in lines if line]
        return [name for likeness, name in sorted(alike, reverse=True) if likeness >= _LIKENESS]


def _beside(index: str | os.PathLike[str]) -> Path:
    return Path(f"{os.fspath(index)}.near")


def _encoded(name: str) -> Iterator[bytes]:
    """A name as a part of a line; nothing of one that could not be that."""
    with suppress(UnicodeEncodeError):
        if "\n" not in name and "\0" not in name:
            yield name.encode()


def _stem(name: str) -> str:
    base = name.replace("\\", "/").rpartition("/")[2]
    return base.rpartition(".")[0] or base


def _trunk(name: str) -> bytes:
    stem = _stem(name)
    if not stem.isascii():
        stem = "".join(
            each for each in unicodedata.normalize("NFKD", stem) if not unicodedata.combining(each)
        )
    return _JOINTS.sub("", _ZEROS.sub("", stem.casefold())).encode("utf-8", "replace")


def _name_in(line: bytes) -> str:
    return line.partition(SEPARATOR)[2].removesuffix(_END).decode()


def _alike(one: bytes, other: bytes) -> float:
    """Which share of the letters they begin with is the same."""
    length = min(len(one), len(other))
    same = next((at for at in range(length) if one[at] != other[at]), length)
    return same / max(len(one), len(other), 1)
