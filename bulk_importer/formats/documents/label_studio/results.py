"""What the results of one annotation of Label Studio say, region by region, and of the picture as a whole.

Pure. A region is several results with one id: its labels, and answers to questions about it. JSON_MIN has no ids, but
repeats where the region is in each of them. A result that is nowhere is about the whole picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec

from bulk_importer.formats.documents.label_studio.regions import GEOMETRY, Misshapen, has_shape, shape_of
from bulk_importer.formats.model import Annotation, Answer, Left, Size, Tag

__all__ = ["Region", "annotations_of", "answer_of", "gathered", "labels_of"]

_ANSWERS = ("choices", "taxonomy", "text", "rating", "number", "datetime")


@dataclass(slots=True)
class Region:
    """What the results of one region say.

    Attributes:
        value: where it is.
        parent: id of the region below which somebody put it.
        turned: how far the picture was turned when it was drawn.
    """

    origin: str
    value: Mapping[str, Any]
    labels: list[str] = field(default_factory=list)
    attributes: dict[str, Answer] = field(default_factory=dict)
    parent: str | None = None
    turned: object = 0


def labels_of(value: Mapping[str, Any]) -> list[str]:
    """The labels in the value of a result."""
    lists = (each for key, each in value.items() if key.endswith("labels") and isinstance(each, list))
    return [label for each in lists for label in each if isinstance(label, str)]


def answer_of(value: Mapping[str, Any]) -> Answer | None:
    """What a result answers; None where it is no answer."""
    key = next((key for key in _ANSWERS if key in value), None)
    if key is None:
        return None
    found = value[key]
    return _tree(found if isinstance(found, list) else [found])


def gathered(
    results: Iterable[tuple[str, Mapping[str, Any], str]],
) -> tuple[dict[str, Region], list[Tag], list[Left]]:
    """The regions by id, what is said of the whole picture, and what cannot be told.

    Args:
        results: the name of the control, the result, and where it stands.
    """
    regions: dict[str, Region] = {}
    tags: list[Tag] = []
    left: list[Left] = []
    seen: dict[tuple[str, str], Iterator[int]] = {}
    for name, result, origin in results:
        value = result.get("value")
        if not isinstance(value, dict):
            left.append(_no_region(result, origin))
        elif has_shape(value):
            region = regions.setdefault(_id(name, result, value, seen), Region(origin, value))
            _add(region, name, result, value)
            if result.get("meta"):
                left.append(
                    Left("remark-left-out", origin, name, "labels", "a remark about a region", objects=0)
                )
        elif (answer := answer_of(value)) is not None:
            tags.append(Tag(name, origin, answer))
        else:
            left.append(Left("shape-unknown", origin, name, "a shape or an answer", ", ".join(value)))
    return regions, tags, left


def annotations_of(regions: Mapping[str, Region], size: Size | None) -> tuple[list[Annotation], list[Left]]:
    """The objects, each with those that somebody put below it, and the regions that cannot be carried."""
    left: list[Left] = []
    below: dict[str | None, list[str]] = {}
    for key, region in regions.items():
        parent = region.parent if region.parent in regions and region.parent != key else None
        below.setdefault(parent, []).append(key)
    made: set[str] = set()

    def make(key: str) -> Iterator[Annotation]:
        if key in made:
            return
        made.add(key)
        within = tuple(each for child in below.get(key, ()) for each in make(child))
        found = list(_made(regions[key], size, within, left))
        yield from found or within

    found = [each for key in below.get(None, ()) for each in make(key)]
    found += [each for key in regions for each in make(key)]  # rings of parents have no first one
    return found, left


def _made(
    region: Region, size: Size | None, within: tuple[Annotation, ...], left: list[Left]
) -> Iterator[Annotation]:
    """An object for each label of a region; what is below it hangs on the first."""
    for label in region.labels or [""]:
        try:
            if not region.labels:
                raise Misshapen("annotation-broken", "a label", "none")
            if region.turned:
                found = f"a picture turned by {region.turned}"
                raise Misshapen("shape-unknown", "a shape drawn on the picture as it is", found)
            shape = shape_of(region.value, size)
        except Misshapen as error:
            left.append(Left(error.code, region.origin, label, error.expected, error.found))
            continue
        yield Annotation(label, shape, region.origin, region.attributes, within=within)
        within = ()


def _add(region: Region, name: str, result: Mapping[str, Any], value: Mapping[str, Any]) -> None:
    region.labels += [label for label in labels_of(value) if label not in region.labels]
    region.turned = region.turned or result.get("image_rotation") or 0
    parent = result.get("parentID")
    region.parent = parent if isinstance(parent, str) else region.parent
    answer = answer_of(value)
    if answer is not None:
        region.attributes[name] = answer


def _id(
    name: str, result: Mapping[str, Any], value: Mapping[str, Any], seen: dict[tuple[str, str], Iterator[int]]
) -> str:
    """The id of a region; where results have none, its place, counted for each control."""
    if isinstance(result.get("id"), str):
        return str(result["id"])
    place = msgspec.json.encode([value.get(key) for key in GEOMETRY]).decode()
    return f"{place} {next(seen.setdefault((name, place), count()))}"


def _no_region(result: Mapping[str, Any], origin: str) -> Left:
    if result.get("type") == "relation":
        return Left("remark-left-out", origin, "", "labels", "a relation between regions", objects=0)
    return Left("annotation-broken", origin, "", "a result with a value", str(result.get("type")))


def _tree(found: Iterable[object]) -> Answer:
    """Texts are answers; a list of them is a way down a tree, each step the answer to the question of the one above."""
    values: dict[str, None] = {}
    ways: dict[str, list[list[object]]] = {}
    for each in found:
        way = each if isinstance(each, list) else [each]
        if way and isinstance(way[0], str | int | float):
            values[_text(way[0])] = None
            if len(way) > 1:
                ways.setdefault(_text(way[0]), []).append(way[1:])
    below = {name: _tree(each) for name, each in ways.items()}
    return Answer(tuple(values), below)


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
