"""Puts a report in its place, and says where that is."""

from __future__ import annotations

import errno
import os
import shlex
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bulk_importer.cli import messages
from bulk_importer.errors import UsageError
from bulk_importer.files.durable import replace_file
from bulk_importer.files.small_files import reason_unwritten
from bulk_importer.levels import Level
from bulk_importer.observe.markup import is_document
from bulk_importer.observe.report import Chapter, report_page

__all__ = ["REPORT", "refuse_unusable", "try_to_write", "write_report"]

REPORT = "report.html"
"""The file in a checkpoint folder."""
_HEAD_BYTES = 4096
_MOST_NAMED = 10
_FOREIGN = "there is a file that is no report, which is kept"


def write_report(path: Path, chapters: Sequence[Chapter], *, image_hosts: Sequence[str] = ()) -> None:
    """Replace the file by the report; a reader sees the old one or the new one, whole.

    Args:
        image_hosts: the servers that the page asks for images.

    Raises:
        OSError: it cannot be written; or what is there is no report, and kept.
    """
    if _is_foreign(path):
        raise FileExistsError(errno.EEXIST, _FOREIGN)
    written = report_page(chapters, at=time.time(), version=version("bulk-importer"), image_hosts=image_hosts)
    page = written.encode()
    if path.exists() and not path.is_file():  # a pipe, or the like
        path.write_bytes(page)
    else:
        replace_file(path, page)


def refuse_unusable(path: Path, flag: str, *, made_later: Sequence[Path] = ()) -> None:
    """Say at the beginning what would else be found at the end: that no report can be where `flag` says.

    Args:
        made_later: folders that the command makes, in which it may be.

    Raises:
        UsageError: no file can be there, or one is that is no report.
    """
    if not path.parent.exists() and {path.parent, *path.parents}.intersection(made_later):
        return
    if why := _why_unusable(path):
        raise UsageError(f"No report can be written to {path}: {why}. Name another file with {flag}.")


def _why_unusable(path: Path) -> str:
    if str(path) == "-":
        return "a report is a file"
    if path.is_dir():
        return "it is a folder"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    if _is_foreign(path):
        return _FOREIGN
    written = path if path.exists() and not path.is_file() else path.parent
    return "" if os.access(written, os.W_OK) else "this user may not write there"


def _is_foreign(path: Path) -> bool:
    """Whether there is a file that a person may miss: one that holds something, and is no report."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            begin = file.read(_HEAD_BYTES)
    except OSError:
        return True  # nobody knows what it is
    return bool(begin) and not is_document(begin)


def try_to_write(
    path: Path, chapters: Sequence[Chapter], *, image_hosts: Sequence[str] = (), folders: Sequence[Path] = ()
) -> bool:
    """Write a report that nobody's exit code depends on; where that is not possible it is said in a line.

    Args:
        folders: the checkpoints of which it can be made again.
    """
    try:
        write_report(path, chapters, image_hosts=image_hosts)
    except OSError as error:
        remedy = "--report FILE names another file, --no-report none."
        if folders:
            named = shlex.join(map(str, folders)) if len(folders) <= _MOST_NAMED else "CHECKPOINT..."
            remedy = f"This makes it elsewhere: bulk-importer report {named} --output FILE"
        messages.say(
            f"bulk-importer: There is no report: {path} cannot be written: {reason_unwritten(error)}. {remedy}",
            Level.WARNING,
        )
        return False
    return True
