"""Puts a report in its place, and says where that is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bulk_importer.cli import messages
from bulk_importer.files.durable import replace_file
from bulk_importer.files.small_files import reason_of
from bulk_importer.levels import Level
from bulk_importer.observe.report import Chapter, report_page

__all__ = ["REPORT", "try_to_write", "why_not", "write_report"]

REPORT = "report.html"
"""The file in a checkpoint folder."""


def write_report(path: Path, chapters: Sequence[Chapter], *, image_hosts: Sequence[str] = ()) -> None:
    """Replace the file by the report; a reader sees the old one or the new one, whole. Raises OSError.

    Args:
        image_hosts: the servers that the page asks for images.
    """
    written = report_page(chapters, at=time.time(), version=version("bulk-importer"), image_hosts=image_hosts)
    page = written.encode()
    if path.exists() and not path.is_file():  # a pipe, or the like
        path.write_bytes(page)
    else:
        replace_file(path, page)


def why_not(error: OSError) -> str:
    """Why a report cannot be written, for the middle of a sentence."""
    return "there is no such folder" if isinstance(error, FileNotFoundError) else reason_of(error)


def try_to_write(path: Path, chapters: Sequence[Chapter], *, image_hosts: Sequence[str] = ()) -> bool:
    """Write a report that nobody's exit code depends on; where that is not possible it is said in a line."""
    try:
        write_report(path, chapters, image_hosts=image_hosts)
    except OSError as error:
        messages.say(
            f"bulk-importer: There is no report: {path} cannot be written: {why_not(error)}. --report FILE names "
            "another file, --no-report none.",
            Level.WARNING,
        )
        return False
    return True
