"""Lets the tools write Pascal VOC.

    python -m venv ENV && ENV/bin/pip install PACKAGES && ENV/bin/python benchmarks/golden/voc.py TOOL FOLDER

`label-studio`: label-studio-sdk==2.1.2; `supervision`: supervision==0.31.2; `datumaro`: datumaro==1.13.12; `cvat`: the
`datumaro` package of github.com/cvat-ai/datumaro at 8970bb7, by which CVAT writes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 200, 100


def label_studio(folder: Path) -> None:
    """Two boxes, of which one is turned, which it leaves out; an empty picture."""
    from label_studio_sdk.converter.converter import Converter

    config = """<View><Image name="image" value="$image"/><RectangleLabels name="box" toName="image">
    <Label value="Straße"/><Label value="car"/></RectangleLabels></View>"""

    def region(label: str, **value: Any) -> dict[str, Any]:
        found = {"id": label, "type": "rectanglelabels", "from_name": "box", "to_name": "image"}
        shape = {
            "x": 10,
            "y": 20.5,
            "width": 30.1,
            "height": 40,
            "rotation": 0,
            "rectanglelabels": [label],
            **value,
        }
        return {
            **found,
            "value": shape,
            "original_width": WIDTH,
            "original_height": HEIGHT,
            "image_rotation": 0,
        }

    def task(number: int, name: str, *regions: dict[str, Any]) -> dict[str, Any]:
        annotation = {"id": number, "completed_by": 1, "was_cancelled": False, "result": list(regions)}
        return {"id": number, "data": {"image": f"s3://bucket/{name}"}, "annotations": [annotation]}

    source = Path("tasks.json")
    first = task(1, "a/Green.png", region("Straße"), region("car", x=50))
    source.write_text(json.dumps([first, task(2, "empty.png")]), encoding="utf-8")
    Converter(config, project_dir=".", download_resources=False).convert_to_voc(
        str(source), str(folder), is_dir=False
    )
    source.unlink()


def supervision(folder: Path) -> None:
    """A box, and a mask with its outline; an empty picture."""
    import numpy as np
    import supervision as sv
    from PIL import Image

    names = [str(folder / name) for name in ("one.png", "two.png", "empty.png")]
    folder.mkdir()
    for name in names:
        Image.new("1", (WIDTH, HEIGHT)).save(name)
    mask = np.zeros((1, HEIGHT, WIDTH), bool)
    mask[0, 10:30, 20:50] = True
    box = sv.Detections(xyxy=np.array([[20.0, 10.0, 80.0, 50.0]]), class_id=np.array([0]))
    outline = sv.Detections(xyxy=sv.mask_to_xyxy(mask), mask=mask, class_id=np.array([1]))
    found = sv.DetectionDataset(
        classes=["car", "Straße"],
        images=names,
        annotations={names[0]: box, names[1]: outline, names[2]: sv.Detections.empty()},
    )
    found.as_pascal_voc(annotations_directory_path=str(folder / "Annotations"))
    for name in names:
        Path(name).unlink()


def datumaro(folder: Path) -> None:
    """A box with floats of 32 bits, another one; a picture on a list alone, as nothing is drawn on it."""
    from datumaro.components.annotation import AnnotationType, Bbox, LabelCategories
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image
    from numpy import uint8, zeros

    labels = LabelCategories()
    for name in ("car", "Straße"):
        labels.add(name)
    objects = [
        Bbox(20.1, 10, 60.2, 40, label=0, attributes={"occluded": True}),
        Bbox(0, 0, 200, 100, label=1),
    ]
    image = Image.from_numpy(zeros((HEIGHT, WIDTH, 3), uint8))
    items = [
        DatasetItem("day1/Green", subset="train", annotations=objects, media=image),
        DatasetItem("empty", subset="val", annotations=[], media=image),
    ]
    dataset = Dataset.from_iterable(items, categories={AnnotationType.label: labels}, media_type=Image)
    dataset.export(str(folder), "voc_detection", save_media=False)


def cvat(folder: Path) -> None:
    """A box with what is said of it, a turned one, a box with a part, a mask, a tag; an empty picture."""
    import numpy as np
    from datumaro.components.annotation import AnnotationType as Kind
    from datumaro.components.annotation import Bbox, Label, LabelCategories, Mask
    from datumaro.components.dataset import Dataset
    from datumaro.components.extractor import DatasetItem
    from datumaro.components.media import Image
    from datumaro.plugins.voc_format.converter import VocConverter

    labels = LabelCategories()
    for name in ("car", "Straße", "person", "sunny"):
        labels.add(name)
    labels.add("head", parent="person")
    said = {"occluded": True, "difficult": True, "colour": "red"}
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[60:80, 100:120] = 1
    objects = [
        Bbox(20.1, 10, 60.2, 40, label=0, attributes=said, id=1, group=1),
        Bbox(50, 20, 60, 30, label=1, attributes={"rotation": 30.0}, id=2, group=2),
        Bbox(100, 10, 40, 60, label=2, id=3, group=3),
        Bbox(110, 12, 10, 12, label=4, id=4, group=3),
        Mask(mask, label=0, id=5, group=5),
        Label(3),
    ]
    size = (HEIGHT, WIDTH)
    items = [
        DatasetItem(
            "day1/Grün", subset="train", annotations=objects, media=Image(path="day1/Grün.png", size=size)
        ),
        DatasetItem("empty", subset="train", media=Image(path="empty.png", size=size)),
    ]
    dataset = Dataset.from_iterable(items, categories={Kind.label: labels})
    VocConverter.convert(
        dataset, save_dir=str(folder), save_media=False, label_map="source", allow_attributes=True
    )
    shutil.rmtree(folder / "ImageSets" / "Action", ignore_errors=True)


if __name__ == "__main__":
    tool, target = sys.argv[1:]
    os.chdir(Path(target).parent)
    {"label-studio": label_studio, "supervision": supervision, "datumaro": datumaro, "cvat": cvat}[tool](
        Path(Path(target).name)
    )
