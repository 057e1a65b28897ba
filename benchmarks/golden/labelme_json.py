"""Lets LabelMe write its JSON, and CVAT's library the XML that it calls LabelMe.

    python -m venv ENV && ENV/bin/pip install PACKAGES && ENV/bin/python benchmarks/golden/labelme_json.py TOOL FOLDER

`labelme`: labelme==6.3.1; `cvat`: the `datumaro` package of
github.com/cvat-ai/datumaro at 8970bb7.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 200, 100


def labelme(folder: Path) -> None:
    """Each type of shape, what is said of shapes and of the picture, an empty picture in a folder."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    import numpy as np
    from labelme._label_file import write_label_file
    from labelme._shape import Shape
    from labelme.app import _shape_to_dict
    from PyQt5.QtCore import QPointF

    ring = np.ones((20, 30), bool)
    ring[5:15, 10:20] = False

    def shape(label: str, kind: str, *points: tuple[float, float], **more: Any) -> dict[str, Any]:
        made = Shape(label=label, shape_type=kind, **{"flags": {}, "description": "", **more})
        made.points = [QPointF(x, y) for x, y in points]
        return dict(_shape_to_dict(made))

    shapes = [
        shape("car", "rectangle", (80.5, 50.0), (20.25, 10.0), flags={"parked": True, "moving": False}),
        shape("Straße", "oriented_rectangle", (95.0, 5.0), (95.0, 65.0), (65.0, 65.0), (65.0, 5.0)),
        shape(
            "car", "polygon", (10.0, 10.0), (180.0, 15.5), (100.0, 80.0), group_id=3, description="a red one"
        ),
        shape("car", "polygon", (10.0, 10.0), (180.0, 15.5)),
        shape("wheel", "circle", (100.0, 50.0), (106.0, 58.0)),
        shape("lane", "line", (0.0, 99.0), (200.0, 0.0)),
        shape("lane", "linestrip", (0.0, 0.0), (10.0, 10.0), (20.0, 0.0)),
        shape("light", "point", (5.25, 6.75)),
        shape("light", "points", (7.0, 8.0), (9.0, 10.0)),
        shape("road", "mask", (50.0, 20.0), (79.0, 39.0), mask=ring),
    ]
    for name, found, flags, image in (
        ("Green.json", shapes, {"sunny": True, "rainy": False}, "Grün.png"),
        ("day1/empty.json", [], {}, "..\\images\\empty.png"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_label_file(
            str(folder / name),
            shapes=found,
            image_path=image,
            image_height=HEIGHT,
            image_width=WIDTH,
            image_data=None,
            other_data={},
            flags=flags,
        )


def cvat(folder: Path) -> None:
    """One polygon."""
    from datumaro.components.annotation import AnnotationType as Kind
    from datumaro.components.annotation import LabelCategories, Polygon
    from datumaro.components.dataset import Dataset
    from datumaro.components.extractor import DatasetItem
    from datumaro.components.media import Image

    labels = LabelCategories()
    labels.add("car")
    objects = [Polygon([10, 10, 180, 15, 100, 80], label=0)]
    item = DatasetItem("one", annotations=objects, media=Image(path="one.png", size=(HEIGHT, WIDTH)))
    Dataset.from_iterable([item], categories={Kind.label: labels}).export(
        str(folder), "label_me", save_media=False
    )


if __name__ == "__main__":
    tool, target = sys.argv[1:]
    {"labelme": labelme, "cvat": cvat}[tool](Path(target))
