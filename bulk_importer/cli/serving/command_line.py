"""Writes the commands that do at a terminal what a browser did here: same settings, same checkpoint. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator

from bulk_importer.settings import Definition, Loaded, definitions

__all__ = ["Commands"]

_OF_SERVING = frozenset({"page", "page_tls", "page_token_file", "checkpoint", "server", "project"})
"""What is said in another way, or is about the page."""
_OF_CHECKPOINTS = frozenset({"server", "sending"})
"""Sections of what a command takes that begins with a checkpoint, and knows by that what is sent where."""
_FLAG, _VARIABLE, _FILE = "flag ", "variable ", "file "


class Commands:
    """Command lines with the settings of this command. Of what may be a secret they hold only the name.

    Args:
        folder: the current one, which names of files begin at.
    """

    def __init__(self, loaded: Loaded, folder: str) -> None:
        self._loaded = loaded
        self._folder = folder

    def import_(self, source: str, checkpoint: str) -> str:
        """Imports an upload, or resumes that."""
        settings = self._loaded.settings
        words = ["import", source, "--checkpoint", checkpoint]
        words += ["--server", settings.server or "", "--project", settings.project or ""]
        return self._line(words, {each.section for each in definitions()})

    def retry(self, checkpoint: str) -> str:
        """Sends corrected entries of an import."""
        return self._line(["retry", checkpoint, "CORRECTED.jsonl"], _OF_CHECKPOINTS)

    def undo(self, checkpoint: str) -> str:
        """Takes an import back."""
        return self._line(["undo", checkpoint], _OF_CHECKPOINTS)

    def _line(self, words: list[str], sections: Collection[str]) -> str:
        origins = self._loaded.origins.values()
        files = (origin.removeprefix(_FILE) for origin in origins if origin.startswith(_FILE))
        all_ = ["bulk-importer", *words, "--config", next(files, "none"), *self._flags(sections)]
        return f"cd {shlex.quote(self._folder)} && {shlex.join(all_)}"

    def _flags(self, sections: Collection[str]) -> Iterator[str]:
        """The settings that flags and variables gave, as flags."""
        for each in definitions():
            is_said = self._loaded.origins[each.name].startswith((_FLAG, _VARIABLE))
            if is_said and each.section in sections and each.name not in _OF_SERVING:
                yield from _words(each, getattr(self._loaded.settings, each.name))


def _words(each: Definition, value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield each.flag if value else f"--no-{each.flag.removeprefix('--')}"
    elif isinstance(value, tuple):
        for one in value:
            yield from (each.flag, one if each.kind.may_be_shown else f"{each.kind.show((one,))}: ...")
    elif each.kind.may_be_shown:
        yield from (each.flag, each.kind.show(value))
