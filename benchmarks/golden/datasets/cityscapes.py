"""Lets the label tool of Cityscapes write its polygons, by the functions with which it does so.

python -m venv ENV && ENV/bin/pip install cityscapesscripts==2.3.0
ENV/bin/python benchmarks/golden/datasets/cityscapes.py FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cityscapesscripts.helpers.annotation import Annotation, CsPoly, Point

WIDTH, HEIGHT = 200, 100
OUTLINES: dict[str, list[tuple[float, float]]] = {
    "road": [(0, 60), (199, 60.25), (199, 99), (0, 99)],
    "car": [(20.5, 50), (80, 50), (80, 90), (20.5, 90)],
    "cargroup": [(100, 50), (160, 50), (130, 80)],
    "Straßenschild": [(10, 10), (15, 10), (12, 20)],
}


def annotated(*, without_last: int = 0) -> Annotation:
    """A car on a road, of which it hides a part, a group of cars, a class with a name that is not ASCII."""
    found = Annotation()
    found.imgWidth, found.imgHeight = WIDTH, HEIGHT
    for label, outline in list(OUTLINES.items())[: len(OUTLINES) - without_last]:
        each = CsPoly()
        each.id, each.label, each.user, each.date = (
            len(found.objects),
            label,
            "somebody",
            "01-Nov-2026 10:00:00",
        )
        each.polygon = [Point(*corner) for corner in outline]
        found.objects.append(each)
    return found


def written(folder: Path) -> None:
    """What the label tool saves, with a deleted object; the form in which the dataset is published; an empty one."""
    fine = folder / "tool" / "gtFine" / "train" / "zürich"
    coarse = folder / "published" / "gtCoarse" / "train" / "zürich"
    for place in (fine, coarse):
        place.mkdir(parents=True)
    whole = annotated()
    deleted = CsPoly()
    deleted.id, deleted.label, deleted.polygon = 4, "person", [Point(1, 1), Point(9, 1), Point(9, 9)]
    deleted.delete()
    whole.objects.append(deleted)
    whole.toJsonFile(str(fine / "zürich_000000_000019_gtFine_polygons.json"))
    annotated(without_last=4).toJsonFile(str(fine / "zürich_000001_000019_gtFine_polygons.json"))
    published = annotated(without_last=2).toJsonText()
    published["objects"] = [{key: each[key] for key in ("label", "polygon")} for each in published["objects"]]
    text = json.dumps({key: published[key] for key in sorted(published)}, indent=4)
    (coarse / "zürich_000000_000019_gtCoarse_polygons.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    written(Path(sys.argv[1]))
