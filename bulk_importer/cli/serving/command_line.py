"""Writes the command that does at a terminal what a browser did here: same settings, same checkpoint. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from bulk_importer.settings import Definition, Loaded, definitions

__all__ = ["import_command"]

_OF_SERVING = frozenset({"page", "page_tls", "page_token_file", "checkpoint", "server", "project"})
"""What is said in another way, or is about the page."""
_FLAG, _VARIABLE, _FILE = "flag ", "variable ", "file "


def import_command(loaded: Loaded, folder: str, source: str, checkpoint: str) -> str:
    """The command line. Of what may be a secret it holds only the name.

    Args:
        folder: the current one, which names of files begin at.
    """
    settings = loaded.settings
    files = (origin.removeprefix(_FILE) for origin in loaded.origins.values() if origin.startswith(_FILE))
    words = ["bulk-importer", "import", source, "--checkpoint", checkpoint]
    words += ["--server", settings.server or "", "--project", settings.project or ""]
    words += ["--config", next(files, "none"), *_flags(loaded)]
    return f"cd {shlex.quote(folder)} && {shlex.join(words)}"


def _flags(loaded: Loaded) -> Iterator[str]:
    """The settings that flags and variables gave, as flags."""
    for each in definitions():
        if each.name not in _OF_SERVING and loaded.origins[each.name].startswith((_FLAG, _VARIABLE)):
            yield from _words(each, getattr(loaded.settings, each.name))


def _words(each: Definition, value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield each.flag if value else f"--no-{each.flag.removeprefix('--')}"
    elif isinstance(value, tuple):
        for one in value:
            yield from (each.flag, one if each.kind.may_be_shown else f"{each.kind.show((one,))}: ...")
    elif each.kind.may_be_shown:
        yield from (each.flag, each.kind.show(value))
