"""Makes the file of converted entries, or finds the one that an earlier run made."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from bulk_importer.checkpoint.places import CONVERTED
from bulk_importer.errors import CheckpointLocked, CheckpointUnusable
from bulk_importer.files.durable import create_folder, sync_folder
from bulk_importer.files.small_files import text_of
from bulk_importer.formats.choices import Annotations, BoxEnds, Choices, Confidence, Holes
from bulk_importer.formats.converting import entries_of
from bulk_importer.formats.writing.account import Account
from bulk_importer.formats.writing.class_map import ClassMap, read_class_map
from bulk_importer.formats.writing.places import places_of
from bulk_importer.formats.writing.writer import EntryWriter
from bulk_importer.pipeline.conversion.choosing import Chosen
from bulk_importer.pipeline.conversion.recipe import Recipe, content_of, read_recipe, write_recipe
from bulk_importer.pipeline.conversion.sizes import sizes_in

if TYPE_CHECKING:
    from bulk_importer.formats.model import Left, Picture
    from bulk_importer.labels.label_config import LabelConfig
    from bulk_importer.settings import Settings

__all__ = ["Conversion", "converted_into", "remove_spill"]


_MEANT = (
    *(
        "holes",
        "clip",
        "annotations",
        "voc_origin",
        "box_ends",
        "keep_data",
        "class_names",
        "keypoint_names",
        "class_attribute",
        "confidence",
    ),
    "images",
)
_STEP = 256


@dataclass(frozen=True, slots=True)
class Conversion:
    """A source that is to be converted, with all that decides how.

    Attributes:
        found: called with everything that is left behind or decided.
        passed: called now and then with bytes read, bytes in all, and entries made; what it raises ends the conversion.
        names_as_ids: as in `Choices`.
    """

    chosen: Chosen
    settings: Settings
    label_config: LabelConfig | None
    class_map: ClassMap
    found: Callable[[Left], None]
    passed: Callable[[int, int, int], None]
    names_as_ids: bool = False

    @classmethod
    def of(
        cls,
        chosen: Chosen,
        settings: Settings,
        label_config: LabelConfig | None,
        *,
        found: Callable[[Left], None],
        passed: Callable[[int, int, int], None],
    ) -> Conversion:
        """Read what the settings name. Raises `UsageError` where that cannot be read. Blocks."""
        class_map = ClassMap() if settings.class_map is None else read_class_map(Path(settings.class_map))
        return cls(chosen, settings, label_config, class_map, found, passed)

    @classmethod
    def again(
        cls, chosen: Chosen, settings: Settings, recipe: Recipe, passed: Callable[[int, int, int], None]
    ) -> Conversion:
        """A conversion that was made before, to be compared with what came of it."""
        return cls(chosen, settings, recipe.label_config, recipe.class_map, lambda _: None, passed)

    def write(self, file: BinaryIO, *, as_array: bool = False) -> Account:
        """Write all entries, one a line, or as an array with one a line; returns the account. Blocks.

        Raises:
            BulkImporterError: the source cannot be read, or a choice is needed.
            OSError: the file cannot be written.
        """
        account = Account(self.chosen.form.name, self.found)
        choices = self._choices()
        writer = EntryWriter(places_of(self.label_config), self.class_map, choices, account)
        entries = entries_of(self.chosen.members, self.chosen.form, choices, writer, account)
        encode = msgspec.json.Encoder().encode
        lines = map(encode, self._counted(entries))
        if not as_array:
            file.writelines(line + b"\n" for line in lines)
            return account
        before = b"[\n"
        for line in lines:
            file.write(before + line)
            before = b",\n"
        file.write(b"\n]\n" if before == b",\n" else b"[]\n")
        return account

    def pictures(self) -> Iterator[Picture | Left]:
        """What the source holds, before it becomes entries. Raises as `write` does."""
        return self.chosen.form.load().read(self.chosen.members, self._choices())

    def recipe(self) -> Recipe:
        """What it is made of. Blocks."""
        return Recipe(
            format=self.chosen.form.name,
            content=content_of(self.chosen.members),
            choices={name: getattr(self.settings, name) for name in _MEANT},
            class_map=self.class_map,
            label_config=self.label_config,
        )

    def _choices(self) -> Choices:
        settings = self.settings
        return Choices(
            holes=Holes(settings.holes),
            clip=settings.clip,
            annotations=Annotations(settings.annotations),
            voc_origin=settings.voc_origin,
            box_ends=BoxEnds(settings.box_ends),
            keep_data=settings.keep_data,
            names_as_ids=self.names_as_ids,
            class_names=_names_in(settings.class_names, "The list of class names"),
            keypoint_names=_names_in(settings.keypoint_names, "The list of keypoint names"),
            class_attribute=settings.class_attribute,
            confidence=Confidence(settings.confidence),
            sizes=sizes_in(self.chosen.members, Path(settings.images) if settings.images else None),
            scratch=self.chosen.scratch,
        )

    def _counted(self, entries: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        members = self.chosen.members
        for count, entry in enumerate(entries):
            if count % _STEP == 0:
                self.passed(members.taken, members.size, count)
            yield entry


def _names_in(path: str | None, what: str) -> tuple[str, ...] | None:
    """The names in a file by their numbers: a line for each from 0 on, which is empty where a number has none."""
    return None if path is None else tuple(map(str.strip, text_of(path, what).rstrip().splitlines()))


def converted_into(folder: Path, conversion: Conversion) -> tuple[Path, Recipe]:
    """The file of entries in a checkpoint folder, made or found, with the recipe and its account. Blocks.

    Raises:
        CheckpointMismatch: another conversion was begun there.
        CheckpointUnusable: the folder cannot be written.
        BulkImporterError: as `Conversion.write` does.
    """
    path, beside = folder / CONVERTED, folder / f"{CONVERTED}.new"
    wanted, known = conversion.recipe(), read_recipe(folder)
    if known is not None:
        known.require_same(wanted, folder)
        if known.books is not None and path.exists():
            return path, known
        # The label configuration as it was: entries that are made again must be those that were made before.
        wanted = msgspec.structs.replace(wanted, label_config=known.label_config)
        conversion = replace(conversion, label_config=known.label_config)
    try:
        create_folder(folder)
        with _alone(beside) as file:
            account = conversion.write(file)
            file.flush()
            os.fsync(file.fileno())
            recipe = msgspec.structs.replace(wanted, books=account.books())
            write_recipe(folder, recipe)
            beside.replace(path)
        sync_folder(folder)
    except OSError as error:
        raise CheckpointUnusable.by(path, error, what="the converted entries cannot be written") from error
    return path, recipe


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """A new file that no other process writes at the same time; it is deleted where it is not renamed in time.

    Raises:
        CheckpointLocked: another process writes it.
        OSError: it cannot be written.
    """
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CheckpointLocked(str(path.parent), "a conversion in another process") from None
        try:
            file.truncate(0)
            yield file
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def remove_spill(folder: Path) -> None:
    """Delete the file of entries, which nobody needs when all of them are settled."""
    with suppress(OSError):
        (folder / CONVERTED).unlink(missing_ok=True)
