"""Gathers what the entries of a run are checked against: the label configuration and the media of the project.

Both are read once, before the first entry. The index of the media is made when a checkpoint is begun, and kept in its
folder: a resume must not take its own uploads for those of somebody else.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from bulk_importer.datagym.reads.project_names import id_in
from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import opened
from bulk_importer.intake.validation.naming import NamedRules
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.labels.findings import severities
from bulk_importer.labels.label_config import LabelConfig, read_label_config
from bulk_importer.media.build_index import index_media
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.labelled import LabelledMedia
from bulk_importer.media.names.contested import find_contested
from bulk_importer.media.names.index import NameIndex
from bulk_importer.media.names.making import index_names
from bulk_importer.media.rules import MediaRules
from bulk_importer.readable import counted
from bulk_importer.settings import LabelConfigFrom, MediaBy, Settings

if TYPE_CHECKING:
    from bulk_importer.checkpoint import CheckpointState
    from bulk_importer.datagym.reads.catalog import Catalog, Project

__all__ = [
    "RuleSet",
    "Target",
    "asks_for_media",
    "find_target",
    "label_config_of",
    "require_known_codes",
    "ruleset_of",
]

_HEAD_BYTES = 8 << 20
_LARGEST_CONFIG_BYTES = 64 << 20


class RuleSet(msgspec.Struct, frozen=True):
    """What entries are checked against, for the judges and in words.

    Attributes:
        rules: for the judges.
        checked, unchecked: what the rules look at and what not, for people, a phrase each.
        media: how many media of the project can be imported; None where they are not looked at.
        knows_labels: it is known which of them hold labels.
        server, project, project_name: what was asked; empty where no server was.
    """

    rules: Rules
    checked: tuple[str, ...] = ("the import schema",)
    unchecked: tuple[str, ...] = ()
    media: int | None = None
    knows_labels: bool = False
    server: str = ""
    project: str = ""
    project_name: str = ""

    def labelled(self) -> LabelledMedia | None:
        """The media whose labels entries may delete; None where it is not known which hold labels. Blocks.

        Raises:
            CheckpointUnusable: the index of the media cannot be read.
        """
        rules = self.rules
        if not self.knows_labels or rules.media_index is None:
            return None
        return LabelledMedia(MediaIndex(rules.media_index), rules.media_rules, rules.severities())

    def for_source_in(self, folder: Path) -> RuleSet:
        """The same for the source that was converted in a folder, whose pictures may mean one media. Blocks.

        Raises:
            CheckpointUnusable: what they mean cannot be read or kept.
        """
        rules = self.rules
        if isinstance(rules, NamedRules) and find_contested(folder, NameIndex(rules.names)):
            return structs.replace(self, rules=structs.replace(rules, contested=str(folder)))
        return self


class Target(msgspec.Struct, frozen=True):
    """A project, and the catalog of the server that it is on."""

    catalog: Catalog
    project: Project


def asks_for_media(settings: Settings) -> bool:
    """Whether the server has to list media: those of the project, or those of a dataset for their names."""
    if settings.media_by == MediaBy.NAME and settings.dataset is not None:
        return True
    return settings.media_list is None and (settings.check_media or settings.media_by == MediaBy.NAME)


async def find_target(settings: Settings, catalog: Catalog) -> Target:
    """Find the project that the settings name. It is not looked up where nothing else is asked of the server.

    With `--server-moved` it is always looked up: the id of the project proves that the server is the recorded one.

    Raises:
        UsageError: it holds videos, or is not looked up and no id is given.
        ServerError: as `Catalog.find_project` does.
    """
    wanted = settings.project or ""
    needs_list = settings.check_media or settings.media_by == MediaBy.NAME
    is_asked = settings.label_config == LabelConfigFrom.SERVER or asks_for_media(settings)
    if not (is_asked or settings.server_moved):
        known_id = id_in(wanted)
        if known_id is not None:
            from bulk_importer.datagym.reads.catalog import Project

            return Target(catalog, Project(known_id, known_id, "IMAGE"))
        if settings.label_config == LabelConfigFrom.NONE and not needs_list:
            raise UsageError(
                f"--project {wanted!r} is no id, and with --label-config none --no-check-media nothing is looked up. "
                f"Give the id of the project; 'bulk-importer projects --server {settings.server}' lists the ids."
            )
    project = await catalog.find_project(wanted)
    if project.media_type == "VIDEO":
        raise UsageError(
            f"The project {project.name!r} ({project.id}) holds videos. The server takes labels for them and shows "
            "them nowhere, so nothing is sent. Give a project of images."
        )
    return Target(catalog, project)


def require_known_codes(settings: Settings) -> None:
    """Raise `UsageError` where a finding that is to be allowed or denied does not exist, or cannot be allowed."""
    severities(strict=settings.strict, allow=settings.allow, deny=settings.deny)


async def label_config_of(settings: Settings, target: Target | None) -> LabelConfig | None:
    """The label configuration that entries are checked against; None where there is none.

    Args:
        target: None where no server is asked.

    Raises:
        UsageError: the file cannot be read, or is no label configuration.
        ServerError: the server cannot be asked.
    """
    if settings.label_config == LabelConfigFrom.NONE:
        return None
    if settings.label_config != LabelConfigFrom.SERVER:
        return await asyncio.to_thread(_config_in, Path(settings.label_config))
    if target is None:
        return None
    document = await target.catalog.label_config(target.project)
    return read_label_config(
        document, source=f"The label configuration of the project {target.project.name!r}"
    )


async def ruleset_of(
    settings: Settings,
    config: LabelConfig | None,
    folder: Path,
    target: Target | None,
    *,
    state: CheckpointState | None = None,
    sibling: Path | None = None,
) -> RuleSet:
    """Put together what entries are checked against.

    Args:
        folder: where the index of the media is kept; one that is there already is used, unless a person gives another
            list of media or map of names.
        target: None where no server is asked.
        state: what is on record of the import; None where nothing is, so that no upload can be its own.
        sibling: folder of the checkpoint whose source was imported just before by the same command.

    Raises:
        UsageError: the list of media cannot be read, or what `index_names` and `require_known_codes` say.
        CheckpointUnusable: the index cannot be kept.
        ServerError: the server cannot be asked.
    """
    require_known_codes(settings)
    catalog, project = (None, None) if target is None else (target.catalog, target.project)
    is_in_doubt = state is not None and bool(state.taken)
    is_begun = is_in_doubt or (state is not None and bool(state.delivered))
    media = await index_media(settings, folder, catalog, project, is_begun=is_begun, sibling=sibling)
    rules = Rules(
        label_config=config,
        media_index=media.path,
        media_rules=MediaRules(
            replace_finished=settings.replace_finished, onto_uploaded=settings.onto_uploaded
        ),
        strict=settings.strict,
        allow=frozenset(settings.allow),
        deny=frozenset(settings.deny),
        max_depth=settings.max_depth,
    )
    names = await index_names(settings, folder, catalog, project, is_in_doubt=is_in_doubt)
    if names is not None:
        rules = NamedRules.of(rules, names)
    checked, unchecked = _schema_phrases(settings, config)
    ruleset = RuleSet(
        rules,
        (*checked, *media.checked),
        (*unchecked, *media.unchecked),
        media.importable,
        media.knows_labels,
        *(("", "", "") if project is None else (settings.server or "", project.id, project.name)),
    )
    return await asyncio.to_thread(ruleset.for_source_in, folder)


def _schema_phrases(settings: Settings, config: LabelConfig | None) -> tuple[list[str], tuple[str, ...]]:
    """Say for people what the schema and the label configuration check, and what they do not."""
    checked = ["the import schema"]
    if config is None:
        return checked, ("classes, types and options: no label configuration is given",)
    count = sum(1 for _ in config.all_classes())
    origin = (
        "of the project" if settings.label_config == LabelConfigFrom.SERVER else f"in {settings.label_config}"
    )
    return [*checked, f"the label configuration {origin} ({counted(count, 'class')})"], config.unchecked()


def _config_in(path: Path) -> LabelConfig:
    """The label configuration in a file; of an export, which may be large, only the head is read."""
    source = f"The label configuration {path}"
    with opened(path, "The label configuration") as file:
        content = file.read(_HEAD_BYTES)
        head = _first_element(content)
        if isinstance(head, dict) and "label_classes" in head:
            return read_label_config([head], source=source)
        content += file.read(_LARGEST_CONFIG_BYTES + 1 - len(content))
    if len(content) > _LARGEST_CONFIG_BYTES:
        raise UsageError(
            f"{source} is too large to be one, and no export: it does not begin with label_classes."
        )
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{source} is not JSON: {error}.") from error
    return read_label_config(document, source=source)


def _first_element(content: bytes) -> object:
    """The first element of the array that a file begins with; None where it holds none."""
    import ijson

    try:
        return next(iter(ijson.items(content, "item", use_float=True)), None)
    except ijson.JSONError:
        return None  # said better when all of it is decoded
