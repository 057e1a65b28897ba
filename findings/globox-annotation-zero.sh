#!/usr/bin/env bash
# globox 2.9.0, pycocotools 2.0.11: a file compared with itself scores less than 1, and a small one far less.
#
# Expected: ids in COCO files are any numbers that differ, and labels that are scored against themselves are perfect.
# Happens: globox numbers annotations from 0 (`auto_ids=True`), and the evaluation of pycocotools keeps the id of the
# matched annotation in a field where 0 means none. So the object with id 0 is never found: it counts as missed, and
# what found it as a false alarm. Of one object the score is 0, of two 0.25 in place of 1, of a hundred 0.98.
# For an importer: whoever measures labels that went through such a file sees a loss that is none; and code that passes
# ids on with `if id` drops the same one.
# Do: number annotations of a COCO file that is written from 1, and take no loss of a few hundredths for damage before
# that.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q globox==2.9.0 numpy==2.4.6 pycocotools==2.0.11

cat >expected <<'END'
globox 2.9.0
pycocotools 2.0.11
1 object: ids from 0, compared with itself 0.00; numbered from 1: 1.00
2 objects: ids from 0, compared with itself 0.25; numbered from 1: 1.00
100 objects: ids from 0, compared with itself 0.98; numbered from 1: 1.00
END

venv/bin/python - >seen <<'END'
import contextlib
import io
import json
from importlib.metadata import version
from pathlib import Path

from globox import Annotation, AnnotationSet, BoundingBox
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

for package in ("globox", "pycocotools"):
    print(package, version(package))


def score(dataset):
    """How well the annotations of a dataset match themselves: mean average precision."""
    results = [
        {"image_id": found["image_id"], "category_id": found["category_id"], "bbox": found["bbox"], "score": 1.0}
        for found in dataset["annotations"]
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = dataset
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats[0]


for count in (1, 2, 100):
    boxes = [BoundingBox(label="car", xmin=9 * n, ymin=0, xmax=9 * n + 8, ymax=8) for n in range(count)]
    path = Path("coco.json")
    AnnotationSet([Annotation("one.png", (900, 8), boxes)]).save_coco(path, auto_ids=True)
    dataset = json.loads(path.read_text())
    first = min(found["id"] for found in dataset["annotations"])
    as_written = score(dataset)
    for found in dataset["annotations"]:
        found["id"] += 1
    what = f"{count} object{'s' if count > 1 else ''}"
    print(f"{what}: ids from {first}, compared with itself {as_written:.2f}; numbered from 1: {score(dataset):.2f}")
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: the annotation with id 0 is never found."
