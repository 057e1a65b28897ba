"""Lets the tools write the CSV files of OpenImages.

    python -m venv ENV && ENV/bin/pip install datumaro==1.13.12
    ENV/bin/python benchmarks/golden/datasets/openimages.py TOOL FOLDER

`datumaro`: as above; `cvat`: the `datumaro` package of github.com/cvat-ai/datumaro at 8970bb7, by which CVAT writes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 200, 100
CLASSES = ("car", "Straße", "sunny")


def datumaro(folder: Path) -> None:
    """Boxes with flags and without, one beyond the picture, labels of the picture, a mask; an empty picture."""
    import datumaro.components.annotation as kinds
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image
    from numpy import uint8, zeros

    image = Image.from_numpy(zeros((HEIGHT, WIDTH, 3), uint8))
    items = [
        DatasetItem("Grün", subset="train", annotations=_objects(kinds), media=image),
        DatasetItem("empty", subset="train", annotations=[], media=image),
        DatasetItem("day1/two", subset="val", annotations=[kinds.Bbox(10, 5, 20, 10, label=0)], media=image),
    ]
    categories = {kinds.AnnotationType.label: kinds.LabelCategories.from_iterable(CLASSES)}
    dataset = Dataset.from_iterable(items, categories=categories, media_type=Image)
    dataset.export(str(folder), "open_images", save_media=False)
    shutil.rmtree(folder / "masks")


def cvat(folder: Path) -> None:
    """The same."""
    import datumaro.components.annotation as kinds
    from datumaro.components.dataset import Dataset
    from datumaro.components.extractor import DatasetItem
    from datumaro.components.media import Image
    from datumaro.plugins.open_images_format import OpenImagesConverter

    def item(name: str, subset: str, annotations: list[Any]) -> DatasetItem:
        media = Image(path=f"{name}.png", size=(HEIGHT, WIDTH))
        return DatasetItem(name, subset=subset, annotations=annotations, media=media)

    items = [
        item("Grün", "train", _objects(kinds)),
        item("empty", "train", []),
        item("day1/two", "val", [kinds.Bbox(10, 5, 20, 10, label=0)]),
    ]
    categories = {kinds.AnnotationType.label: kinds.LabelCategories.from_iterable(CLASSES)}
    dataset = Dataset.from_iterable(items, categories=categories)
    OpenImagesConverter.convert(dataset, save_dir=str(folder), save_media=False)
    shutil.rmtree(folder / "masks")


def _objects(kinds: Any) -> list[Any]:
    from numpy import uint8, zeros

    flags = {"occluded": True, "truncated": False, "is_group_of": True, "is_depiction": False}
    mask = zeros((HEIGHT, WIDTH), uint8)
    mask[60:80, 100:120] = 1
    return [
        kinds.Bbox(20.1, 10, 60.2, 40, label=0, attributes=flags),
        kinds.Bbox(100, 20.5, 10, 30, label=1, attributes={"score": 0.87}),
        kinds.Bbox(-10, 20, 30, 30, label=1),
        kinds.Label(2),
        kinds.Label(0, attributes={"score": 0}),
        kinds.Mask(mask, label=0),
    ]


if __name__ == "__main__":
    tool, target = sys.argv[1:]
    {"datumaro": datumaro, "cvat": cvat}[tool](Path(target))
