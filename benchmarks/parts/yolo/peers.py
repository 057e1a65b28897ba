"""What else a YOLO folder is converted with, and how long it takes to read: `python yolo/peers.py WAY SOURCE TARGET`.

Run by an interpreter that has the package of the way, and nothing of this program: `pip install` what `PACKAGES` says.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PACKAGES = {"labelformat": "labelformat==0.1.17", "supervision": "supervision==0.31.2"}


def reading(source: str) -> Iterator[dict[str, Any]]:
    """Nothing but each file, read as a whole: what no conversion can be faster than."""
    for folder, _, names in os.walk(source):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                file.read()
    yield {}


def labelformat(source: str) -> Iterator[dict[str, Any]]:
    """Label objects of labelformat."""
    from labelformat.formats.yolov8 import YOLOv8ObjectDetectionInput

    for each in YOLOv8ObjectDetectionInput(Path(source) / "data.yaml", "train").get_labels():
        labels: dict[str, list[Any]] = {}
        for found in each.objects:
            box = found.box
            rectangle = {"x": box.xmin, "y": box.ymin, "w": box.xmax - box.xmin, "h": box.ymax - box.ymin}
            labels.setdefault(found.category.name, []).append({"rectangle": [rectangle]})
        yield {"external_media_ID": each.image.filename, "keepData": True, "labels": labels}


def supervision(source: str) -> Iterator[dict[str, Any]]:
    """Detections of supervision, which keeps them all."""
    from supervision import DetectionDataset

    root = Path(source)
    dataset = DetectionDataset.from_yolo(
        str(root / "images" / "train"), str(root / "labels" / "train"), str(root / "data.yaml")
    )
    for path, found in dataset.annotations.items():
        labels: dict[str, list[Any]] = {}
        for (left, top, right, bottom), number in zip(
            found.xyxy.tolist(), found.class_id.tolist(), strict=True
        ):
            rectangle = {"x": left, "y": top, "w": right - left, "h": bottom - top}
            labels.setdefault(dataset.classes[number], []).append({"rectangle": [rectangle]})
        yield {"external_media_ID": os.path.basename(path), "keepData": True, "labels": labels}


WAYS: dict[str, Callable[[str], Iterator[dict[str, Any]]]] = {
    "reading": reading,
    "labelformat": labelformat,
    "supervision": supervision,
}

if __name__ == "__main__":
    way, source, target = sys.argv[1:]
    with open(target, "w", encoding="utf-8") as file:
        before = "[\n"
        for entry in WAYS[way](source):
            file.write(before)
            file.write(json.dumps(entry))
            before = ",\n"
        file.write("\n]\n")
