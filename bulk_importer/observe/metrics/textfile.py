"""Keeps a file of metrics for the textfile collector of the node exporter.

The file is replaced as a whole, so that whoever reads it at any moment sees one state of it, and may be read by
everybody. What such a collector makes of several files has to differ in a label; and that a command was successful must
not be forgotten when the next one is not, so it is taken over from the file that lies there.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

__all__ = ["is_free", "replace_textfile", "succeeded_before"]

_MOST_BYTES = 1 << 20
_BEGINNING = b"# HELP bulk_importer_"
_SUCCESS = re.compile(
    rb"^bulk_importer_success_timestamp_seconds(?:\{[^}\n]*\})? ([0-9.eE+]+)$", re.MULTILINE
)


def replace_textfile(path: Path, content: bytes) -> None:
    """Give the file that content. Blocks.

    Raises:
        OSError: the file has its old content, and nothing is left beside it.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with open(fd, "wb", buffering=0) as file:
            os.fchmod(fd, 0o644)  # whatever the umask says: the collector is another user
            left = memoryview(content)
            while left:
                left = left[file.write(left) :]
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def is_free(path: Path) -> bool:
    """Whether nothing but metrics of ours is lost where the file is replaced. Blocks.

    A pipe or a device is not free, and not opened.

    Raises:
        OSError: it is a folder, or cannot be read.
    """
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            return False
        with path.open("rb") as file:
            return file.read(len(_BEGINNING)) in (b"", _BEGINNING)
    except FileNotFoundError:
        return True


def succeeded_before(path: Path) -> float | None:
    """When a command was last successful, as an earlier one left it in the file; None where none did. Blocks."""
    try:
        with path.open("rb") as file:
            found = _SUCCESS.search(file.read(_MOST_BYTES))
        return None if found is None else float(found[1])
    except (OSError, ValueError):
        return None
