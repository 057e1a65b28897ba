"""Finds the image of a media in a folder, by its id or its name.

A name means a file that ends like it, with folders or without, with its ending or without; where several do, the one
that ends like more of it, and none in doubt. Names come from strangers: none leads out of the folder, also by no link.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

__all__ = ["ImageFolder"]

_MOST_FILES = 200_000
"""How many names are kept, at about 200 bytes each; of more files than that each is found by its very path only."""
_DEEPEST = 12
_LONGEST = 1024
_ENDINGS = ("", ".jpg", ".jpeg", ".png", ".webp", ".JPG", ".PNG")


class ImageFolder:
    """The images in one folder and those below it."""

    def __init__(self, path: Path) -> None:
        self._root = Path(os.path.realpath(path))
        # Filled by the first name that is no path: by the name of a file without its ending, where such files are.
        self._places: dict[str, list[str]] | None = None

    def find(self, names: Iterable[str]) -> Path | None:
        """The file of a media; None where none is found.

        Args:
            names: what it may be called, the surest first: its id, the name of its file.
        """
        return next((found for name in names for found in self._called(name)), None)

    def _called(self, name: str) -> Iterator[Path]:
        parts = _parts(name)
        for start in range(len(parts)):
            for ending in _ENDINGS:
                path = self._within("/".join(parts[start:]) + ending)
                if path is not None:
                    yield path
                    return
        if parts:
            path = self._listed(parts)
            if path is not None:
                yield path

    def _listed(self, parts: list[str]) -> Path | None:
        if self._places is None:
            self._places = self._list()
        wanted = "/".join(parts)
        best: dict[int, set[str]] = defaultdict(set)
        for key in {parts[-1], PurePosixPath(parts[-1]).stem}:
            for place in self._places.get(key, ()):
                best[_likeness(place, wanted)].add(place)
        likest = best[max(best, default=0)]
        return self._within(min(likest)) if len(likest) == 1 else None

    def _list(self) -> dict[str, list[str]]:
        """Where files are; nothing where there are too many of them."""
        places: dict[str, list[str]] = defaultdict(list)
        for count, place in enumerate(self._files()):
            if count == _MOST_FILES:
                return {}
            places[PurePosixPath(_composed(place)).stem].append(place)
        return places

    def _files(self) -> Iterator[str]:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(self._root / folder) as entries:
                    for entry in entries:
                        place = f"{folder}{entry.name}"
                        if not entry.is_dir(follow_symlinks=False):
                            yield place
                        elif place.count("/") < _DEEPEST:
                            waiting.append(f"{place}/")
            except OSError:
                continue

    def _within(self, place: str) -> Path | None:
        """The regular file at a place, whatever links lead there, unless that is outside."""
        try:
            path = Path(os.path.realpath(self._root / place))
            return path if path.is_relative_to(self._root) and path.is_file() else None
        except (OSError, ValueError):
            return None


def _parts(name: str) -> list[str]:
    """The steps of a name; none where it is no name that a file below a folder can have."""
    parts = [each for each in _composed(name[:_LONGEST]).split("/") if each not in ("", ".")]
    return [] if ".." in parts or "\0" in name or len(name) > _LONGEST else parts


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _likeness(place: str, wanted: str) -> int:
    """How many steps of two paths are the same, from the end on; the ending of a file may differ or be left out."""
    ours, theirs = (_composed(each).split("/")[::-1] for each in (place, wanted))
    if (
        ours[0] != theirs[0]
        and PurePosixPath(ours[0]).stem != theirs[0]
        and _stems_differ(ours[0], theirs[0])
    ):
        return 0
    same = 1 + 10 * (ours[0] == theirs[0])
    for one, other in zip(ours[1:], theirs[1:], strict=False):
        if one != other:
            break
        same += 1
    return same


def _stems_differ(one: str, other: str) -> bool:
    return PurePosixPath(one).stem != PurePosixPath(other).stem
