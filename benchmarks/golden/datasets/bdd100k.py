"""Lets the tools write BDD100K's JSON, which is Scalabel's.

    python -m venv ENV && ENV/bin/pip install PACKAGES
    ENV/bin/python benchmarks/golden/datasets/bdd100k.py TOOL FOLDER

`fiftyone`: fiftyone==1.22.1; `scalabel`: scalabel==0.3.1 and pydantic<2.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 200, 100
CURVED = [(100.0, 90.0), (120.0, 60.0), (160.0, 60.0), (180.0, 90.0)]


def fiftyone(folder: Path) -> None:
    """Boxes, a closed line and an open one, what is said of the picture; a picture of which only that is said."""
    import fiftyone.core.labels as kinds
    import fiftyone.core.metadata as metadata
    from fiftyone.utils.bdd import BDDDatasetExporter
    from PIL import Image

    size = metadata.ImageMetadata(width=WIDTH, height=HEIGHT)
    box = (20.1 / WIDTH, 10 / HEIGHT, 60.2 / WIDTH, 40 / HEIGHT)
    corners = [(0.05, 0.1), (0.9, 0.155), (0.5, 0.8)]
    weather = kinds.Classification(label="partly cloudy")
    scene = kinds.Classifications(
        classifications=[kinds.Classification(label=each) for each in ("tunnel", "city")]
    )
    found = {
        "weather": weather,
        "scene": scene,
        "detections": kinds.Detections(
            detections=[
                kinds.Detection(
                    label="car", bounding_box=box, confidence=0.87, occluded=True, truncated=False
                ),
                kinds.Detection(
                    label="traffic light", bounding_box=(0.5, 0.2, 0.05, 0.3), trafficLightColor="red"
                ),
            ]
        ),
        "polylines": kinds.Polylines(
            polylines=[
                kinds.Polyline(label="drivable area", points=[corners], closed=True, filled=True),
                kinds.Polyline(label="Straße", points=[[(0, 0.99), (0.5, 0.1)], [(0.5, 0.1), (1, 0)]]),
            ]
        ),
    }
    pictures = folder.parent / "pictures"
    pictures.mkdir()
    exporter = BDDDatasetExporter(export_dir=str(folder), export_media=False)
    with exporter:
        for name, labels in (("Grün.png", found), ("empty.png", {"weather": weather})):
            Image.new("1", (WIDTH, HEIGHT)).save(pictures / name)
            exporter.export_sample(str(pictures / name), labels, metadata=size)
    shutil.rmtree(pictures)


def scalabel(folder: Path) -> None:
    """What COCO holds, as its converter has it; a curve, a mask, a graph, a cuboid; a picture without labels."""
    from numpy import uint8, zeros
    from scalabel.label.from_coco import coco_to_scalabel
    from scalabel.label.io import save
    from scalabel.label.transforms import mask_to_rle
    from scalabel.label.typing import Box3D, Dataset, Edge, Frame, Graph, ImageSize, Label, Node, Poly2D

    mask = zeros((HEIGHT, WIDTH), uint8)
    mask[60:80, 100:120] = 1
    joints = [
        Node(location=(110, 20), category="head", visibility="V", id="a"),
        Node(location=(112.5, 40), category="neck", visibility="N", id="b"),
    ]
    drawn: list[dict[str, Any]] = [
        {"category": "drivable area", "poly2d": [Poly2D(vertices=CURVED, types="LCCL", closed=True)]},
        {"category": "lane", "poly2d": [Poly2D(vertices=CURVED, types="LCCC", closed=False)]},
        {"category": "car", "rle": mask_to_rle(mask), "attributes": {"crowd": True, "occluded": False}},
        {
            "category": "person",
            "graph": Graph(nodes=joints, edges=[Edge(source="a", target="b")], type="Pose2D"),
        },
        {
            "category": "car",
            "box3d": Box3D(alpha=0, orientation=(0, 0, 0), location=(1, 2, 3), dimension=(1, 1, 1)),
        },
    ]
    labels = [Label(id=at, **each) for at, each in enumerate(drawn)]
    size = ImageSize(width=WIDTH, height=HEIGHT)
    said = {"weather": "clear", "timeofday": "daytime"}
    frames = [
        Frame(name="drawn.png", size=size, labels=labels, attributes=said),
        Frame(name="empty.png", size=size),
    ]
    folder.mkdir(parents=True)
    save(str(folder / "drawn.json"), frames)
    frames, config = coco_to_scalabel(_coco())
    save(str(folder / "from_coco.json"), Dataset(frames=frames, config=config, groups=None))


def _coco() -> Any:
    outline = [[10, 10, 180, 15.5, 100, 80]]
    return {
        "images": [{"id": 7, "file_name": "Grün.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [{"id": 3, "name": "car"}, {"id": 9, "name": "Straße"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 7,
                "category_id": 3,
                "bbox": [20.5, 10, 60, 40],
                "iscrowd": 0,
                "area": 2400,
            },
            {
                "id": 2,
                "image_id": 7,
                "category_id": 9,
                "bbox": [10, 10, 170, 70],
                "segmentation": outline,
                "iscrowd": 0,
                "area": 1,
            },
        ],
    }


if __name__ == "__main__":
    tool, target = sys.argv[1:]
    {"fiftyone": fiftyone, "scalabel": scalabel}[tool](Path(target))
