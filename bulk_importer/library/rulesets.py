"""Gathers what entries are held against where there is no checkpoint: for a check, and before several imports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.errors import CheckpointUnusable, UsageError
from bulk_importer.settings import LabelConfigFrom, Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.reads.catalog import Catalog, Project
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.events import Observer
    from bulk_importer.labels.label_config import LabelConfig
    from bulk_importer.pipeline.ruleset import RuleSet

__all__ = ["ruleset_for", "scratch_folder"]


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
    settings: Settings,
    token: Token,
    folder: Path,
    observer: Observer,
    *,
    keep_warnings: bool = False,
    sibling: Path | None = None,
) -> RuleSet:
    """What entries are held against; the server is asked where one is named, and only for what is needed.

    Args:
        folder: where the index of the media is kept.
        observer: told where the server does not answer, and how far long lists are.
        keep_warnings, sibling: as `ruleset_of` takes them.

    Raises:
        BulkImporterError: as `ruleset_of`, `label_config_of` and `target_project` do.
    """
    from bulk_importer.pipeline.ruleset import asks_for_media, label_config_of, ruleset_of, target_project

    async def gathered(
        config: LabelConfig | None, catalog: Catalog | None, project: Project | None
    ) -> RuleSet:
        return await ruleset_of(
            settings,
            config,
            folder,
            catalog=catalog,
            project=project,
            keep_warnings=keep_warnings,
            sibling=sibling,
        )

    wants_media = asks_for_media(settings)
    if settings.server and settings.label_config == LabelConfigFrom.SERVER and not settings.project:
        raise UsageError(
            "Say whose label configuration: --project ID_OR_NAME, or --label-config FILE, or --label-config none."
        )
    if not (
        settings.server
        and settings.project
        and (settings.label_config == LabelConfigFrom.SERVER or wants_media)
    ):
        return await gathered(await label_config_of(settings, None, None), None, None)
    from bulk_importer.datagym.reads.opening import opened_catalog

    async with opened_catalog(settings, token, observer) as catalog:
        project = await target_project(settings, catalog)
        config = await label_config_of(settings, catalog, project)
        return await gathered(config, catalog, project)
