"""Gathers what entries are checked against where there is no checkpoint: for a check, and before several imports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.errors import CheckpointUnusable, UsageError
from bulk_importer.settings import LabelConfigFrom, Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.events import Observer
    from bulk_importer.pipeline.ruleset import RuleSet, Target

__all__ = ["ruleset_for", "scratch_folder"]


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder, deleted at the end. What is wrong with any other folder meanwhile is raised as it is.

    Raises:
        UsageError: no such folder can be made, or it cannot be used.
    """
    import tempfile

    try:
        folder = tempfile.TemporaryDirectory(prefix="bulk-importer-", ignore_cleanup_errors=True)
    except OSError as error:
        raise UsageError(f"No temporary folder can be made: {error.strerror}. Set TMPDIR to one.") from error
    with folder as path:
        try:
            yield Path(path)
        except CheckpointUnusable as error:
            if not Path(error.path).is_relative_to(path):
                raise
            raise UsageError(
                f"The temporary folder {path} cannot be used: {error.reason}. Make room there, or set TMPDIR to "
                "another one."
            ) from error


async def ruleset_for(
    settings: Settings, token: Token, folder: Path, observer: Observer, *, sibling: Path | None = None
) -> RuleSet:
    """Gather what entries are checked against; ask the server where one is named, only for what is needed.

    Args:
        folder: where the index of the media is kept.
        observer: receives events: that the server does not answer, and how far long lists are.
        sibling: as `ruleset_of` takes it.

    Raises:
        BulkImporterError: as `ruleset_of`, `label_config_of` and `find_target` do.
    """
    from bulk_importer.pipeline.ruleset import asks_for_media, find_target, label_config_of, ruleset_of

    async def ruleset_at(target: Target | None) -> RuleSet:
        config = await label_config_of(settings, target)
        return await ruleset_of(settings, config, folder, target, sibling=sibling)

    is_of_server = settings.label_config == LabelConfigFrom.SERVER
    if settings.server and is_of_server and not settings.project:
        raise UsageError(
            "Say whose label configuration: --project ID_OR_NAME, or --label-config FILE, or --label-config none."
        )
    if not (settings.server and settings.project and (is_of_server or asks_for_media(settings))):
        return await ruleset_at(None)
    from bulk_importer.datagym.reads.opening import opened_catalog

    async with opened_catalog(settings, token, observer) as catalog:
        return await ruleset_at(await find_target(settings, catalog))
