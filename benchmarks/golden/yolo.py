"""Lets the tools write YOLO.

    python -m venv ENV && ENV/bin/pip install PACKAGES && ENV/bin/python benchmarks/golden/yolo.py TOOL FOLDER

`label-studio`: label-studio-sdk==2.1.2; `supervision`: supervision==0.31.2; `sahi`: sahi==0.12.8 pyyaml;
`cvat`: the `datumaro` package of github.com/cvat-ai/datumaro at 8970bb7, by which CVAT writes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image

WIDTH, HEIGHT = 200, 100


def pictures(folder: Path, *names: str) -> None:
    """Pictures of one colour."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("1", (WIDTH, HEIGHT)).save(folder / name)


def label_studio(folder: Path) -> None:
    """Boxes and an outline in one file, numbers that are not in order, an empty picture; keypoints by themselves."""
    from label_studio_sdk.converter.converter import Converter

    def region(kind: str, number: str, **value: Any) -> dict[str, Any]:
        found = {"id": number, "type": kind, "from_name": kind[:4], "to_name": "image", "value": value}
        return {**found, "original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}

    def task(number: int, name: str, *regions: dict[str, Any]) -> dict[str, Any]:
        annotation = {"id": number, "completed_by": 1, "was_cancelled": False, "result": list(regions)}
        return {"id": number, "data": {"image": f"s3://bucket/{name}"}, "annotations": [annotation]}

    box = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}
    mixed = """<View><Image name="image" value="$image"/><RectangleLabels name="rect" toName="image">
    <Label value="Straße" category="1"/><Label value="car" category="0"/></RectangleLabels>
    <PolygonLabels name="poly" toName="image"><Label value="Straße"/></PolygonLabels></View>"""
    outline = {"points": [[10, 10], [90, 15.5], [50, 80]], "polygonlabels": ["Straße"]}
    first = [
        region("rectanglelabels", "a", **box, rectanglelabels=["Straße"]),
        region("polygonlabels", "b", **outline),
        region("rectanglelabels", "c", **{**box, "x": 50}, rectanglelabels=["car"]),
    ]
    points = """<View><Image name="image" value="$image"/><RectangleLabels name="rect" toName="image">
    <Label value="person"/></RectangleLabels><KeyPointLabels name="keyp" toName="image">
    <Label value="nose" model_index="0"/><Label value="eye" model_index="1"/></KeyPointLabels></View>"""
    posed = [
        region("rectanglelabels", "a", **box, rectanglelabels=["person"]),
        {**region("keypointlabels", "b", x=20, y=30, width=0.5, keypointlabels=["nose"]), "parentID": "a"},
    ]
    for name, config, tasks in (
        ("mixed", mixed, [task(1, "a/Green.png", *first), task(2, "empty.png")]),
        ("pose", points, [task(1, "one.png", *posed)]),
    ):
        at = folder / name
        at.mkdir(parents=True)
        source = folder / "tasks.json"
        source.write_text(json.dumps(tasks))
        Converter(config, project_dir=".", download_resources=False).convert_to_yolo(
            str(source), str(at), is_dir=False
        )
        source.unlink()


def supervision(folder: Path) -> None:
    """Boxes, a mask in two pieces, an empty picture."""
    import numpy as np
    import supervision as sv

    pictures(folder / "train/images", "one.png", "empty.png")
    mask = np.zeros((1, HEIGHT, WIDTH), bool)
    mask[0, 10:30, 10:30] = mask[0, 50:70, 50:90] = True
    one = sv.Detections(xyxy=sv.mask_to_xyxy(mask), mask=mask, class_id=np.array([0]))
    names = [str(folder / "train/images" / name) for name in ("one.png", "empty.png")]
    found = sv.DetectionDataset(
        classes=["Straße: nass", "car"],
        images=names,
        annotations={names[0]: one, names[1]: sv.Detections.empty()},
    )
    found.as_yolo(
        annotations_directory_path=str(folder / "train/labels"), data_yaml_path=str(folder / "data.yaml")
    )


