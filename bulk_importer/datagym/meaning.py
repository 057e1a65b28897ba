"""What the server would make of an entry that the import schema accepts: refuse it, lose or distort it, or store it.

Pure. Ring 2. The server answers 200 to most of what is found here and names no entry for the rest, so this is the only
place where it can be learnt. The rules are those of its import code: keys of classes, nested classes and nested
classifications are looked up in the database (case does not count on MariaDB), keys of global and geometry
classifications are compared in memory (case counts); coordinates are read from all geometry keys one after the
other into whatever the class is; validity is checked and only flagged.

Without a label configuration the rules that need none still hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isinf
from typing import TypeAlias, cast

from bulk_importer.datagym.entry import ENTRY_KEYS, EXPORT_KEYS, GEOMETRY_KEYS, nearest
from bulk_importer.datagym.findings import Flaw
from bulk_importer.datagym.label_config import ClassType, LabelClass, LabelConfig
from bulk_importer.datagym.pointers import pointer_of, shown

__all__ = ["Meaning"]

Path: TypeAlias = tuple[str | int, ...]
Json: TypeAlias = Mapping[str, object]

# How alike an unknown key and a known one must be to be taken for a slip (keepdata, label, global_classification).
_SLIP = 0.8
_NESTED_KEYS = frozenset((*GEOMETRY_KEYS, "classifications", "nested_geometries", "image_segmentation"))
_FEWEST_POINTS = {ClassType.POLYGON: 3, ClassType.LINE: 2, ClassType.POINT: 1}
_LONGEST_TEXT = 255


class Meaning:
    """The rules of one label configuration (or of none), ready to be applied to entries."""

    def __init__(self, config: LabelConfig | None) -> None:
        self._config = config
        self._index = _Index(config) if config is not None else None

    def flaws(self, entry: Json) -> Iterator[Flaw]:
        """Everything that is wrong with an entry that the import schema accepts, notes included."""
        yield from _entry_keys(entry)
        classifications = cast("Json", entry.get("global_classifications", {}))
        yield from self._classifications(classifications, None, ("global_classifications",))
        for key, geometries in cast("Mapping[str, list[Json]]", entry.get("labels", {})).items():
            yield from self._class(key, geometries, None, ("labels", key))

    def _class(
        self, key: str, geometries: list[Json], parent: LabelClass | None, path: Path
    ) -> Iterator[Flaw]:
        """The geometries under one key of `labels` (parent None) or of `nested_geometries`."""
        label = None
        if self._index is not None:
            label, flaw = self._index.class_at(key, parent, path)
            if flaw is not None:
                yield flaw
            if label is None:
                return
        for place, geometry in enumerate(geometries):
            yield from self._geometry(geometry, label, (*path, place), nested=len(path) > 2)

    def _geometry(
        self, geometry: Json, label: LabelClass | None, path: Path, *, nested: bool
    ) -> Iterator[Flaw]:
        if "image_segmentation" in geometry:
            found = shown(geometry["image_segmentation"])
            yield Flaw(
                "image-segmentation", pointer_of((*path, "image_segmentation")), "no segmentation", found
            )
        if label is not None and label.type is ClassType.IMAGE_SEGMENTATION:
            if "image_segmentation" not in geometry:
                yield Flaw(
                    "class-segmentation", pointer_of(path), "no geometry of this class", shown(geometry)
                )
            return
        if label is not None and label.type.is_classification:
            yield Flaw(
                "class-is-classification", pointer_of(path), "a geometry class", f"{label.type} {label.key!r}"
            )
            return
        yield from _shapes(geometry, label.type if label else None, path)
        classifications = cast("Json", geometry.get("classifications", {}))
        yield from self._classifications(classifications, label, (*path, "classifications"))
        if nested:
            yield from _nested_keys(geometry, path)
        else:
            yield from self._nested(
                geometry.get("nested_geometries", {}), label, (*path, "nested_geometries")
            )

    def _nested(self, nested: object, label: LabelClass | None, path: Path) -> Iterator[Flaw]:
        if not isinstance(nested, dict):
            empty = nested is None or nested == []
            code = "nested-geometries-empty" if empty else "nested-geometries-type"
            yield Flaw(code, pointer_of(path), "an object of classes", shown(nested))
            return
        for key, geometries in nested.items():
            yield from self._class(key, geometries, label, (*path, key))

    def _classifications(self, given: Json, parent: LabelClass | None, path: Path) -> Iterator[Flaw]:
        """The classifications of an entry (parent None) or of a geometry."""
        reached = set()
        for key, values in given.items():
            place = (*path, key)
            label = None
            if self._index is not None:
                label, flaw = self._index.classification_at(key, parent, place)
                if flaw is not None:
                    yield flaw
                if label is None:
                    continue
                reached.add(label.key)
            yield from self._values(cast("list[object]", values), label, place)
        if self._index is not None:
            yield from self._index.omitted(parent, reached, path)

    def _values(self, values: list[object], label: LabelClass | None, path: Path) -> Iterator[Flaw]:
        """One classification: its own values, and the nested one in second place."""
        yield from _answers(values, label, path)
        inner = values[1] if len(values) > 1 else None
        reached = set()
        if isinstance(inner, dict):
            place = (*path, 1)
            if not inner:
                yield Flaw(
                    "classification-empty-object", pointer_of(place), "one nested classification", "{}"
                )
                return
            if len(inner) > 1:
                found = f"{len(inner)}: {', '.join(map(shown, inner))}"
                yield Flaw("classification-several", pointer_of(place), "one nested classification", found)
            key = next(iter(inner))
            child = None
            if self._index is not None and label is not None:
                child, flaw = self._index.nested_classification_at(key, label, (*place, key))
                if flaw is not None:
                    yield flaw
                if child is None:
                    return
                reached.add(child.key)
            yield from self._values(cast("list[object]", inner[key]), child, (*place, key))
        if self._index is not None and label is not None:
            yield from self._index.omitted(label, reached, path)


class _Index:
    """Where each class of a configuration stands. A flat configuration lets every class stand everywhere."""

    def __init__(self, config: LabelConfig) -> None:
        self._flat = config.flat
        self._roots = config.roots
        self._elsewhere = {each.key: (path, each) for path, each in config.all_classes()}

    def _children(self, parent: LabelClass | None) -> tuple[LabelClass, ...]:
        return self._roots if parent is None or self._flat else parent.children

    def class_at(
        self, key: str, parent: LabelClass | None, path: Path
    ) -> tuple[LabelClass | None, Flaw | None]:
        """The class of a key of `labels` or `nested_geometries`; the server asks the database for it."""
        siblings = self._children(parent)
        found, flaw = self._asked_in_database(key, siblings, path, prefer_classification=False)
        if found is None and flaw is None:
            flaw = self._missing(
                "class-unknown", key, [each for each in siblings if not each.type.is_classification], path
            )
        return found, flaw

    def classification_at(
        self, key: str, parent: LabelClass | None, path: Path
    ) -> tuple[LabelClass | None, Flaw | None]:
        """The classification of a key; the server compares it letter by letter."""
        known = [each for each in self._children(parent) if each.type.is_classification]
        for each in known:
            if each.key == key:
                return each, None
        return None, self._missing("classification-unknown", key, known, path)

    def nested_classification_at(
        self, key: str, parent: LabelClass, path: Path
    ) -> tuple[LabelClass | None, Flaw | None]:
        """The classification below another; the server asks the database for it."""
        known = tuple(each for each in self._children(parent) if each.type.is_classification)
        found, flaw = self._asked_in_database(key, known, path, prefer_classification=True)
        if found is None and flaw is None:
            flaw = self._missing("classification-unknown", key, list(known), path)
        return found, flaw

    def omitted(self, parent: LabelClass | None, reached: set[str], path: Path) -> Iterator[Flaw]:
        """A note for each classification that could stand here and is not given."""
        if self._flat:
            return
        for each in self._children(parent):
            if each.type.is_classification and each.key not in reached:
                code = "required-omitted" if each.required else "classification-omitted"
                yield Flaw(code, pointer_of(path), each.key, "nothing")

    def _asked_in_database(
        self, key: str, siblings: tuple[LabelClass, ...], path: Path, *, prefer_classification: bool
    ) -> tuple[LabelClass | None, Flaw | None]:
        folded = key.rstrip(" ").lower()
        found = [each for each in siblings if each.key == folded]
        if not found:
            return None, None
        if len(found) > 1 and not self._flat:
            expected = f"one class of the key {folded!r}"
            return None, Flaw("class-ambiguous", pointer_of(path), expected, f"{len(found)} classes")
        found.sort(key=lambda each: each.type.is_classification is not prefer_classification)
        flaw = None if key == folded else Flaw("class-case", pointer_of(path), repr(folded), shown(key))
        return found[0], flaw

    def _missing(self, code: str, key: str, known: list[LabelClass], path: Path) -> Flaw:
        elsewhere = self._elsewhere.get(key)
        if elsewhere is not None and not self._flat:
            above, each = elsewhere
            where = f"below {'/'.join(above)!r}" if above else "at the root"
            return Flaw("class-nested", pointer_of(path), f"{each.type} {key!r} {where}", shown(key))
        return Flaw(code, pointer_of(path), _meant(key, [each.key for each in known]), shown(key))


def _meant(word: str, known: list[str]) -> str:
    """What was probably meant, or what there is."""
    near = nearest(word, known)
    if near is not None:
        return f"a known key, {near!r} is the nearest"
    if not known:
        return "nothing: there is none here"
    listed = ", ".join(map(repr, sorted(known)[:8]))
    return f"one of {listed}" + (f" and {len(known) - 8} more" if len(known) > 8 else "")


def _entry_keys(entry: Json) -> Iterator[Flaw]:
    for key in entry:
        if key in ENTRY_KEYS or key in EXPORT_KEYS:
            continue
        near = nearest(key, ENTRY_KEYS, likeness=_SLIP)
        if near is None:
            yield Flaw("key-unknown", pointer_of((key,)), f"only {', '.join(ENTRY_KEYS)}", shown(key))
        else:
            yield Flaw("key-near-known", pointer_of((key,)), repr(near), shown(key))


def _nested_keys(geometry: Json, path: Path) -> Iterator[Flaw]:
    """What the server ignores in a nested geometry."""
    if geometry.get("nested_geometries"):
        found = shown(geometry["nested_geometries"])
        yield Flaw("nested-below-nested", pointer_of((*path, "nested_geometries")), "nothing", found)
    for key in geometry:
        if key not in _NESTED_KEYS:
            yield Flaw(
                "nested-key-unknown", pointer_of((*path, key)), _meant(key, sorted(_NESTED_KEYS)), shown(key)
            )


def _shapes(geometry: Json, wanted: ClassType | None, path: Path) -> Iterator[Flaw]:
    """The coordinates of a geometry, under whichever keys they stand."""
    given = {key: cast("list[Json]", geometry[key]) for key in GEOMETRY_KEYS if geometry.get(key)}
    if "geometry" in geometry:
        yield Flaw(
            "geometry-deprecated", pointer_of((*path, "geometry")), "the key of its form", '"geometry"'
        )
    for key, elements in given.items():
        yield from _elements(elements, (*path, key))
    if not given:
        yield Flaw("geometry-missing", pointer_of(path), _form_of(wanted), shown(geometry))
    elif len(given) > 1:
        yield Flaw("geometry-several", pointer_of(path), "one key of coordinates", ", ".join(given))
    elif wanted is not None:
        ((key, elements),) = given.items()
        flaw = _form(key, elements, wanted, (*path, key))
        if flaw is not None:
            yield flaw


def _form(key: str, elements: list[Json], wanted: ClassType, path: Path) -> Flaw | None:
    """What the server makes of these coordinates in a class of the wanted type, if it is not what was given."""
    rectangles = sum("w" in each for each in elements)
    points = len(elements) - rectangles
    expected, found = _form_of(wanted), f"{key} of {len(elements)}"
    code = None
    if wanted is ClassType.RECTANGLE:
        if rectangles == 0:
            code = "geometry-incomplete"
        elif len(elements) > 1:
            code = "geometry-dropped"
    elif rectangles:
        code = "geometry-refused"
    elif points < _FEWEST_POINTS[wanted]:
        code = "geometry-incomplete"
    elif wanted is ClassType.POINT and points > 1:
        code = "geometry-dropped"
    elif key not in {wanted.lower(), "geometry"}:
        code = "geometry-other"
    return Flaw(code, pointer_of(path), expected, found) if code else None


def _form_of(wanted: ClassType | None) -> str:
    match wanted:
        case ClassType.POLYGON:
            return "polygon of 3 points or more"
        case ClassType.LINE:
            return "line of 2 points or more"
        case ClassType.POINT:
            return "point of 1"
        case ClassType.RECTANGLE:
            return "rectangle of 1"
        case _:
            return "polygon, line, point or rectangle"


def _elements(elements: list[Json], path: Path) -> Iterator[Flaw]:
    """Points and rectangles, each for itself."""
    for place, each in enumerate(elements):
        for key, value in each.items():
            if key not in {"x", "y", "w", "h"}:
                yield Flaw("rectangle-key", pointer_of((*path, place)), "x, y, w and h alone", shown(key))
            elif not isinstance(value, float) and isinf(_as_double(value)):
                yield Flaw(
                    "number-too-large",
                    pointer_of((*path, place, key)),
                    "a number up to 1.8e308",
                    shown(value),
                )
        if "w" in each and 0 in {_as_double(each["w"]), _as_double(each["h"])}:
            yield Flaw("geometry-no-size", pointer_of((*path, place)), "a width and a height", shown(each))


def _as_double(value: object) -> float:
    """A coordinate as the server stores it."""
    try:
        return float(cast("int | float | str", value))
    except OverflowError:
        return float("inf")


def _answers(values: list[object], label: LabelClass | None, path: Path) -> Iterator[Flaw]:
    """The texts of one classification."""
    texts = [(place, value) for place, value in enumerate(values) if isinstance(value, str)]
    if not texts:
        code = "required-omitted" if label is not None and label.required else "classification-unset"
        yield Flaw(code, pointer_of(path), "a value", shown(values))
    elif label is not None and label.type is not ClassType.CHECKLIST and len(texts) > 1:
        found = f"{len(texts)}: {', '.join(shown(text) for _, text in texts[:4])}"
        yield Flaw("value-several", pointer_of(path), f"one value for {label.type} {label.key!r}", found)
    else:
        for place, text in texts:
            flaw = _answer(text, label, (*path, place))
            if flaw is not None:
                yield flaw


def _answer(text: str, label: LabelClass | None, path: Path) -> Flaw | None:
    pointer = pointer_of(path)
    if len(text) > _LONGEST_TEXT:
        return Flaw(
            "text-over-255", pointer, f"at most {_LONGEST_TEXT} characters", f"{len(text)} characters"
        )
    if label is not None and label.options is not None and text not in label.options:
        code = "option-unknown"
        if label.type is ClassType.CHECKLIST:
            code = "option-invalid" if label.required else "option-unlisted"
        return Flaw(code, pointer, _meant(text, list(label.options)), shown(text))
    if label is None or label.type is not ClassType.FREETEXT:
        return None
    units = len(text.encode("utf-16-le")) // 2  # the server counts as Java does
    if label.max_length is not None and units > label.max_length:
        return Flaw("text-too-long", pointer, f"at most {label.max_length} characters", f"{units} characters")
    if label.required and not text:
        return Flaw("text-empty", pointer, "a text", '""')
    return None
