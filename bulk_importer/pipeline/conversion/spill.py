"""Makes the file of converted entries, or finds the one that an earlier run made."""

from __future__ import annotations

import fcntl
import filecmp
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from bulk_importer.checkpoint.places import CONVERTED
from bulk_importer.errors import CheckpointLocked, CheckpointUnusable
from bulk_importer.files.durable import create_folder, has_name, sync_folder
from bulk_importer.files.small_files import text_of
from bulk_importer.formats.choices import Angle, Annotations, BoxEnds, Choices, Confidence, Holes
from bulk_importer.formats.converting import Terms, entries_of
from bulk_importer.formats.members import lines_of
from bulk_importer.formats.model import Left
from bulk_importer.formats.writing.account import Account
from bulk_importer.formats.writing.class_map import ClassMap, read_class_map
from bulk_importer.machine.cpu_quota import usable_cores
from bulk_importer.media.images.address import is_address
from bulk_importer.media.names.homonyms import HomonymWriter
from bulk_importer.pipeline.conversion.asking import SizesAsked
from bulk_importer.pipeline.conversion.choosing import Chosen
from bulk_importer.pipeline.conversion.crew import Crew
from bulk_importer.pipeline.conversion.recipe import (
    Recipe,
    content_of,
    read_recipe,
    write_recipe,
)

