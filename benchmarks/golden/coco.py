"""Lets the tools that write COCO write a small scene: `python benchmarks/golden/coco.py TOOL FOLDER`.

Needs, each in an environment of its own, what stands in `PACKAGES`; run the tool's line in its environment. CVAT writes
COCO on its server only: that file is made by hand, see its ORIGIN.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGES = {
    "pycocotools": "pycocotools==2.0.11",
    "lvis": "lvis==0.5.3",
    "datumaro": "datumaro==1.13.12",
    "label_studio": "label-studio-sdk==2.0.20",
    "labelformat": "labelformat==0.1.17",
    "supervision": "supervision==0.31.2",
}

WIDTH, HEIGHT = 40, 30


def ring() -> Any:
    """A mask: 12 x 10 pixels with a hole of 4 x 2."""
    import numpy as np

    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask[5:15, 8:20] = 1
    mask[9:11, 12:16] = 0
    return mask


def two_parts() -> Any:
    """A mask: two squares that do not touch."""
    import numpy as np

    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask[2:6, 2:6] = 1
    mask[20:28, 30:38] = 1
    return mask


def pycocotools(folder: Path) -> None:
    """The form of the official files: what pycocotools encodes, checked by loading it with pycocotools."""
    import numpy as np
    from pycocotools import mask as masks
    from pycocotools.coco import COCO

    def packed(mask: Any) -> dict[str, Any]:
        found = masks.encode(np.asfortranarray(mask))
        return {"size": list(found["size"]), "counts": found["counts"].decode()}

    def runs(mask: Any) -> dict[str, Any]:
        flat = mask.flatten(order="F")
        ends = [0, *(np.flatnonzero(np.diff(flat)) + 1).tolist(), len(flat)]
        counts = np.diff(ends).tolist()
        return {"size": [HEIGHT, WIDTH], "counts": [0, *counts] if flat[0] else counts}

    square = [3, 4, 13, 4, 13, 14, 3, 14]
    people = ["nose", "left_eye", "right_eye"]
    document = {
        "info": {"description": "golden scene", "images": [], "a.b": 1},
        "licenses": [],
        "images": [
            {"id": 900719, "file_name": "train/straße 1.jpg", "width": WIDTH, "height": HEIGHT, "license": 3},
            {"id": 17, "file_name": "empty.jpg", "width": WIDTH, "height": HEIGHT},
            {"id": 3, "file_name": "東京.png", "width": WIDTH, "height": HEIGHT},
        ],
        "annotations": [
            row(1, 3, 1, [square], 100, [3, 4, 10, 10]),
            row(2, 900719, 90, [[0.5, 0.25, 10.125, 0.25, 5, 9.75]], 45.71875, [0.5, 0.25, 9.625, 9.5]),
            {**row(3, 900719, 90, runs(two_parts()), 80, [2, 2, 36, 26]), "iscrowd": 1},
            row(4, 900719, 7, packed(ring()), 112, [8, 5, 12, 10]),
            row(5, 3, 7, [[1, 1, 5, 1, 5, 5, 1, 5], [20, 20, 30, 20, 30, 28]], 56, [1, 1, 29, 27]),
            row(6, 3, 7, [[1, 1, 11, 1, 11, 11, 1, 11], [3, 3, 5, 3, 5, 5, 3, 5]], 96, [1, 1, 10, 10]),
            {
                **row(7, 900719, 1, [], 200, [10, 5, 10, 20]),
                "keypoints": [15, 8, 2, 14, 7, 1, 0, 0, 0],
                "num_keypoints": 2,
            },
            row(7, 3, 8, [], 4, [30, 10, 2, 2]),
        ],
        "categories": [
            {"id": 1, "name": "person", "supercategory": "person", "keypoints": people, "skeleton": [[1, 2]]},
            {"id": 90, "name": "Fußgänger", "supercategory": "outdoor"},
            {"id": 7, "name": "mouse", "supercategory": "animal"},
            {"id": 8, "name": "mouse", "supercategory": "electronic"},
        ],
    }
    path = folder / "instances_train.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    loaded = COCO(str(path))
    for each in loaded.loadAnns([2, 3, 4, 5]):
        print(each["id"], int(loaded.annToMask(each).sum()))


def row(number: int, image: int, category: int, segmentation: Any, area: float, bbox: Any) -> dict[str, Any]:
    """An annotation in the order of keys of the official files."""
    return {
        "segmentation": segmentation,
        "area": area,
        "iscrowd": 0,
        "image_id": image,
        "bbox": bbox,
        "category_id": category,
        "id": number,
    }


def lvis(folder: Path) -> None:
    """The form of LVIS 1: no file names, and what is not in a picture; checked by loading it with lvis."""
    from lvis import LVIS

    path = folder / "lvis_v1_val.json"
    document = {
        "info": {"version": "v1.0"},
        "annotations": [
            {
                "area": 50.0,
                "id": 1,
                "segmentation": [[1.5, 1.5, 11.5, 1.5, 11.5, 6.5, 1.5, 6.5]],
                "image_id": 397133,
                "bbox": [1.5, 1.5, 10.0, 5.0],
                "category_id": 2,
            }
        ],
        "images": [
            {
                "date_captured": "2013-11-14 17:02:52",
                "neg_category_ids": [1],
                "id": 397133,
                "license": 4,
                "height": HEIGHT,
                "width": WIDTH,
                "flickr_url": "http://farm7.staticflickr.com/6116/6255196340_da26cf2c9e_z.jpg",
                "coco_url": "http://images.cocodataset.org/val2017/000000397133.jpg",
                "not_exhaustive_category_ids": [],
            }
        ],
        "licenses": [{"id": 4, "name": "Attribution License", "url": ""}],
        "categories": [
            {
                "id": 1,
                "name": "aerosol_can",
                "synset": "aerosol.n.02",
                "synonyms": ["spray_can"],
                "frequency": "c",
            },
            {
                "id": 2,
                "name": "air_conditioner",
                "synset": "air_conditioner.n.01",
                "synonyms": [],
                "frequency": "f",
            },
        ],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    print(len(LVIS(str(path)).get_ann_ids()))


def datumaro(folder: Path) -> None:
    """Boxes, a turned box, polygons, a mask, a group, keypoints and attributes, exported by Datumaro."""
    import numpy as np
    from datumaro.components.annotation import (
        AnnotationType,
        Bbox,
        LabelCategories,
        Mask,
        Points,
        PointsCategories,
        Polygon,
        PolyLine,
        RotatedBbox,
    )
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image

    labels = LabelCategories()
    for name, above in (("person", ""), ("mouse", "animal"), ("Fußgänger", "")):
        labels.add(name, parent=above)
    points = PointsCategories()
    points.add(0, ["nose", "eye"], [[1, 2]])
    picture = Image.from_numpy(np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8))
    annotations = [
        Bbox(2.25, 3.5, 10, 8, label=0, id=5, attributes={"occluded": True, "colour": "red"}),
        RotatedBbox(20, 15, 10, 4, 30, label=0, id=6),
        PolyLine([1, 1, 5, 5, 9, 1], label=0, id=8),
        Polygon([1, 1, 11, 1, 11, 6.5, 1, 6.5], label=1, id=9),
        Mask(ring(), label=2, id=10),
        Bbox(1, 1, 4, 4, label=1, id=11, group=2),
        Polygon([20, 20, 30, 20, 30, 28], label=1, id=12, group=2),
        Points([5, 5, 9, 9], [2, 0], label=0, id=13, group=3),
        Bbox(4, 4, 6, 6, label=0, id=14, group=3),
    ]
    items = [
        DatasetItem("a/straße", subset="train", media=picture, annotations=annotations),
        DatasetItem("empty", subset="train", media=picture),
    ]
    kinds = {AnnotationType.label: labels, AnnotationType.points: points}
    dataset = Dataset.from_iterable(items, categories=kinds)
    dataset.export(str(folder), "coco_instances", save_media=False)
    dataset.export(str(folder), "coco_person_keypoints", save_media=False)


def label_studio(folder: Path) -> None:
    """A task with two annotations, a turned box, a polygon, keypoints; one task without; converted by the SDK."""
    import tempfile

    from label_studio_sdk.converter import Converter
    from PIL import Image

    config = (
        '<View><Image name="image" value="$image"/>'
        '<RectangleLabels name="box" toName="image"><Label value="Fußgänger"/><Label value="car"/></RectangleLabels>'
        '<PolygonLabels name="outline" toName="image"><Label value="car"/></PolygonLabels></View>'
    )

    def result(kind: str, name: str, value: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": kind,
            "from_name": name,
            "to_name": "image",
            "original_width": WIDTH,
            "original_height": HEIGHT,
            "image_rotation": 0,
            "value": value,
        }

    box = {"x": 25, "y": 20, "width": 50, "height": 30, "rotation": 0, "rectanglelabels": ["Fußgänger"]}
    turned = {"x": 50, "y": 50, "width": 20, "height": 10, "rotation": 30, "rectanglelabels": ["car"]}
    outline = {"points": [[10, 10], [60.5, 10], [60.5, 33.3]], "polygonlabels": ["car"]}
    with tempfile.TemporaryDirectory() as scratch:
        pictures = Path(scratch)
        for name in ("one.png", "two.png", "empty.png"):
            Image.new("RGB", (WIDTH, HEIGHT)).save(pictures / name)
        tasks = [
            {
                "id": 1,
                "data": {"image": str(pictures / "one.png")},
                "annotations": [
                    {
                        "id": 11,
                        "result": [
                            result("rectanglelabels", "box", box),
                            result("rectanglelabels", "box", turned),
                        ],
                    },
                    {"id": 12, "result": [result("polygonlabels", "outline", outline)]},
                ],
            },
            {
                "id": 2,
                "data": {"image": str(pictures / "two.png")},
                "annotations": [{"id": 13, "result": [result("polygonlabels", "outline", outline)]}],
            },
            {
                "id": 3,
                "data": {"image": str(pictures / "empty.png")},
                "annotations": [{"id": 14, "result": []}],
            },
        ]
        (pictures / "tasks.json").write_text(json.dumps(tasks))
        converter = Converter(config, project_dir=scratch)
        converter.convert_to_coco(
            str(pictures / "tasks.json"), str(folder), output_image_dir=str(folder / "images"), is_dir=False
        )
        text = (folder / "result.json").read_text(encoding="utf-8")
        (folder / "result.json").write_text(
            text.replace(scratch.replace("/", "\\/"), "\\/data"), encoding="utf-8"
        )


def labelformat(folder: Path) -> None:
    """Instances of one polygon, several, and a mask; and boxes with a confidence. Written by labelformat."""
    import tempfile

    from labelformat.formats.coco import (
        COCOInstanceSegmentationInput,
        COCOInstanceSegmentationOutput,
        COCOObjectDetectionInput,
        COCOObjectDetectionOutput,
    )

    counts = [8 * HEIGHT + 5, 10, 20, 10, HEIGHT * WIDTH - 8 * HEIGHT - 45]
    mask = {"size": [HEIGHT, WIDTH], "counts": counts}
    source = {
        "images": [
            {"id": 4, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT},
            {"id": 9, "file_name": "empty.jpg", "width": WIDTH, "height": HEIGHT},
        ],
        "categories": [{"id": 3, "name": "car"}, {"id": 8, "name": "tree"}],
        "annotations": [
            {
                **row(1, 4, 3, [[1, 1, 5, 1, 5, 5, 1, 5], [20, 20, 30, 20, 30, 28]], 56, [1, 1, 29, 27]),
                "score": 0.5,
            },
            {**row(2, 4, 8, mask, 20, [8, 5, 2, 10]), "iscrowd": 1},
        ],
    }
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "source.json"
        path.write_text(json.dumps(source))
        COCOInstanceSegmentationOutput(folder / "instances.json").save(COCOInstanceSegmentationInput(path))
        COCOObjectDetectionOutput(folder / "boxes.json").save(COCOObjectDetectionInput(path))


def supervision(folder: Path) -> None:
    """Masks with a hole and in two parts, forced into polygons and as they come, and a box."""
    import numpy as np
    import supervision as sv
    from PIL import Image

    def detections(**data: Any) -> Any:
        mask = np.array([ring(), two_parts()], dtype=bool)
        boxes = np.array([[8, 5, 20, 15], [2, 2, 38, 28]], dtype=np.float32)
        return sv.Detections(xyxy=boxes, mask=mask, class_id=np.array([0, 1]), data=data)

    path = folder / "scene.png"
    Image.new("RGB", (WIDTH, HEIGHT)).save(path)
    for name, found in (
        ("polygons", detections(iscrowd=np.array([0, 0]))),
        ("guessed", detections()),
        ("boxes", sv.Detections(xyxy=np.array([[1.5, 2, 11.25, 9]]), class_id=np.array([1]))),
    ):
        dataset = sv.DetectionDataset(["ring", "pair"], [str(path)], {str(path): found})
        dataset.as_coco(annotations_path=str(folder / f"{name}.json"))
    path.unlink()


TOOLS: dict[str, Callable[[Path], None]] = {
    "pycocotools": pycocotools,
    "lvis": lvis,
    "datumaro": datumaro,
    "label_studio": label_studio,
    "labelformat": labelformat,
    "supervision": supervision,
}

if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    TOOLS[sys.argv[1]](target)
