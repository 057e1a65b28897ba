#!/usr/bin/env bash
# scalabel 0.3.1: its Python package takes the last pixel of a box where its own page, and BDD100K, have the edge.
#
# Expected: a box goes from COCO to Scalabel's JSON as its page writes boxes (x2 is where it ends), and back as it was.
# Happens: it subtracts 1 on the way there and adds 1 on the way back, which hides it. Read as the page and FiftyOne do,
# boxes made of COCO are a pixel short on both sides, next to an outline that is not; and those that people drew on the
# page are a pixel too large in COCO, where one over the whole picture reaches beyond it.
# For an importer: nothing in the file says which of the two it is, and a server that checks boxes refuses the latter.
# Do: ask who wrote the file, and compare boxes with outlines of the same label where there are some.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-compile scalabel==0.3.1 pydantic==1.10.27 \
  numpy==2.4.6 matplotlib==3.11.2 pycocotools==2.0.11

cat >expected <<'END'
scalabel 0.3.1
COCO: bbox [20, 10, 60, 40], outline from (20, 10) to (80, 50)
Scalabel: x 20.0 to 79.0, y 10.0 to 49.0, outline from (20.0, 10.0) to (80.0, 50.0)
drawn on the page, over all of 200 x 100: x 0.0 to 200.0, y 0.0 to 100.0
COCO: bbox [0.0, 0.0, 201.0, 101.0]
END

venv/bin/python -W ignore - >seen 2>log <<'END' || { cat log >&2; exit 1; }
from importlib.metadata import version

from scalabel.label.from_coco import coco_to_scalabel
from scalabel.label.to_coco import scalabel2coco_detection
from scalabel.label.typing import Box2D, Frame, ImageSize, Label

print("scalabel", version("scalabel"))
outline = [20, 10, 80, 10, 80, 50, 20, 50]
annotation = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 10, 60, 40], "area": 2400, "iscrowd": 0}
document = {
    "images": [{"id": 1, "file_name": "one.png", "width": 200, "height": 100}],
    "categories": [{"id": 1, "name": "car"}],
    "annotations": [{**annotation, "segmentation": [outline]}],
}
print(f"COCO: bbox {annotation['bbox']}, outline from (20, 10) to (80, 50)")
frames, config = coco_to_scalabel(document)
[label] = frames[0].labels
box, corners = label.box2d, label.poly2d[0].vertices
print(
    f"Scalabel: x {box.x1} to {box.x2}, y {box.y1} to {box.y2}, "
    f"outline from {tuple(corners[0])} to {tuple(corners[2])}"
)
whole = Box2D(x1=0, y1=0, x2=200, y2=100)
drawn = Frame(
    name="one.png",
    size=ImageSize(width=200, height=100),
    labels=[Label(id=1, category="car", box2d=whole)],
)
print(f"drawn on the page, over all of 200 x 100: x {whole.x1} to {whole.x2}, y {whole.y1} to {whole.y2}")
[found] = scalabel2coco_detection([drawn], config)["annotations"]
print(f"COCO: bbox {found['bbox']}")
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: the last pixel is taken for the edge, and the edge for the last pixel."
