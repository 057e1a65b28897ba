#!/usr/bin/env bash
# supervision 0.31.2: one object in two pieces is a crowd in its COCO export, and two objects in YOLO and VOC.
#
# Expected: an object whose mask has two pieces (a car behind a post) or a hole is one object in every format, in COCO
# by a list of polygons or as RLE, with iscrowd 0: `iscrowd` marks a group whose members were not told apart.
# Happens: COCO gets RLE with iscrowd 1 for each mask in pieces or with a hole. YOLO and Pascal VOC get a line, or an
# object, for each piece; the ring gets one polygon that runs around both edges.
# For an importer: the number of objects depends on the format, and crowds are commonly skipped on import or ignored
# when scores are computed, so that just the occluded objects vanish.
# Do: read iscrowd of such a file as "mask as RLE", and count objects before and after a conversion.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-compile supervision==0.31.2 numpy==2.2.6 pillow==12.3.0

cat >expected <<'END'
supervision 0.31.2
in one piece: COCO 1 (polygons, iscrowd 0), YOLO 1, VOC 1
in two pieces: COCO 1 (RLE, iscrowd 1), YOLO 2, VOC 2
a ring: COCO 1 (RLE, iscrowd 1), YOLO 1, VOC 1
END

venv/bin/python -W ignore - >seen <<'END'
import json
import xml.etree.ElementTree as ET
from importlib.metadata import version
from pathlib import Path

import numpy as np
import supervision as sv
from PIL import Image

print("supervision", version("supervision"))
Image.new("RGB", (200, 100)).save("one.png")


def told(title, *areas):
    mask = np.zeros((1, 100, 200), bool)
    for place, inside in areas:
        mask[0, place, place] = inside
    detections = sv.Detections(xyxy=sv.mask_to_xyxy(mask), mask=mask, class_id=np.array([0]))
    dataset = sv.DetectionDataset(classes=["car"], images=["one.png"], annotations={"one.png": detections})
    dataset.as_coco(annotations_path="coco.json")
    dataset.as_yolo(annotations_directory_path="yolo")
    dataset.as_pascal_voc(annotations_directory_path="voc")
    coco = json.loads(Path("coco.json").read_text())["annotations"]
    form = "RLE" if "counts" in coco[0]["segmentation"] else "polygons"
    yolo = Path("yolo/one.txt").read_text().splitlines()
    voc = ET.parse("voc/one.xml").findall("object")
    crowd = coco[0]["iscrowd"]
    print(f"{title}: COCO {len(coco)} ({form}, iscrowd {crowd}), YOLO {len([*filter(None, yolo)])}, VOC {len(voc)}")


told("in one piece", (slice(10, 30), True))
told("in two pieces", (slice(10, 30), True), (slice(50, 70), True))
told("a ring", (slice(10, 70), True), (slice(30, 50), False))
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: what is in pieces is a crowd, or several."
