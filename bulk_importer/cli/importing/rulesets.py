"""What entries are held against where there is no checkpoint: by a check, and before several sources are imported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli.lookups.shared import opened_catalog
from bulk_importer.errors import CheckpointUnusable, UsageError
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.pipeline.ruleset import RuleSet, Target

__all__ = ["ruleset_for", "scratch_folder"]

_SERVER = "server"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for what is needed meanwhile."""
    import tempfile

    try:
        folder = tempfile.TemporaryDirectory(prefix="bulk-importer-", ignore_cleanup_errors=True)
    except OSError as error:
        raise UsageError(f"No temporary folder can be made: {error.strerror}. Set TMPDIR to one.") from error
    with folder as path:
        try:
            yield Path(path)
        except CheckpointUnusable as error:
            raise UsageError(
                f"The temporary folder {path} cannot be used: {error.reason}. Make room there, or set TMPDIR to "
                "another one."
            ) from error


async def ruleset_for(
    settings: Settings, folder: Path, *, sibling: Path | None = None, observer: Observer | None = None
) -> RuleSet:
    """What entries are held against; the server is asked where one is named, and only for what is needed.

    Args:
        folder: where the index of the media is kept.
        sibling: as `ruleset_of` takes it.
        observer: as `opened_catalog` takes it.

    Raises:
        BulkImporterError: as `ruleset_of`, `label_config_of` and `find_target` do.
    """
    from bulk_importer.pipeline.ruleset import asks_for_media, find_target, label_config_of, ruleset_of

    async def ruleset_at(target: Target | None) -> RuleSet:
        config = await label_config_of(settings, target)
        return await ruleset_of(settings, config, folder, target, sibling=sibling)

    wants_media = asks_for_media(settings)
    if settings.server and settings.label_config == _SERVER and not settings.project:
        raise UsageError(
            "Say whose label configuration: --project ID_OR_NAME, or --label-config FILE, or --label-config none."
        )
    if not (settings.server and settings.project and (settings.label_config == _SERVER or wants_media)):
        return await ruleset_at(None)
    async with opened_catalog(settings, observer) as catalog:
        return await ruleset_at(await find_target(settings, catalog))
