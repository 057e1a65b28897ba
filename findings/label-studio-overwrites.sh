#!/usr/bin/env bash
# label-studio-sdk 2.1.2: YOLO and Pascal VOC exports keep the last of what has one file name, COCO lists a file twice.
#
# Expected: one label file for each image with all that was drawn on it, or an error where two images would share one.
# Happens: the label file is named by the last part of the image's URL, and written anew for each annotation. Of two
# images `day1/cam.png` and `day2/cam.png` the first loses its labels; of a task that two people annotated, the first
# one's are gone. The COCO export has all of them, under one image entry for each annotation, two of which name the
# same file.
# For an importer: fewer labels than in the project, without a gap that one could see; or, from COCO, the objects of
# two people on one image, and image ids that are no key.
# Do: count annotations in Label Studio's own JSON first, and merge COCO images by file name, not by id.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
# What its converters import; the client of a server beside them needs several times as much.
venv/bin/pip install -q --no-compile ijson==3.6.0 ujson==6.1.0 lxml==6.1.3 numpy==2.2.6 pillow==12.3.0 nltk==3.10.4 \
  requests==2.34.2 appdirs==1.4.4 PyJWT==2.13.0
venv/bin/pip install -q --no-compile --no-deps label-studio-sdk==2.1.2

cat >expected <<'END'
label-studio-sdk 2.1.2
two folders: drawn car bus; COCO car bus, YOLO bus, VOC bus
  images in COCO: 0 s3://bucket/day1/cam.png, 1 s3://bucket/day2/cam.png
two people: drawn car bus; COCO car bus, YOLO bus, VOC bus
  images in COCO: 0 s3://bucket/day1/cam.png, 1 s3://bucket/day1/cam.png
END

venv/bin/python - >seen 2>log <<'END' || { cat log >&2; exit 1; }
import json
import xml.etree.ElementTree as ET
from importlib.metadata import version
from pathlib import Path

from label_studio_sdk.converter.converter import Converter

print("label-studio-sdk", version("label-studio-sdk"))
CONFIG = """<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image">
<Label value="car"/><Label value="bus"/></RectangleLabels></View>"""


def annotation(number, label):
    value = {"x": 50, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": [label]}
    region = {"type": "rectanglelabels", "from_name": "label", "to_name": "image", "value": value}
    region |= {"original_width": 200, "original_height": 100, "image_rotation": 0}
    return {"id": number, "completed_by": number, "was_cancelled": False, "result": [region]}


def task(number, day, *annotations):
    return {"id": number, "data": {"image": f"s3://bucket/{day}/cam.png"}, "annotations": annotations}


car, bus = annotation(1, "car"), annotation(2, "bus")
for title, tasks in (
    ("two folders", [task(1, "day1", car), task(2, "day2", bus)]),
    ("two people", [task(1, "day1", car, bus)]),
):
    place = Path(title)
    place.mkdir()
    (place / "tasks.json").write_text(json.dumps(tasks))
    converter = Converter(CONFIG, project_dir=".", download_resources=False)
    for kind in ("coco", "yolo", "voc"):
        getattr(converter, f"convert_to_{kind}")(str(place / "tasks.json"), str(place / kind), is_dir=False)
    coco = json.loads((place / "coco/result.json").read_text())
    names = {category["id"]: category["name"] for category in coco["categories"]}
    labels = " ".join(names[found["category_id"]] for found in coco["annotations"])
    classes = (place / "yolo/classes.txt").read_text().split()
    files = sorted((place / "yolo/labels").iterdir())
    yolo = " ".join(classes[int(line.split()[0])] for file in files for line in file.read_text().splitlines())
    files = sorted((place / "voc/Annotations").iterdir())
    voc = " ".join(found.text for file in files for found in ET.parse(file).findall("object/name"))
    print(f"{title}: drawn car bus; COCO {labels}, YOLO {yolo}, VOC {voc}")
    print("  images in COCO:", ", ".join(f"{image['id']} {image['file_name']}" for image in coco["images"]))
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: one label file a name, and the last writer has it."
