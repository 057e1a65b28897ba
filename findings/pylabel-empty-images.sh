#!/usr/bin/env bash
# pylabel 0.1.55: an image without objects repeats the object before it in COCO, and has a line of blanks in YOLO.
#
# Expected: read from COCO and written to COCO again, a file holds the same objects; in YOLO the image has an empty
# label file.
# Happens: COCO repeats the object before it in the list, with its id and its image, once for each image without
# objects. The YOLO file of such an image is four blanks and a line feed. A category that no object uses is dropped.
# For an importer: a dataset gains an object for each of its empty images, in places that look right; ids are no key;
# and a reader of YOLO that takes each line for an object stumbles where there is none.
# Do: refuse ids that come twice, and skip lines without a word in them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-compile pylabel==0.1.55 pandas==2.2.3 numpy==2.2.6

cat >expected <<'END'
pylabel 0.1.55
read:    objects 1 2, on images 1 2, categories car bus van, images 1 2 3 4
written: objects 0 1 1 1, on images 1 2 2 2, categories car bus, images 1 2 3 4
YOLO files: 1.txt 20 characters or more, 2.txt 20 characters or more, 3.txt '    \n', 4.txt '    \n'
END

venv/bin/python -W ignore - >seen 2>log <<'END' || { cat log >&2; exit 1; }
import json
from importlib.metadata import version
from pathlib import Path

from pylabel import importer

print("pylabel", version("pylabel"))
Path("coco.json").write_text(
    json.dumps(
        {
            "images": [{"id": n, "file_name": f"{n}.png", "width": 200, "height": 100} for n in (1, 2, 3, 4)],
            "categories": [{"id": n, "name": name} for n, name in enumerate(("car", "bus", "van"))],
            "annotations": [
                {"id": n, "image_id": n, "category_id": n - 1, "bbox": [10, 20, 30, 40], "area": 1200, "iscrowd": 0}
                for n in (1, 2)
            ],
        }
    )
)


def told(title, path):
    coco = json.loads(Path(path).read_text())
    objects = sorted(coco["annotations"], key=lambda found: found["id"])
    ids, images = (" ".join(str(found[key]) for found in objects) for key in ("id", "image_id"))
    categories = " ".join(category["name"] for category in coco["categories"])
    whole = " ".join(str(image["id"]) for image in coco["images"])
    print(f"{title} objects {ids}, on images {images}, categories {categories}, images {whole}")


dataset = importer.ImportCoco("coco.json", path_to_images=".", name="labels")
dataset.export.ExportToCoco(output_path="written.json")
dataset.export.ExportToYoloV5(output_path="yolo/labels")
told("read:   ", "coco.json")
told("written:", "written.json")
files = [(path.name, path.read_text()) for path in sorted(Path("yolo/labels").iterdir())]
shown = (f"{name} {'20 characters or more' if len(text) >= 20 else repr(text)}" for name, text in files)
print("YOLO files:", ", ".join(shown))
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: no object is written as the one before, or as blanks."
