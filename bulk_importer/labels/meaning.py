"""What the server would make of an entry that the import schema accepts: refuse it, lose or distort it, or store it.

Pure. The server answers 200 to most of what is found here and names no entry for the rest, so this is the only
place where it can be learnt. The rules are those of its import code: keys of classes, nested classes and nested
classifications are looked up in the database (case does not count on MariaDB), keys of global and geometry
classifications are compared in memory (case counts); coordinates are read from all geometry keys one after the
other into whatever the class is; validity is checked and only flagged.

Without a label configuration the rules that need none still hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias, cast

from bulk_importer.labels.entry import ENTRY_KEYS, EXPORT_KEYS, EXPORT_MARKS, GEOMETRY_KEYS, lane_of, nearest
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.label_config import CLASSIFICATIONS, ClassType, LabelClass, LabelConfig
from bulk_importer.labels.pointers import shown, step
from bulk_importer.labels.shapes import flaws_of_shapes
from bulk_importer.labels.values import flaws_of_values, is_plain, meant

__all__ = ["Meaning", "flaws_of_keys", "flaws_of_origin"]

Json: TypeAlias = Mapping[str, object]

# How alike an unknown key and a known one must be to be taken for a slip (keepdata, label, global_classification).
_SLIP = 0.8
_NESTED_KEYS = (*GEOMETRY_KEYS, "classifications", "nested_geometries", "image_segmentation")


class Meaning:
    """The rules of one label configuration (or of none), ready to be applied to entries."""

    def __init__(self, config: LabelConfig | None) -> None:
        self._index = _Index(config) if config is not None else None
        self._expected = self._index.expected() if self._index is not None else {}

    def flaws(self, entry: Json) -> Iterator[Flaw]:
        """Everything that is wrong with an entry that the import schema accepts, notes included."""
        yield from flaws_of_keys(entry)
        classifications = cast("Json", entry.get("global_classifications", {}))
        yield from self._classifications(classifications, None, "/global_classifications")
        for key, geometries in cast("Mapping[str, list[Json]]", entry.get("labels", {})).items():
            yield from self._class(key, geometries, None, step("/labels", key), nested=False)

    def _class(
        self, key: str, geometries: list[Json], parent: LabelClass | None, at: str, *, nested: bool
    ) -> Iterator[Flaw]:
        """The geometries under one key of `labels` (parent None) or of `nested_geometries`."""
        label = None
        if self._index is not None:
            label, flaw = self._index.class_at(key, parent, at)
            if flaw is not None:
                yield flaw
            if label is None:
                return
        for place, geometry in enumerate(geometries):
            yield from self._geometry(geometry, label, f"{at}/{place}", nested=nested)

    def _geometry(self, geometry: Json, label: LabelClass | None, at: str, *, nested: bool) -> Iterator[Flaw]:
        if "image_segmentation" in geometry:
            found = shown(geometry["image_segmentation"])
            yield Flaw("image-segmentation", f"{at}/image_segmentation", "no segmentation", found)
        if label is not None and label.type is ClassType.IMAGE_SEGMENTATION:
            if "image_segmentation" not in geometry:
                yield Flaw("class-segmentation", at, "no geometry of this class", shown(geometry))
            return
        if label is not None and label.type in CLASSIFICATIONS:
            found = f"{label.type} {label.key!r}"
            yield Flaw("class-is-classification", at, "a class of geometries", found)
            return
        yield from flaws_of_shapes(geometry, label.type if label else None, at)
        classifications = cast("Json", geometry.get("classifications", {}))
        if classifications or id(label) in self._expected:
            yield from self._classifications(classifications, label, f"{at}/classifications")
        if nested:
            yield from _nested_keys(geometry, at)
        elif "nested_geometries" in geometry:
            yield from self._nested(geometry["nested_geometries"], label, f"{at}/nested_geometries")

    def _nested(self, nested: object, label: LabelClass | None, at: str) -> Iterator[Flaw]:
        if isinstance(nested, dict):
            for key, geometries in nested.items():
                yield from self._class(key, geometries, label, step(at, key), nested=True)
        else:
            code = (
                "nested-geometries-type" if nested is not None and nested != [] else "nested-geometries-empty"
            )
            yield Flaw(code, at, "an object of classes", shown(nested))

    def _classifications(self, given: Json, parent: LabelClass | None, at: str) -> Iterator[Flaw]:
        """The classifications of an entry (parent None) or of a geometry."""
        reached = []
        for key, values in given.items():
            place = step(at, key)
            label = None
            if self._index is not None:
                label, flaw = self._index.classification_at(key, parent, place)
                if flaw is not None:
                    yield flaw
                    continue
                reached.append(key)
            if label is None or not is_plain(cast("list[object]", values), label):
                yield from self._values(cast("list[object]", values), label, place)
            elif id(label) in self._expected:
                yield from self._omitted(label, (), place)
        if id(parent) in self._expected:
            yield from self._omitted(parent, reached, at)

    def _values(self, values: list[object], label: LabelClass | None, at: str) -> Iterator[Flaw]:
        """One classification: its own values, and the nested one in second place."""
        yield from flaws_of_values(values, label, at)
        inner = values[1] if len(values) > 1 else None
        reached = []
        if isinstance(inner, dict):
            place = f"{at}/1"
            if not inner:
                yield Flaw("classification-empty-object", place, "one nested classification", "{}")
                return
            if len(inner) > 1:
                found = f"{len(inner)}: {shown(list(inner))}"
                yield Flaw("classification-several", place, "one nested classification", found)
            key = next(iter(inner))
            child = None
            if self._index is not None and label is not None:
                child, flaw = self._index.nested_classification_at(key, label, step(place, key))
                if flaw is not None:
                    yield flaw
                if child is None:
                    return
                reached.append(child.key)
            yield from self._values(cast("list[object]", inner[key]), child, step(place, key))
        if label is not None and id(label) in self._expected:
            yield from self._omitted(label, reached, at)

    def _omitted(self, parent: LabelClass | None, reached: Collection[str], at: str) -> Iterator[Flaw]:
        """A note for each classification that could stand here and is not given."""
        for each in self._expected.get(id(parent), ()):
            if each.key not in reached:
                code = "required-omitted" if each.required else "classification-omitted"
                yield Flaw(code, at, each.key, "nothing")


class _Place:
    """What may stand at one place of a configuration."""

    def __init__(self, labels: tuple[LabelClass, ...]) -> None:
        self.by_key: dict[str, list[LabelClass]] = {}
        for label in labels:
            # By the form in which the database compares keys, which differs from a key with accents, say.
            self.by_key.setdefault(lane_of(label.key), []).append(label)
        # What is found at once, as nearly all is: keys of one class, as the configuration has them.
        self.only = {found[0].key: found[0] for found in self.by_key.values() if len(found) == 1}
        answers = [each for each in labels if each.type in CLASSIFICATIONS]
        # Where a flat configuration has one key for several, the checklist is the one that lets most pass.
        answers.sort(key=lambda each: each.type is ClassType.CHECKLIST)
        self.classifications = {each.key: each for each in answers}
        self.classes = [each.key for each in labels if each.type not in CLASSIFICATIONS]

    def is_ambiguous(self, key: str) -> bool:
        """Whether more than one class of geometries has this key."""
        return sum(each.type not in CLASSIFICATIONS for each in self.by_key.get(key, ())) > 1


class _Index:
    """Where each class of a configuration stands. A flat configuration lets every class stand everywhere."""

    def __init__(self, config: LabelConfig) -> None:
        self._flat = config.flat
        self._root = _Place(config.roots)
        self._elsewhere = {each.key: (path, each) for path, each in config.all_classes()}
        # By identity: the configuration lives as long as this index, and hashing a tree is not for every look-up.
        self._below = {
            id(each): self._root if config.flat else _Place(each.children) for _, each in config.all_classes()
        }

    def _at(self, parent: LabelClass | None) -> _Place:
        return self._root if parent is None else self._below[id(parent)]

    def class_at(self, key: str, parent: LabelClass | None, at: str) -> tuple[LabelClass | None, Flaw | None]:
        """The class of a key of `labels` or `nested_geometries`; the server asks its database for it."""
        place = self._at(parent)
        if self._flat and place.is_ambiguous(lane_of(key)):
            return None, None
        found, flaw = self._asked_in_database(key, place, at)
        if found is None and flaw is None:
            flaw = self._missing("class-unknown", key, place.classes, at)
        return found, flaw

    def classification_at(
        self, key: str, parent: LabelClass | None, at: str
    ) -> tuple[LabelClass | None, Flaw | None]:
        """The classification of a key; the server compares it letter by letter."""
        place = self._at(parent)
        found = place.classifications.get(key)
        if found is not None:
            return found, None
        return None, self._missing("classification-unknown", key, list(place.classifications), at)

    def nested_classification_at(
        self, key: str, parent: LabelClass, at: str
    ) -> tuple[LabelClass | None, Flaw | None]:
        """The classification below another; the server asks its database for it."""
        place = self._at(parent)
        if self._flat:
            return self.classification_at(key, parent, at)
        found, flaw = self._asked_in_database(key, place, at)
        if found is None and flaw is None:
            flaw = self._missing("classification-unknown", key, list(place.classifications), at)
        return found, flaw

    def expected(self) -> dict[int, tuple[LabelClass, ...]]:
        """The classifications below each class that has any (at the root: below None), by identity.

        A flat configuration expects none.
        """
        if self._flat:
            return {}
        places = {id(None): self._root, **self._below}
        return {
            at: tuple(place.classifications.values()) for at, place in places.items() if place.classifications
        }

    def _asked_in_database(self, key: str, place: _Place, at: str) -> tuple[LabelClass | None, Flaw | None]:
        only = place.only.get(key)
        if only is not None:
            return only, None
        folded = lane_of(key)  # the database compares keys as it compares ids
        found = place.by_key.get(folded)
        if found is None:
            return None, None
        if len(found) > 1 and not self._flat:
            return None, Flaw(
                "class-ambiguous", at, f"one class of the key {folded!r}", f"{len(found)} classes"
            )
        # A flat configuration may use one key for a class here and a classification there.
        chosen = min(found, key=lambda each: each.type in CLASSIFICATIONS)
        flaw = None if key == chosen.key else Flaw("class-case", at, repr(chosen.key), shown(key))
        return chosen, flaw

    def _missing(self, code: str, key: str, known: list[str], at: str) -> Flaw:
        elsewhere = self._elsewhere.get(key)
        if elsewhere is not None and not self._flat:
            above, each = elsewhere
            where = f"below {'/'.join(above)!r}" if above else "at the root"
            return Flaw("class-nested", at, f"{each.type} {key!r} {where}", shown(key))
        return Flaw(code, at, meant(key, known), shown(key))


def flaws_of_origin(keys: Collection[str]) -> Iterator[Flaw]:
    """Whether an entry with these keys was written by the server's own export."""
    if EXPORT_MARKS.issubset(keys):
        yield Flaw("exported-entry", "", "an entry that was made for this project", "one of an export")


def flaws_of_keys(keys: Iterable[str]) -> Iterator[Flaw]:
    """The keys of an entry that the server does not read; of those of an export only what they say together."""
    keys = list(keys)
    yield from flaws_of_origin(keys)
    for key in keys:
        if key in ENTRY_KEYS or key in EXPORT_KEYS:
            continue
        near = nearest(key, ENTRY_KEYS, likeness=_SLIP)
        if near is None:
            yield Flaw("key-unknown", step("", key), f"only {', '.join(ENTRY_KEYS)}", shown(key))
        else:
            yield Flaw("key-near-known", step("", key), repr(near), shown(key))


def _nested_keys(geometry: Json, at: str) -> Iterator[Flaw]:
    """What the server ignores in a nested geometry."""
    for key, value in geometry.items():
        if key == "nested_geometries":
            if not value or (isinstance(value, dict) and not any(value.values())):
                continue
            yield Flaw("nested-below-nested", step(at, key), "nothing", shown(value))
        elif key not in _NESTED_KEYS:
            yield Flaw("nested-key-unknown", step(at, key), meant(key, _NESTED_KEYS), shown(key))
