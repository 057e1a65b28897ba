#!/usr/bin/env bash
# datumaro 1.13.12: what nobody said of an object in KITTI makes it truncated and occluded, and a quarter becomes all.
#
# Expected: KITTI's -1 for "truncated" and "occluded" means that nobody said so (its own DontCare rows have it, and
# labelformat writes it for every object), and 0.25 and 2 are a quarter cut off and largely hidden.
# Happens: both columns are compared with 0, so that every box of labelformat is truncated and occluded, without a word.
# Written again, 0.25 is 1.0 and 2 is 1; the angle, and what is said of the space in front of the camera, is -1.
# For an importer: whoever filters occluded objects after a way through this reader has none left.
# Do: take -1 for "not said" before import, and keep the numbers of the file where they matter.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-compile datumaro==1.13.12 labelformat==0.1.17 numpy==2.4.6

cat >expected <<'END'
datumaro 1.13.12
labelformat 0.1.17
labelformat wrote
  car -1 -1 -10 20.0 10.0 80.0 50.0 -1 -1 -1 -1000 -1000 -1000 -10
read as
  one: {'truncated': True, 'occluded': True}
  two: {'truncated': True, 'occluded': True}
written again
  car 1.0 1 -1 20.0 10.0 80.0 50.0 -1 -1 -1 -1 -1 -1 -1 1.0
  van 1.0 1 -1 100.0 20.0 150.0 80.0 -1 -1 -1 -1 -1 -1 -1 1.0
END

venv/bin/python -W ignore - >seen <<'END'
import json
import subprocess
from importlib.metadata import version
from pathlib import Path

from datumaro.components.dataset import Dataset
from PIL import Image

for package in ("datumaro", "labelformat"):
    print(package, version(package))
rows, pictures = Path("kitti/train/label_2"), Path("kitti/train/image_2")
for folder in (rows, pictures):
    folder.mkdir(parents=True)
for name in ("one", "two"):
    Image.new("RGB", (200, 100)).save(pictures / f"{name}.png")
document = {
    "images": [{"id": 1, "file_name": "one.png", "width": 200, "height": 100}],
    "categories": [{"id": 1, "name": "car"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 10, 60, 40], "iscrowd": 0}],
}
Path("coco.json").write_text(json.dumps(document))
command = ["venv/bin/labelformat", "convert", "--task", "object-detection"]
command += ["--input-format", "coco", "--input-file", "coco.json", "--output-format", "kitti"]
subprocess.run([*command, "--output-folder", str(rows)], check=True, capture_output=True)
print("labelformat wrote")
print(" ", (rows / "one.txt").read_text().strip())
(rows / "two.txt").write_text("van 0.25 2 1.85 100 20 150 80 1.67 1.87 3.69 -16.53 2.39 58.49 1.57\n")
dataset = Dataset.import_from("kitti", "kitti_detection")
print("read as")
for item in sorted(dataset, key=lambda each: each.id):
    for found in item.annotations:
        print(f"  {item.id}: {found.attributes}")
dataset.export("again", "kitti_detection", save_media=False)
print("written again")
for name in ("one", "two"):
    print(" ", Path(f"again/train/label_2/{name}.txt").read_text().strip())
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: not said is read as yes."
