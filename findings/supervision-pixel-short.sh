#!/usr/bin/env bash
# supervision 0.31.2: polygons and boxes that it makes of masks are a pixel short, beside an area that is not.
#
# Expected: a mask of 10 x 10 pixels is written to COCO with area 100 and a box and a polygon of that size.
# Happens: corners are taken from the first and the last pixel inside, so box and polygon measure 9 x 9, next to area
# 100. Its own reader draws the edge in and gets 100 back, which hides it; pycocotools gets 81. A mask one pixel high
# keeps its area, with a box of height 0, and its polygon is left out.
# For an importer: labels shrink by a pixel with each way through masks, small and thin objects most of all (a fifth of
# this one), and a server that checks boxes refuses those of no height.
# Do: take width and height from the mask plus one pixel before export, and reject boxes without extent by name.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-compile supervision==0.31.2 numpy==2.2.6 pillow==12.3.0 pycocotools==2.0.11

cat >expected <<'END'
supervision 0.31.2
pycocotools 2.0.11
mask of 10 x 10: area 100, bbox [10, 10, 9, 9], polygons [[10, 10, 10, 19, 19, 19, 19, 10]]
  pixels, read by supervision: 100, by pycocotools: 81
mask of 30 x 1: area 30, bbox [10, 10, 29, 0], polygons []
END

venv/bin/python -W ignore - >seen <<'END'
import json
from importlib.metadata import version

import numpy as np
import supervision as sv
from PIL import Image
from pycocotools import mask as pycocotools

for package in ("supervision", "pycocotools"):
    print(package, version(package))
Image.new("RGB", (200, 100)).save("one.png")


def written(width, height):
    mask = np.zeros((1, 100, 200), bool)
    mask[0, 10 : 10 + height, 10 : 10 + width] = True
    detections = sv.Detections(xyxy=sv.mask_to_xyxy(mask), mask=mask, class_id=np.array([0]))
    dataset = sv.DetectionDataset(classes=["car"], images=["one.png"], annotations={"one.png": detections})
    dataset.as_coco(annotations_path="coco.json")
    with open("coco.json") as file:
        [found] = json.load(file)["annotations"]
    print(
        f"mask of {width} x {height}: area {found['area']:.0f}, bbox {found['bbox']}, "
        f"polygons {found['segmentation']}"
    )
    return found


polygons = written(10, 10)["segmentation"]
[(_, _, read)] = sv.DetectionDataset.from_coco(".", "coco.json", force_masks=True)
area = pycocotools.area(pycocotools.frPyObjects(polygons, 100, 200))[0]
print(f"  pixels, read by supervision: {read.mask.sum()}, by pycocotools: {area}")
written(30, 1)
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: the last pixel inside is taken for the edge."
