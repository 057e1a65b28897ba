"""What a person would write to turn COCO into entries of an import: `python coco/peers.py WAY SOURCE TARGET`.

Run by an interpreter that has the package of the way, and nothing of this program: `pip install` what `PACKAGES` says.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

PACKAGES = {"pycocotools": "pycocotools==2.0.11", "labelformat": "labelformat==0.1.17"}


def pycocotools(source: str) -> Iterator[dict[str, Any]]:
    """The official package: an index of the whole file, then picture by picture."""
    from pycocotools.coco import COCO

    coco = COCO(source)
    names = {each["id"]: each["name"] for each in coco.loadCats(coco.getCatIds())}
    for image in coco.dataset["images"]:
        labels: dict[str, list[Any]] = {}
        for each in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            for path in each["segmentation"]:
                points = [{"x": x, "y": y} for x, y in zip(path[::2], path[1::2], strict=True)]
                labels.setdefault(names[each["category_id"]], []).append({"polygon": points})
        yield {"external_media_ID": image["file_name"], "keepData": True, "labels": labels}


def labelformat(source: str) -> Iterator[dict[str, Any]]:
    """Label objects of labelformat."""
    from labelformat.formats.coco import COCOInstanceSegmentationInput

    for each in COCOInstanceSegmentationInput(source).get_labels():
        labels: dict[str, list[Any]] = {}
        for found in each.objects:
            for path in found.segmentation.polygons:
                points = [{"x": x, "y": y} for x, y in path]
                labels.setdefault(found.category.name, []).append({"polygon": points})
        yield {"external_media_ID": each.image.filename, "keepData": True, "labels": labels}


WAYS: dict[str, Callable[[str], Iterator[dict[str, Any]]]] = {
    "pycocotools": pycocotools,
    "labelformat": labelformat,
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
