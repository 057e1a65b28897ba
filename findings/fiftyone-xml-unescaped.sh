#!/usr/bin/env bash
# fiftyone 1.22.1: a class with & or < in its name makes its VOC and CVAT files something that is not XML.
#
# Expected: what is written as XML can be read as XML; "R&B" comes back as "R&B", as it does from COCO and YOLO.
# Happens: names and attributes are put into templates as they are. The VOC file of each picture with such an object,
# and the one CVAT file of all pictures, is refused by every XML parser, that of FiftyOne's own importers too; the
# export ends without a word.
# For an importer: all labels of a picture (VOC), or of a dataset (CVAT), are lost to one name.
# Do: say which file is no XML, and at which line; export COCO, whose JSON has the names right, or rename the class.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-compile fiftyone==1.22.1

cat >expected <<'END'
fiftyone 1.22.1
VOC, a class bus: XML
VOC, a class R&B: not well-formed (invalid token)
VOC, an attribute <5 m: not well-formed (invalid token)
CVAT, a class bus: XML
CVAT, a class R&B: not well-formed (invalid token)
CVAT, an attribute <5 m: not well-formed (invalid token)
COCO, a class R&B: R&B
END

HOME=$dir FIFTYONE_DO_NOT_TRACK=true venv/bin/python - >seen <<'END'
import json
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

from fiftyone.core.labels import Detection, Detections
from fiftyone.core.metadata import ImageMetadata
from fiftyone.utils.coco import COCODetectionDatasetExporter
from fiftyone.utils.cvat import CVATImageDatasetExporter
from fiftyone.utils.voc import VOCDetectionDatasetExporter

print("fiftyone", version("fiftyone"))


def exported(exporter, label, **attributes):
    """The label file of one picture with one object."""
    folder = Path(exporter.__name__, label, *attributes)
    found = Detections(detections=[Detection(label=label, bounding_box=[0.1, 0.2, 0.3, 0.4], **attributes)])
    metadata = ImageMetadata(width=200, height=100, num_channels=3)
    with exporter(export_dir=str(folder), export_media=False) as writing:
        labels = {"objects": found} if exporter is CVATImageDatasetExporter else found
        writing.export_sample("one.png", labels, metadata=metadata)
    (path,) = (path for path in folder.rglob("*") if path.suffix in {".xml", ".json"})
    return path


def told(path):
    try:
        ElementTree.parse(path)
    except ElementTree.ParseError as error:
        return str(error).partition(":")[0]
    return "XML"


for name, exporter in (("VOC", VOCDetectionDatasetExporter), ("CVAT", CVATImageDatasetExporter)):
    print(f"{name}, a class bus:", told(exported(exporter, "bus")))
    print(f"{name}, a class R&B:", told(exported(exporter, "R&B")))
    print(f"{name}, an attribute <5 m:", told(exported(exporter, "bus", distance="<5 m")))
categories = json.loads(exported(COCODetectionDatasetExporter, "R&B").read_text())["categories"]
print("COCO, a class R&B:", *(each["name"] for each in categories if each["name"] != "0"))
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: names go into XML as they are, and what comes out is none."
