"""An import in this process, of a file that the test has written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.events import Event
from bulk_importer.pipeline import Announcement, Caller, ImportSpec, import_source
from bulk_importer.settings import Settings
from bulk_importer.sources import open_source
from bulk_importer.summary import Summary
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["RunImport", "import_file"]


class RunImport(Protocol):
    """Imports a text, or an array of entries; `settings` are those that differ from the fixture's."""

    async def __call__(
        self,
        entries: list[Any] | str,
        *,
        token: str | None = None,
        announce: Callable[[Announcement], None] = ...,
        **settings: Any,
    ) -> Summary: ...


async def import_file(
    path: Path,
    settings: Settings,
    *,
    checkpoint: Path | None = None,
    token: str | None = None,
    stop: StopSwitch | None = None,
    observe: Callable[[Event], None] | None = None,
    announce: Callable[[Announcement], None] = lambda _: None,
    steering: Steering | None = None,
) -> Summary:
    """Import a file into the checkpoint beside it, unless another folder is named."""
    source = await open_source(str(path))
    try:
        spec = ImportSpec(source, settings, checkpoint or Path(f"{path}.checkpoint"))
        observers = [observe] if observe else []
        caller = Caller(Token(token), stop or StopSwitch(), observers, announce, steering=steering)
        return await import_source(spec, caller)
    finally:
        await source.aclose()
