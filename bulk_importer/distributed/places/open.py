"""Opens the place of a plan that the user named."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.errors import UsageError

__all__ = ["open_place"]


def open_place(spec: str) -> Place:
    """The place that `spec` names: a folder. Nothing is asked of it, and nothing need be there yet.

    Raises:
        UsageError: it is something else.
    """
    scheme, found, _ = spec.partition("://")
    if not found:
        return FolderPlace(Path(spec))
    raise UsageError(f"{scheme}:// is not known. A plan lies in a folder.")
