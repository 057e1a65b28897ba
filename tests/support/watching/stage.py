"""Imports in the event loop of a test, watched and steered as the command's are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bulk_importer.cli.watching.watch import Watch, watching
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.pipeline import Caller, ImportSpec, import_source
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from bulk_importer.sources import open_source
from bulk_importer.summary import Summary
from bulk_importer.transfer.stop import StopSwitch
from support.entries import entry

__all__ = ["MEDIA", "SLOW", "Stage"]

MEDIA = 60
SLOW: dict[str, Any] = {
    "workers": 0,
    "max_batch_entries": 1,
    "max_in_flight": 4,
    "max_requests_per_second": 40.0,
}


class Stage:
    """A project in a sandbox, and imports into it in the event loop of the test."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.stop = StopSwitch()

    async def prepared(self, *names: str) -> list[Path]:
        """Sources with an entry for each media; the checkpoints are beside them."""
        media_ids = (await self.sandbox.prepare(name="p", media=MEDIA)).media_ids
        paths = [self.folder / name for name in names]
        for path in paths:
            path.write_text(json.dumps([entry(media_id, keep=True) for media_id in media_ids]))
        return paths

    @asynccontextmanager
    async def watched(self, **settings: Any) -> AsyncIterator[tuple[Watch, Settings]]:
        """What is opened around the runs of a command."""
        ours = Settings(server=self.sandbox.url, project="p", **{**SLOW, **settings})
        async with watching("import", [], ours, self.stop) as watch:
            yield watch, ours

    async def imported(self, sources: Sequence[Path], **settings: Any) -> list[Summary]:
        """Import one after the other, as the command does."""
        async with self.watched(**settings) as (watch, ours):
            return [await self.run(path, watch, ours) for path in sources]

    async def run(self, path: Path, watch: Watch, settings: Settings) -> Summary:
        """Import one, watched."""
        folder = Path(f"{path}.checkpoint")
        source = await open_source(str(path))
        try:
            with watch.run(folder) as observers:
                caller = Caller(Token(None), self.stop, observers, steering=watch.steering)
                return await import_source(ImportSpec(source, settings, folder), caller)
        finally:
            await source.aclose()

    @property
    def uploads(self) -> int:
        """How many came."""
        return sum(
            seen.path.endswith("/prediction") and seen.method == "POST" for seen in self.sandbox.requests
        )

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Return when something is so."""
        async with asyncio.timeout(60):
            while not is_so():
                await asyncio.sleep(0.005)
