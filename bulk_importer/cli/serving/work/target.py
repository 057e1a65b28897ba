"""Finds the project that uploads go to before the first one is checked, so that what is wrong is said at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from bulk_importer.errors import BulkImporterError, ServerUnavailable

if TYPE_CHECKING:
    from bulk_importer.settings import Settings

__all__ = ["TargetProject"]

_SECONDS_BETWEEN = 30.0


class TargetProject:
    """The project on its server.

    Args:
        tell: says something where the program runs.

    Attributes:
        missed: why uploads cannot be checked at present, for people; empty where they can.
    """

    def __init__(self, settings: Settings, tell: Callable[[str], object]) -> None:
        self._settings = settings
        self._tell = tell
        self.missed = ""  # changed by `find` alone

    async def find(self) -> None:
        """Look for it; a server that does not answer is said, and waited for by `watch`.

        Raises:
            BulkImporterError: as an import would: the project is not there, or nobody may see it.
        """
        from bulk_importer.datagym.reads.opening import opened_catalog
        from bulk_importer.datagym.wire.api_token import Token
        from bulk_importer.pipeline.ruleset import find_target

        try:
            async with opened_catalog(
                self._settings, Token.find(self._settings.token_file), _unheard
            ) as catalog:
                await find_target(self._settings, catalog)
        except ServerUnavailable as error:
            if not self.missed:
                self._tell(f"{error} Uploads are taken meanwhile; they can be checked when it answers.")
            self.missed = str(error)
        else:
            if self.missed:
                self._tell("The server answers.")
            self.missed = ""

    async def watch(self) -> None:
        """Look for it again and again where the server did not answer, until it does."""
        while self.missed:
            await asyncio.sleep(_SECONDS_BETWEEN)
            try:
                await self.find()
            except BulkImporterError as error:
                if self.missed != str(error):
                    self._tell(str(error))
                self.missed = str(error)


def _unheard(_: object) -> None:
    """Look-ups are short."""
