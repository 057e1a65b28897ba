"""The file that stands for standard output: opened by the first text, and closed when its command is over."""

from __future__ import annotations

from typing import TextIO

from bulk_importer.cli import streams
from bulk_importer.cli.output_options import OutputOptions
from bulk_importer.files.small_files import reason_unwritten

__all__ = ["close_file", "write_to_file"]


class _File:
    """The file of the options in force."""

    def __init__(self) -> None:
        # Changed by `write` and `close`. Other options begin the file anew, also where it has the same name.
        self._options: OutputOptions | None = None
        self._file: TextIO | None = None

    def write(self, options: OutputOptions, text: str) -> None:
        """As `write_to_file`."""
        assert options.output is not None
        try:
            if self._file is None or self._options is not options:
                self.close()
                self._options, self._file = options, options.output.open("w", encoding="utf-8")
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            self._note_lost(options, error)

    def close(self) -> None:
        """As `close_file`."""
        file, self._file = self._file, None
        if file is None or self._options is None:
            return
        try:
            file.close()
        except OSError as error:  # a file server may say only now that there is no room
            self._note_lost(self._options, error)

    def _note_lost(self, options: OutputOptions, error: OSError) -> None:
        streams.note_lost(f"--output {options.output} could not be written: {reason_unwritten(error)}")


_file = _File()


def write_to_file(options: OutputOptions, text: str) -> None:
    """Write text to the file of these options."""
    _file.write(options, text)


def close_file() -> None:
    """Let go of the file, where there is one."""
    _file.close()
