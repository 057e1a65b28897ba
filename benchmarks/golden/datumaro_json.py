"""Lets the tools write Datumaro's JSON.

    python -m venv ENV && ENV/bin/pip install PACKAGES && ENV/bin/python benchmarks/golden/datumaro_json.py TOOL FOLDER

`datumaro`: datumaro==1.13.12; `cvat`: the `datumaro` package of github.com/cvat-ai/datumaro at 8970bb7, by
which CVAT writes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 200, 100
LABELS = ("car", "Straße", "person", "sunny")
JOINTS = ("head", "hand", "foot")


def _labels(kind: Any) -> Any:
    """Two classes of one name below different ones, beside the others; the joints of a person."""
    labels = kind.LabelCategories()
    labels.add("vehicle")
    for name in LABELS:
        labels.add(name, parent="vehicle" if name == "car" else "")
    for name in JOINTS:
        labels.add(name, parent="person")
    return labels


def _objects(kind: Any) -> list[Any]:
    """What both packages can hold."""
    import numpy as np

    ring = np.zeros((HEIGHT, WIDTH), bool)
    ring[20:40, 50:80] = True
    ring[25:35, 60:70] = False
    said = {"is_crowd": False, "occluded": True, "colour": "red", "speed": 7}
    return [
        kind.Bbox(20.25, 10, 60.25, 40, label=1, id=17, attributes=said),
        kind.Bbox(65, 5, 30, 60, label=2, id=17, attributes={"rotation": 90.0}),
        kind.Polygon([10, 10, 180, 15.5, 100, 80], label=1, group=3),
        kind.Polygon([110, 10, 180, 15.5, 100, 80], label=1, group=3),
        kind.PolyLine([0, 99, 10.5, 10, 200, 0], label=2),
        kind.Mask(ring, label=2, attributes={"is_crowd": True}),
        kind.Label(4, attributes={"weather": "dry"}),
        kind.Caption("a car on a road"),
        kind.Points([5.25, 6.75, 7, 8], label=1),
    ]


def datumaro(folder: Path) -> None:
    """Everything that it can hold; a size that is not known, a path that is none, and an image of two subsets."""
    import numpy as np
    from datumaro.components import annotation as kind
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image

    points = kind.PointsCategories.from_iterable([(3, JOINTS, [(0, 1)])])
    joints = kind.Points([100, 50, 0, 0, 110.5, 60], [2, 0, 1], label=3)
    cuboid = kind.Cuboid2D([(1, 1), (3, 1), (3, 3), (1, 3), (2, 2), (4, 2), (4, 4), (2, 4)], label=1)
    objects = [*_objects(kind), joints, kind.Ellipse(90, 40, 110, 60, label=1), cuboid]
    pixels = Image.from_numpy(np.zeros((HEIGHT, WIDTH, 3), "uint8"))

    def item(name: str, annotations: list[Any], media: Any, subset: str = "train") -> Any:
        return DatasetItem(id=name, subset=subset, media=media, annotations=annotations)

    items = [
        item("day1/Grün", objects, Image.from_file(path="Grün.png", size=(HEIGHT, WIDTH))),
        item("empty", [], pixels),
        item("alone", [kind.Bbox(1, 2, 3, 4, label=1)], None),
        item("day1/Grün", [kind.Label(4)], Image.from_file(path="Grün.png"), "val"),
    ]
    found = Dataset.from_iterable(
        items, categories={kind.AnnotationType.label: _labels(kind), kind.AnnotationType.points: points}
    )
    found.export(str(folder), "datumaro", save_media=False)


def cvat(folder: Path) -> None:
    """What CVAT makes of the same: a skeleton where Datumaro has points, no ellipse and no cuboid."""
    from datumaro.components import annotation as kind
    from datumaro.components.dataset import Dataset
    from datumaro.components.extractor import DatasetItem
    from datumaro.components.media import Image

    points = kind.PointsCategories.from_iterable([(3, JOINTS, [(0, 1)])])
    seen = kind.Points.Visibility
    joints = [
        kind.Points([100, 50], [seen.visible], label=5),
        kind.Points([0, 0], [seen.absent], label=6),
    ]
    objects = [*_objects(kind), kind.Skeleton(joints, label=3, attributes={"occluded": False})]
    items = [
        DatasetItem(
            id="day1/Grün",
            subset="train",
            media=Image(path="day1/Grün.png", size=(HEIGHT, WIDTH)),
            annotations=objects,
            attributes={"frame": 0},
        ),
        DatasetItem(id="empty", subset="train", media=Image(path="empty.png", size=(HEIGHT, WIDTH))),
    ]
    found = Dataset.from_iterable(
        items, categories={kind.AnnotationType.label: _labels(kind), kind.AnnotationType.points: points}
    )
    found.export(str(folder), "datumaro", save_media=False)


if __name__ == "__main__":
    tool, target = sys.argv[1:]
    {"datumaro": datumaro, "cvat": cvat}[tool](Path(target))
