"""Lets the tools write KITTI.

    python -m venv ENV && ENV/bin/pip install PACKAGES && ENV/bin/python benchmarks/golden/datasets/kitti.py TOOL FOLDER

`labelformat`: labelformat==0.1.17; `fiftyone`: fiftyone==1.22.1; `datumaro`: datumaro==1.13.12; `cvat`: the `datumaro`
package of github.com/cvat-ai/datumaro at 8970bb7, by which CVAT writes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 200, 100
CLASSES = ("car", "traffic light", "DontCare")


def labelformat(folder: Path) -> None:
    """Boxes of COCO, one of a class of two words; a name that is not ASCII; pictures in two folders."""
    boxes = [[20.1, 10, 60.2, 40], [100, 20.5, 10, 30], [0, 0, 20, 20]]
    document: dict[str, Any] = {
        "images": [
            {"id": 1, "file_name": "day1/Grün.png", "width": WIDTH, "height": HEIGHT},
            {"id": 2, "file_name": "day2/empty.png", "width": WIDTH, "height": HEIGHT},
        ],
        "categories": [{"id": at, "name": name} for at, name in enumerate(CLASSES)],
        "annotations": [
            {"id": at, "image_id": 1, "category_id": at, "bbox": box, "iscrowd": 0}
            for at, box in enumerate(boxes)
        ],
    }
    source = folder.parent / "coco.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    task = ("--task", "object-detection", "--input-format", "coco", "--input-file", str(source))
    command = [str(Path(sys.executable).parent / "labelformat"), "convert", *task]
    subprocess.run([*command, "--output-format", "kitti", "--output-folder", str(folder)], check=True)
    source.unlink()


def fiftyone(folder: Path) -> None:
    """Detections with what KITTI has of an object, one with a confidence; a picture without any."""
    import fiftyone.core.labels as labels
    import fiftyone.core.metadata as metadata
    from fiftyone.utils.kitti import KITTIDetectionDatasetExporter
    from PIL import Image

    size = metadata.ImageMetadata(width=WIDTH, height=HEIGHT)
    place = (20.1 / WIDTH, 10 / HEIGHT, 60.2 / WIDTH, 40 / HEIGHT)
    said = {"truncated": 0.5, "occluded": 2, "alpha": -1.57}
    found = [
        labels.Detection(label="car", bounding_box=place, confidence=0.87, **said),
        labels.Detection(label="traffic light", bounding_box=(0.5, 0.2, 0.05, 0.3)),
    ]
    pictures = folder.parent / "pictures"
    pictures.mkdir()
    exporter = KITTIDetectionDatasetExporter(export_dir=str(folder), export_media=True)
    with exporter:
        for name, objects in (("Grün.png", found), ("empty.png", []), ("unlabelled.png", None)):
            Image.new("1", (WIDTH, HEIGHT)).save(pictures / name)
            detections = None if objects is None else labels.Detections(detections=objects)
            exporter.export_sample(str(pictures / name), detections, metadata=size)
    shutil.rmtree(pictures)


def datumaro(folder: Path) -> None:
    """Boxes with what KITTI has of an object, one of a class of two words; an empty picture."""
    from datumaro.components.annotation import AnnotationType, Bbox, LabelCategories
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image
    from numpy import uint8, zeros

    image = Image.from_numpy(zeros((HEIGHT, WIDTH, 3), uint8))
    items = [
        DatasetItem("day1/Grün", subset="train", annotations=_boxes(Bbox), media=image),
        DatasetItem("empty", subset="val", annotations=[], media=image),
    ]
    categories = {AnnotationType.label: LabelCategories.from_iterable(CLASSES)}
    dataset = Dataset.from_iterable(items, categories=categories, media_type=Image)
    dataset.export(str(folder), "kitti_detection", save_media=True)


def cvat(folder: Path) -> None:
    """The same."""
    from datumaro.components.annotation import AnnotationType, Bbox, LabelCategories
    from datumaro.components.dataset import Dataset
    from datumaro.components.extractor import DatasetItem
    from datumaro.components.media import Image
    from datumaro.plugins.kitti_format.converter import KittiDetectionConverter

    size = (HEIGHT, WIDTH)
    items = [
        DatasetItem(
            "day1/Grün",
            subset="train",
            annotations=_boxes(Bbox),
            media=Image(path="day1/Grün.png", size=size),
        ),
        DatasetItem("empty", subset="train", media=Image(path="empty.png", size=size)),
    ]
    categories = {AnnotationType.label: LabelCategories.from_iterable(CLASSES)}
    dataset = Dataset.from_iterable(items, categories=categories)
    KittiDetectionConverter.convert(dataset, save_dir=str(folder), save_media=False)


def _boxes(make: Any) -> list[Any]:
    said = {"occluded": True, "truncated": 0.5, "score": 0.87, "colour": "red"}
    return [
        make(20.1, 10, 60.2, 40, label=0, attributes=said),
        make(100, 20.5, 10, 30, label=1),
        make(0, 0, 20, 20, label=2),
    ]


if __name__ == "__main__":
    tool, target = sys.argv[1:]
    {"labelformat": labelformat, "fiftyone": fiftyone, "datumaro": datumaro, "cvat": cvat}[tool](Path(target))
