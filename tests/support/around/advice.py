"""The commands that the program advises, taken out of what it prints, and typed as they stand.

An advised command stands in quotes, `'bulk-importer retry l.json.checkpoint'`, or is a line of its own. It is whole: a
person types it as it is. What it cannot know stands in it in capitals, a placeholder; `PLACEHOLDERS` has all of these.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from support.commands import Command

__all__ = ["PLACEHOLDERS", "advised", "copied", "followed"]

PLACEHOLDERS = frozenset(
    {"CHECKPOINT", "CODE", "COMMAND", "CORRECTED.jsonl", "FILE.json", "NAME", "P", "TOPIC", "URL"}
)
_ADVISED = re.compile(r"['`](bulk-importer [^'`]+)['`]|^\s*(?:\$ )?(bulk-importer [^'`\n]+)$", re.MULTILINE)
_ENDLESS = ("sandbox",)


def copied(folder: Path, to: Path) -> None:
    """Copy a folder as it is, but for sockets: those that killed runs left can be copied by nobody."""
    shutil.copytree(folder, to, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))


def advised(text: str) -> list[list[str]]:
    """The arguments of each command in the text, in order, each once."""
    found = (quoted or alone for quoted, alone in _ADVISED.findall(" \n".join(text.split("\n"))))
    return [list(words) for words in dict.fromkeys(tuple(shlex.split(each)[1:]) for each in found)]


def followed(
    command: Command, text: str, place: Path, meant: Mapping[str, str]
) -> dict[str, subprocess.CompletedProcess[str]]:
    """Type each command in the text, each in a copy of the folder in which it was said, as it was then.

    Args:
        place: where the copies are made.
        meant: what a person means by each placeholder that occurs.

    Returns:
        What each came to, by its words; commands that serve until they are stopped are left out.
    """
    done = {}
    for number, words in enumerate(advised(text)):
        unknown = [word for word in words if word.isupper() and word not in PLACEHOLDERS]
        assert not unknown, f"{unknown} in {words} is no placeholder"
        if words[0] in _ENDLESS:
            continue
        there = Command(place / f"{len(list(place.iterdir())):03}-{number}")
        copied(command.folder, there.folder)
        there.environment = command.environment
        filled = [meant.get(word, word) for word in words]
        moved = [word.replace(str(command.folder), str(there.folder)) for word in filled]
        done[shlex.join(words)] = there(*moved)
    return done
