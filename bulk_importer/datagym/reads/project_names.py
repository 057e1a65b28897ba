"""Which project or dataset is meant by what a person wrote: an id, a name that only one has, or the URL of its page.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from bulk_importer.errors import BulkImporterError, ProjectNotFound
from bulk_importer.labels.entry import nearest

__all__ = ["AmbiguousProject", "Named", "id_in", "listed", "meant_by"]

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_MOST_LISTED = 10


class Named(Protocol):
    """A thing on the server that has an id and a name; the name need not be unique."""

    @property
    def id(self) -> str:
        """The id, unique on the server."""

    @property
    def name(self) -> str:
        """The name that people see."""


_N = TypeVar("_N", bound=Named)


class AmbiguousProject(ProjectNotFound):
    """Several projects have the name."""

    def __init__(self, server: str, project: str, candidates: Iterable[str]) -> None:
        self.server = server
        self.project = project
        BulkImporterError.__init__(
            self,
            f"{server} has several projects of the name {project!r}: {', '.join(candidates)}. "
            "Give --project the id of the one that is meant.",
        )


def meant_by(wanted: str, known: Sequence[_N]) -> list[_N]:
    """Those of `known` that `wanted` may mean: by id, else by the URL of a page, else by name."""
    by_id = [each for each in known if each.id == wanted]
    if by_id:
        return by_id
    inside = id_in(wanted) if "://" in wanted else None
    if inside is not None:
        return [each for each in known if each.id.lower() == inside.lower()]
    return [each for each in known if each.name == wanted]


def id_in(wanted: str) -> str | None:
    """The id that a text is, or that the path or fragment of a URL names last; None where there is none."""
    if _ID.fullmatch(wanted):
        return wanted
    if "://" not in wanted:
        return None
    parts = urlsplit(wanted)
    found = _ID.findall(f"{parts.path}#{parts.fragment}")
    return found[0] if found else None


def listed(wanted: str, known: Sequence[Named]) -> list[str]:
    """Names for a message: each as `name (id)`, those most like `wanted` first, and how many more there are."""
    near = nearest(wanted, {each.name for each in known})
    ordered = sorted(known, key=lambda each: (each.name != near, each.name))
    shown = [f"{each.name} ({each.id})" for each in ordered[:_MOST_LISTED]]
    return [*shown, f"and {len(known) - _MOST_LISTED} more"] if len(known) > _MOST_LISTED else shown