def sahi(folder: Path) -> None:
    """Category ids in place of class numbers, rows beside their pictures."""
    from sahi.utils.coco import Coco, CocoAnnotation, CocoCategory, CocoImage, export_coco_as_yolo

    pictures(folder / "in", "one.png", "two.png")
    coco = Coco(name="x", image_dir=str(folder / "in"))
    for number, name in ((1, "car"), (2, "bus")):
        coco.add_category(CocoCategory(id=number, name=name))
    for file, number in (("one.png", 1), ("two.png", 2)):
        image = CocoImage(file_name=file, height=HEIGHT, width=WIDTH)
        name = "car" if number == 1 else "bus"
        image.add_annotation(CocoAnnotation(bbox=[20, 10, 60, 40], category_id=number, category_name=name))
        coco.add_image(image)
    export_coco_as_yolo(
        str(folder), train_coco=coco, val_coco=coco, train_split_rate=1.0, disable_symlink=True
    )
    shutil.rmtree(folder / "in")
    shutil.rmtree(folder / "val")  # the same again
    settings = folder / "data.yml"
    settings.write_text(settings.read_text().replace(str(folder.absolute()), "/data"))


def cvat(folder: Path) -> None:
    """Every layout of CVAT: Darknet's, and Ultralytics' boxes, outlines, oriented boxes and poses."""
    from datumaro.components.annotation import AnnotationType as Kind
    from datumaro.components.annotation import (
        Bbox,
        LabelCategories,
        Points,
        PointsCategories,
        Polygon,
        Skeleton,
    )
    from datumaro.components.dataset import Dataset
    from datumaro.components.extractor import DatasetItem
    from datumaro.components.media import Image as Media
    from datumaro.plugins.yolo_format import converter

    labels = LabelCategories()
    for name in ("car", "Straße", "person"):
        labels.add(name)
    for name in ("nose", "eye", "ear"):
        labels.add(name, parent="person")
    points = PointsCategories()
    points.add(2, ["nose", "eye", "ear"], {(1, 2), (2, 3)})
    seen = Points.Visibility
    points_of_a_person = [(40, 30, seen.visible), (60, 35, seen.hidden), (70, 40, seen.absent)]
    objects = [
        Bbox(20, 10, 60, 40, label=0),
        Bbox(50, 20, 60, 30, label=1, attributes={"rotation": 30}),
        Polygon([10, 10, 180, 15.5, 100, 80], label=1),
        Skeleton(
            [Points([x, y], [seen], label=3 + at) for at, (x, y, seen) in enumerate(points_of_a_person)],
            label=2,
        ),
    ]
    categories = {Kind.label: labels, Kind.points: points}
    for name, kind in (
        ("darknet", converter.YoloConverter),
        ("detection", converter.YOLOv8DetectionConverter),
        ("segmentation", converter.YOLOv8SegmentationConverter),
        ("oriented", converter.YOLOv8OrientedBoxesConverter),
        ("pose", converter.YOLOv8PoseConverter),
    ):
        picture = "day1/Grün" if name == "darknet" else "day1/Green"
        size = (HEIGHT, WIDTH)
        items = [
            DatasetItem(
                picture, subset="train", annotations=objects, media=Media(path=f"{picture}.png", size=size)
            ),
            DatasetItem("empty", subset="train", media=Media(path="empty.png", size=size)),
        ]
        dataset = Dataset.from_iterable(items, categories=categories)
        kind.convert(dataset, save_dir=str(folder / name), save_media=False)


if __name__ == "__main__":
    tool, target = sys.argv[1:]
    os.chdir(Path(target).parent)
    {"label-studio": label_studio, "supervision": supervision, "sahi": sahi, "cvat": cvat}[tool](
        Path(Path(target).name)
    )
