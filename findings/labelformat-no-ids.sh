#!/usr/bin/env bash
# labelformat 0.1.17: the COCO file that it writes has annotations without ids, which pycocotools cannot open.
#
# Expected: COCO in, COCO out keeps what makes an annotation one: id, image, category, box, area, iscrowd.
# Happens: id, area and iscrowd are not written. pycocotools and what is built on it end in KeyError: 'id', or, once
# ids are given, at the area that it filters by. What was marked as a crowd is an object like any other afterwards.
# For an importer: what a converter calls COCO may have no key to remember an annotation by; a reader that asks for
# annotation["id"] ends at the first.
# Do: take the position in the list for an id that is missing, and width times height for an area.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-compile labelformat==0.1.17 pycocotools==2.0.11

cat >expected <<'END'
labelformat 0.1.17
pycocotools 2.0.11
read:    area bbox category_id id image_id iscrowd
written: bbox category_id image_id
written, opened with pycocotools: KeyError: 'id'
with ids, annotations below an area of 1000: KeyError: 'area'
END

venv/bin/python - >seen <<'END'
import contextlib
import io
import json
from importlib.metadata import version
from pathlib import Path

from labelformat.formats import COCOObjectDetectionInput, COCOObjectDetectionOutput
from pycocotools.coco import COCO

for package in ("labelformat", "pycocotools"):
    print(package, version(package))
annotation = {"id": 7, "image_id": 1, "category_id": 1, "bbox": [10, 20, 30, 40], "area": 900, "iscrowd": 1}
images = [{"id": 1, "file_name": "one.png", "width": 200, "height": 100}]
source, target = Path("source.json"), Path("target.json")
source.write_text(
    json.dumps({"images": images, "categories": [{"id": 1, "name": "car"}], "annotations": [annotation]})
)
COCOObjectDetectionOutput(target).save(COCOObjectDetectionInput(source))
written = json.loads(target.read_text())
print("read:   ", *sorted(annotation))
print("written:", *sorted(written["annotations"][0]))


def told(what, call):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            outcome = call()
    except KeyError as error:
        outcome = f"KeyError: {error}"
    print(f"{what}: {outcome}")


told("written, opened with pycocotools", lambda: COCO(str(target)))
written["annotations"][0]["id"] = 7
target.write_text(json.dumps(written))
told("with ids, annotations below an area of 1000", lambda: COCO(str(target)).getAnnIds(areaRng=[0, 1000]))
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: annotations come out without ids, areas and crowds."
