#!/usr/bin/env bash
# label-studio-sdk 2.1.2: a rotated rectangle is another box in COCO than in YOLO and VOC, and neither is its envelope.
#
# Expected: an upright box cannot show a rotation, so all formats hold the same stand-in, the envelope of the
# rectangle, as its YOLO export with oriented boxes has the four corners right.
# Happens: YOLO and VOC hold x, y, width and height as if it had not been turned; as Label Studio turns around the
# upper left corner, that box may lie beside the object altogether. COCO holds an envelope, but one that was turned in
# percents of the image, whose sides count alike: right on a square image, and on a 2:1 image twice as wide and half as
# high as the object.
# For an importer: labels of one project agree or not by the format that somebody happened to export, and nothing in
# the file tells which boxes were turned.
# Do: take Label Studio's own JSON, or its export with oriented boxes, where a project has rotated rectangles.
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
image 200 x 100, turned by 0
  corners x 100..160, y 20..60; COCO x 100..160, y 20..60; YOLO x 100..160, y 20..60; VOC x 100..160, y 20..60
image 100 x 100, turned by 90
  corners x 10..50, y 20..50; COCO x 10..50, y 20..50; YOLO x 50..80, y 20..60; VOC x 50..80, y 20..60
image 200 x 100, turned by 90
  corners x 60..100, y 20..80; COCO x 20..100, y 20..50; YOLO x 100..160, y 20..60; VOC x 100..160, y 20..60
END

venv/bin/python - >seen 2>log <<'END' || { cat log >&2; exit 1; }
import json
import xml.etree.ElementTree as ET
from importlib.metadata import version
from pathlib import Path

from label_studio_sdk.converter.converter import Converter

print("label-studio-sdk", version("label-studio-sdk"))
CONFIG = """<View><Image name="image" value="$image"/>
<RectangleLabels name="label" toName="image"><Label value="car"/></RectangleLabels></View>"""


def span(*corners):
    (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*corners, strict=True))
    return f"x {left:.0f}..{right:.0f}, y {top:.0f}..{bottom:.0f}"


def box(x, y, width, height):
    return span((x, y), (x + width, y + height))


for wide, turn in ((200, 0), (100, 90), (200, 90)):
    place = Path(f"{wide}-{turn}")
    place.mkdir()
    value = {"x": 50, "y": 20, "width": 30, "height": 40, "rotation": turn, "rectanglelabels": ["car"]}
    region = {"type": "rectanglelabels", "from_name": "label", "to_name": "image", "value": value}
    region |= {"original_width": wide, "original_height": 100, "image_rotation": 0}
    annotation = {"id": 1, "completed_by": 1, "was_cancelled": False, "result": [region]}
    task = {"id": 1, "data": {"image": "s3://bucket/one.png"}, "annotations": [annotation]}
    (place / "tasks.json").write_text(json.dumps([task]))
    converter = Converter(CONFIG, project_dir=".", download_resources=False)
    for kind, more in (("coco", {}), ("yolo", {}), ("voc", {}), ("corners", {"is_obb": True})):
        convert = getattr(converter, f"convert_to_{kind.replace('corners', 'yolo')}")
        convert(str(place / "tasks.json"), str(place / kind), is_dir=False, **more)
    coco = json.loads((place / "coco/result.json").read_text())["annotations"][0]["bbox"]
    x, y, width, height = map(float, (place / "yolo/labels/one.txt").read_text().split()[1:])
    voc = ET.parse(place / "voc/Annotations/one.xml").find("object/bndbox")
    left, top, right, bottom = (float(voc.findtext(name)) for name in ("xmin", "ymin", "xmax", "ymax"))
    corners = [float(number) for number in (place / "corners/labels/one.txt").read_text().split()[1:]]
    corners = [(x * wide, y * 100) for x, y in zip(corners[::2], corners[1::2], strict=True)]
    yolo = box((x - width / 2) * wide, (y - height / 2) * 100, width * wide, height * 100)
    print(f"image {wide} x 100, turned by {turn}")
    print(f"  corners {span(*corners)}; COCO {box(*coco)}; YOLO {yolo}; VOC {span((left, top), (right, bottom))}")
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: no upright export holds the object on an image that is not square."
