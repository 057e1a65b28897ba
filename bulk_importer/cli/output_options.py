"""How much a process writes, where, and in which form: what the flags that every command takes ask for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

import msgspec

from bulk_importer.cli.streams import is_screen
from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import reason_unwritten
from bulk_importer.levels import Level

__all__ = ["OutputOptions", "output_options", "set_output_options"]


class OutputOptions(msgspec.Struct, frozen=True):
    """How much a process writes, where, and in which form.

    Attributes:
        level: what is told on standard error.
        is_json: it is told as an object on each line.
        color: auto, always or never.
        output: where goes what would be on standard output; None for there.
    """

    level: Level = Level.INFO
    is_json: bool = False
    color: str = "auto"
    output: Path | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is told but errors."""
        return self.level is Level.ERROR

    def has_color(self, stream: TextIO) -> bool:
        """Whether text that goes to `stream` is coloured."""
        if self.color != "auto":
            return self.color == "always"
        return not os.environ.get("NO_COLOR") and is_screen(stream)


_in_force = [OutputOptions()]
"""The options of this process, alone; replaced by `set_output_options`."""


def output_options() -> OutputOptions:
    """The options that this process writes by."""
    return _in_force[0]


def set_output_options(options: OutputOptions) -> None:
    """Let this process write by `options` from now on.

    Raises:
        UsageError: the file that the output is to go to cannot be written.
    """
    _in_force[0] = options
    path = options.output
    if path is not None and (path.is_file() or not path.exists()):
        try:
            # Looked at now, and not when an import of three hours is over; emptied by the first line.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666))
        except OSError as error:
            raise UsageError(f"--output {path} cannot be written: {reason_unwritten(error)}.") from error
