"""The categories of a COCO file: the class that each id means, and the names of its keypoints.

Pure. Two categories of one name are told apart by what they stand under (`animal/mouse`, `device/mouse`); those that
are under the same are one class. An id that two categories have means neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bulk_importer.formats.documents.coco.text.rows import is_id

__all__ = ["CocoClass", "classes_of"]


@dataclass(frozen=True, slots=True)
class CocoClass:
    """What a category id means.

    Attributes:
        label: the name of the class; where the id means none, something to call it by.
        keypoints: names, in the order in which annotations have them.
        problem: why it means none; empty where it does.
    """

    label: str
    keypoints: tuple[str, ...] = ()
    problem: str = ""


def classes_of(rows: Iterable[Any]) -> dict[int | str, CocoClass]:
    """The classes by category id."""
    kept = [row for row in rows if _is_whole(row)]
    above: dict[str, set[str]] = defaultdict(set)
    for row in kept:
        above[row["name"]].add(_super(row))
    found: dict[int | str, CocoClass] = {}
    for row in kept:
        name, sup = row["name"], _super(row)
        label = f"{sup}/{name}" if len(above[name]) > 1 and sup else name
        points = row.get("keypoints")
        names = tuple(map(str, points)) if isinstance(points, list) else ()
        mine = CocoClass(label, names)
        known = found.setdefault(row["id"], mine)
        if known != mine:
            problem = f"categories {known.label} and {label} of the same id"
            found[row["id"]] = CocoClass(f"category {row['id']}", (), known.problem or problem)
    return found


def _is_whole(row: object) -> bool:
    return (
        isinstance(row, dict)
        and is_id(row.get("id"))
        and isinstance(row.get("name"), str)
        and row["name"] != ""
    )


def _super(row: dict[str, Any]) -> str:
    found = row.get("supercategory")
    return found if isinstance(found, str) else ""
