"""Sets the label configuration of a project, where a route for that is open to us (protocol 3.8)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from bulk_importer.datagym import routes
from bulk_importer.datagym.answers.server_words import in_words
from bulk_importer.datagym.reads.catalog import Catalog, Project
from bulk_importer.datagym.reads.queries import Queries
from bulk_importer.errors import UsageError

__all__ = ["ConfigChange"]


class ConfigChange:
    """Reads and sets the label configuration of one project."""

    def __init__(self, queries: Queries, catalog: Catalog, project: Project) -> None:
        self._queries = queries
        self._catalog = catalog
        self._project = project

    async def read(self) -> list[dict[str, Any]]:
        """The classes, as the server writes them. Raises as `Catalog.label_config`."""
        return msgspec.convert(await self._catalog.label_config(self._project), list[dict[str, Any]])

    async def put(
        self, entries: Sequence[dict[str, Any]], *, is_first: bool, is_done: Callable[[], Awaitable[bool]]
    ) -> None:
        """Set all of it. States of tasks stay what they are.

        Args:
            is_first: there is none so far.
            is_done: whether it is there by now; asked before the request leaves once more whose answer was lost.

        Raises:
            UsageError: no route is open to us that can do it, or the server refuses it, in words; nothing was changed.
            ServerUnavailable: there was no answer.
        """
        configuration = self._project.label_configuration_id or ""
        answer = await self._queries.ask(routes.label_configuration(configuration))
        is_open = answer.status == 200 and answer.body.lstrip().startswith(b"{")
        if not is_open and not is_first:
            raise UsageError(
                f"By token a label configuration can only be set where there is none, and the project "
                f"{self._project.name!r} has one. Nothing was changed. Add what it lacks in DataGym, in the project's "
                "label configuration; 'bulk-importer label-config --against' lists it."
            )
        path = routes.label_configuration_change(configuration, is_first=not is_open)
        said = await self._queries.change(path, msgspec.json.encode(entries), is_done=is_done)
        if said is not None and not 200 <= said.status < 300:
            raise UsageError(
                f"{self._queries.server} does not take the label configuration: {_words(said.status, said.body)}. "
                "Nothing was changed."
            )


def _words(status: int, body: bytes) -> str:
    try:
        said = json.loads(body)
        return in_words(str(said["key"]), [str(each) for each in said.get("params") or []])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return f"it answers {status}"