if TYPE_CHECKING:
    from bulk_importer.formats.model import Picture
    from bulk_importer.formats.sharing import Plan
    from bulk_importer.labels.label_config import LabelConfig
    from bulk_importer.settings import Settings
    from bulk_importer.sources.members import OpenMembers

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
        "ellipse_angle",
    ),
    *("images", "media_list"),
)
_STEP = 256
_WORTH_CHILDREN = 32 << 20
"""To start a child takes as long as it takes to convert some MB."""
_FILE_BYTES = 4 << 10
"""What a small file costs beside its bytes, in those of a large one."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A source that is to be converted, with all that decides how.

    Attributes:
        found: called with everything that is left behind or decided.
        passed: called now and then with what is being done, how much of it, out of how much, in which unit, and how
            many entries are made; what it raises ends the conversion.
        names_as_ids: as in `Choices`.
    """

    chosen: Chosen
    settings: Settings
    label_config: LabelConfig | None
    class_map: ClassMap
    found: Callable[[Left], None]
    passed: Callable[[str, int, int, str, int], None]
    names_as_ids: bool = False

    @classmethod
    def of(
        cls,
        chosen: Chosen,
        settings: Settings,
        label_config: LabelConfig | None,
        *,
        found: Callable[[Left], None],
        passed: Callable[[str, int, int, str, int], None],
    ) -> Conversion:
        """Read what the settings name. Raises `UsageError` where that cannot be read. Blocks."""
        class_map = ClassMap() if settings.class_map is None else read_class_map(Path(settings.class_map))
        return cls(chosen, settings, label_config, class_map, found, passed)

    @classmethod
    def again(
        cls,
        chosen: Chosen,
        settings: Settings,
        recipe: Recipe,
        passed: Callable[[str, int, int, str, int], None],
    ) -> Conversion:
        """A conversion that was made before, to be compared with what came of it."""
        return cls(chosen, settings, recipe.label_config, recipe.class_map, lambda _: None, passed)

    def write(
        self, file: BinaryIO, *, as_array: bool = False, named: Callable[[str], None] = lambda _: None
    ) -> Account:
        """Write all entries, one a line, or as an array with one a line; returns the account. Blocks.

        Args:
            named: called with the name of each picture by which its media is to be found.

        Raises:
            BulkImporterError: the source cannot be read, or a choice is needed.
            OSError: the file cannot be written.
        """
        account = Account(self.chosen.form.name, self.found, named)
        before, between, end = (b"[\n", b",\n", b"\n]\n") if as_array else (b"", b"\n", b"\n")
        for text in self._texts(account, between):
            file.write(before)
            file.write(text)  # not both at once: that would copy what is long
            before = between
        file.write(end if before == between else b"[]\n" if as_array else b"")
        return account

    def pictures(self) -> Iterator[Picture | Left]:
        """What the source holds, before it becomes entries. Raises as `write` does."""
        return self.chosen.form.load().read(self.chosen.members, self._choices())

    def recipe(self) -> Recipe:
        """What it is made of. Blocks."""
        return Recipe(
            format=self.chosen.form.name,
            content=content_of(self.chosen.members),
            stamp=self.chosen.members.stamp(),
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
            ellipse_angle=Angle(settings.ellipse_angle),
            sizes=self._sizes(self.chosen.members),
            scratch=self.chosen.scratch,
            passing=lambda phase, done, total: self.passed(phase, done, total, "bytes", 0),
        )

    def _texts(self, account: Account, between: bytes) -> Iterator[bytes]:
        """The texts of entries, several at a time with what is between them; none of them is empty."""
        chosen, choices = self.chosen, self._choices()
        here = Terms(chosen.members, choices, self.label_config, self.class_map, between)
        members = chosen.members.elsewhere()
        abroad = (
            here
            if members is None
            else replace(here, members=members, choices=self._abroad(choices, members))
        )
        width = 0 if members is None else self._width()
        with Crew(here, abroad, width) as crew:
            spread = crew.spread if width else None
            plans = chosen.form.plans(chosen.members, msgspec.structs.replace(choices, spread=spread))
            if plans is None:
                entries = entries_of(chosen.members, chosen.form, choices, here.writer(account), account)
                yield from map(msgspec.json.Encoder().encode, self._counted(entries))
                return
            for plan in plans:
                if isinstance(plan, Left):
                    account.leave(plan)
                else:
                    yield from self._of_plan(plan, crew, account)

    def _of_plan(self, plan: Plan, crew: Crew, account: Account) -> Iterator[bytes]:
        done, noted = 0, set[str]()
        for each in crew.batches(plan):
            if isinstance(each, Left):
                account.leave(each)
                continue
            for left in each.left:
                account.leave(left)
            account.add(each.tally)
            noted |= each.noted
            for name in each.named:
                account.named(name)
            done += each.weight
            self.passed("converting", done, plan.weight, plan.unit, account.entries)
            if each.text:
                yield each.text
        plan.finish(noted)
        if done != plan.weight:  # what stands between the elements of a file is in no share
            self.passed("converting", plan.weight, plan.weight, plan.unit, account.entries)

    def _abroad(self, choices: Choices, members: OpenMembers) -> Choices:
        """The choices for another process, where nothing is planned any more."""
        bare = Choices()
        return msgspec.structs.replace(
            choices, sizes=self._sizes(members), scratch=bare.scratch, passing=bare.passing
        )

    def _width(self) -> int:
        """How many children convert."""
        members = self.chosen.members
        files = len(members.paths) * _FILE_BYTES
        if files < _WORTH_CHILDREN and files + members.size < _WORTH_CHILDREN:
            return 0
        if self.settings.workers is not None:
            return self.settings.workers
        cores = usable_cores()
        return cores if cores > 1 else 0

    def _sizes(self, members: OpenMembers) -> SizesAsked:
        images = self.settings.images
        folder = None if images is None or is_address(images) else Path(images)
        return SizesAsked(members, folder, _path(self.settings.media_list))

    def _counted(self, entries: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        members = self.chosen.members
        size = members.size
        for count, entry in enumerate(entries):
            if count % _STEP == 0:
                self.passed("converting", members.taken, size, "bytes", count)
            yield entry


def _path(given: str | None) -> Path | None:
    return Path(given) if given else None


def _names_in(path: str | None, what: str) -> tuple[str, ...] | None:
    """The names in a file by their numbers: a line for each from 0 on, which is empty where a number has none."""
    return None if path is None else tuple(map(str.strip, lines_of(text_of(path, what).rstrip())))


def converted_into(folder: Path, conversion: Conversion) -> tuple[Path, Recipe]:
    """The file of entries in a checkpoint folder, made or found, with the recipe and its account. Blocks.

    Where somebody has touched the source since, it is made once more, to see whether it is the same.

    Raises:
        CheckpointMismatch: another conversion was begun there.
        CheckpointUnusable: the folder cannot be written.
        BulkImporterError: as `Conversion.write` does.
    """
    path, beside = folder / CONVERTED, folder / f"{CONVERTED}.new"
    wanted, known = conversion.recipe(), read_recipe(folder)
    if known is not None:
        known.require_same(wanted, folder)
        if known.books is not None and path.exists() and known.stamp == wanted.stamp:
            return path, known
        # The label configuration as it was: entries that are made again must be those that were made before.
        wanted = msgspec.structs.replace(wanted, label_config=known.label_config)
        conversion = replace(conversion, label_config=known.label_config)
    try:
        create_folder(folder)
        with _alone(beside) as file, closing(HomonymWriter(lambda: conversion.chosen.scratch(0))) as names:
            account = conversion.write(file, named=names.add)
            file.flush()
            os.fsync(file.fileno())
            if known is not None and path.exists() and not filecmp.cmp(path, beside, shallow=False):
                # The files were touched, and what comes of them is another thing than what is being sent.
                raise Recipe.mismatch("what is in the source", folder)
            recipe = msgspec.structs.replace(wanted, books=account.books())
            names.write(folder)
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
            is_ours = has_name(file.fileno(), path)  # else it is what another process has converted by now
        except BlockingIOError:
            is_ours = False
        if not is_ours:
            raise CheckpointLocked(str(path.parent), "a conversion in another process")
        try:
            file.truncate(0)
            yield file
        finally:
            with suppress(OSError):
                if has_name(file.fileno(), path):
                    path.unlink()


def remove_spill(folder: Path) -> None:
    """Delete the file of entries, which nobody needs when all of them are settled."""
    with suppress(OSError):
        (folder / CONVERTED).unlink(missing_ok=True)
