"""Makes of the labels of one project what another project can take, media by media. Pure.

The entries of a media (see `backups.making.entries`) come out as entries that name their media by file name, with the
classes, classifications and options that a class map gives them. A label that the other project cannot hold is left
behind, by itself: it never costs the media its other labels. Nothing else is changed; coordinates stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from xxhash import xxh3_64_intdigest

from bulk_importer.backups.making.entries import MadeEntry
from bulk_importer.backups.making.lost import Lost, LostKind
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.migration.moving.fitting import Fitting, by_lane
from bulk_importer.migration.moving.mapped import LeftBehind, Mapped

__all__ = ["EntryMapper", "name_key"]


class EntryMapper:
    """Maps the entries of one project to those of another.

    Args:
        names: what a class, a classification or an option is called there.
        there: the label configuration that the labels have to fit.
        repeated: `name_key` of names that several media have where the labels come from: any may be meant.
        states: of the tasks whose labels come along; None for all.
    """

    def __init__(
        self,
        names: ClassMap,
        there: LabelConfig,
        repeated: Collection[int] = (),
        states: Collection[str] | None = None,
    ) -> None:
        self._names = names
        self._roots = by_lane(there.roots)
        self._repeated = frozenset(repeated)
        self._states = None if states is None else frozenset(states)

    def map(self, entries: Sequence[MadeEntry]) -> Mapped:
        """Map the entries of one media, which are in the order in which they must be sent.

        Of a media that holds no label, of which none is carried, or whose task is in another state, nothing comes:
        what is there stays.
        """
        first = entries[0]
        mapped = Mapped(first.internal_media_ID, first.external_media_ID or "", first.backup.state)
        mapped.is_wanted = self._states is None or mapped.state in self._states
        if not mapped.is_wanted:
            return mapped
        if not any(entry.labels or entry.global_classifications or entry.backup.lost for entry in entries):
            return mapped
        for lost in first.backup.lost:
            _take_lost(first, lost, mapped)
        unnamed = self.why_unnamed(first.external_media_ID)
        owners: dict[str, str] = {}
        for entry in entries:
            Fitting(entry, self._names, mapped, unnamed, owners).run(self._roots)
        if not any(line.carried for line in mapped.lines):
            mapped.lines.clear()  # else what is there would be deleted, and nothing put in its place
        return mapped

    def why_unnamed(self, name: str | None) -> str:
        """Why no media there can be found by this name; empty where one can."""
        if not name:
            return "its media has no name"
        return (
            "several media have its name, or mean the same one there"
            if name_key(name) in self._repeated
            else ""
        )


def name_key(name: str) -> int:
    """By which a name is known again among those that several media have."""
    return xxh3_64_intdigest(name.encode("utf-8", "surrogatepass"))


def _take_lost(first: MadeEntry, lost: Lost, mapped: Mapped) -> None:
    """Take note of what no entry can say of a label."""
    key = lost.held.entry_key_lc_entry
    if lost.kind.is_in_entry:
        why = "valid there, and not here" if lost.kind is LostKind.VALIDITY else "its comment stays behind"
    else:
        why = f"no import can write it ({lost.kind.value}{f': {lost.why}' if lost.why else ''})"
    each = LeftBehind(first.internal_media_ID, first.external_media_ID, lost.pointer, key, why)
    if lost.kind.is_in_entry:
        mapped.altered.append(each)
    else:
        mapped.read[key] += 1
        mapped.left.append(each)
