"""Makes tasks of Label Studio, which its own checker accepts, and lets its converter write JSON_MIN of them.

python -m venv ENV && ENV/bin/pip install label-studio-sdk==2.1.2
ENV/bin/python benchmarks/golden/label_studio.py tests/vectors/formats/label_studio
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from label_studio_sdk.converter.brush import encode_rle
from label_studio_sdk.converter.converter import Converter
from label_studio_sdk.label_interface import LabelInterface

WIDTH, HEIGHT = 200, 100
CONFIG = """<View>
<Image name="image" value="$image"/>
<RectangleLabels name="box" toName="image"><Label value="Straße"/><Label value="car"/></RectangleLabels>
<PolygonLabels name="outline" toName="image"><Label value="car"/></PolygonLabels>
<EllipseLabels name="round" toName="image"><Label value="car"/></EllipseLabels>
<KeyPointLabels name="dot" toName="image"><Label value="nose"/></KeyPointLabels>
<BrushLabels name="brush" toName="image"><Label value="road"/></BrushLabels>
<Rectangle name="bare" toName="image"/><Labels name="named" toName="image"><Label value="bus"/></Labels>
<Choices name="weather" toName="image"><Choice value="sunny"/><Choice value="rainy"/></Choices>
<Taxonomy name="kind" toName="image">
<Choice value="vehicle"><Choice value="van"/><Choice value="truck"/></Choice></Taxonomy>
<Choices name="colour" toName="image" perRegion="true" choice="multiple">
<Choice value="red"/><Choice value="blue"/></Choices>
<TextArea name="plate" toName="image" perRegion="true"/>
</View>"""


def result(name: str, kind: str, number: str | None, **value: Any) -> dict[str, Any]:
    """One result, as the editor writes it."""
    found: dict[str, Any] = {
        "original_width": WIDTH,
        "original_height": HEIGHT,
        "image_rotation": 0,
        "value": value,
    }
    return {
        **found,
        "id": number or name,
        "from_name": name,
        "to_name": "image",
        "type": kind,
        "origin": "manual",
    }


def annotation(number: int, *results: dict[str, Any], cancelled: bool = False) -> dict[str, Any]:
    """What one person has said of a task."""
    when = f"2026-11-27T10:0{number % 10}:00.000000Z"
    found = {
        "id": number,
        "completed_by": 1,
        "result": list(results),
        "was_cancelled": cancelled,
        "ground_truth": False,
    }
    return {**found, "created_at": when, "updated_at": when, "lead_time": 1.5}


def brush() -> list[int]:
    """A ring and a spot: 30 x 20 pixels with a hole of 10 x 10, and 5 x 5 pixels."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[20:40, 50:80] = mask[90:95, 190:195] = 255
    mask[25:35, 60:70] = 0
    return [int(each) for each in encode_rle(np.repeat(mask.ravel(), 4))]


def tasks() -> list[dict[str, Any]]:
    """Each shape, a rotated box, labels apart from their box, answers, several annotations, an empty picture."""
    box = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}
    turned = {"x": 50, "y": 20, "width": 30, "height": 40, "rotation": 90}
    bare = {"x": 1.5, "y": 2.25, "width": 10.1, "height": 20.2, "rotation": 0}
    first = annotation(
        1001,
        result("box", "rectanglelabels", "a", **box, rectanglelabels=["Straße"]),
        result("colour", "choices", "a", **box, choices=["red", "blue"]),
        result("plate", "textarea", "a", **box, text=["B 17"]),
        result("box", "rectanglelabels", "b", **turned, rectanglelabels=["car"]),
        result(
            "outline",
            "polygonlabels",
            "c",
            points=[[10, 10], [90, 15.5], [50, 80]],
            closed=True,
            polygonlabels=["car"],
        ),
        result(
            "round",
            "ellipselabels",
            "d",
            x=50,
            y=50,
            radiusX=10,
            radiusY=20,
            rotation=0,
            ellipselabels=["car"],
        ),
        {
            **result("dot", "keypointlabels", "e", x=20, y=30, width=0.5, keypointlabels=["nose"]),
            "parentID": "a",
        },
        result("bare", "rectangle", "f", **bare),
        result("named", "labels", "f", **bare, labels=["bus"]),
        result("weather", "choices", None, choices=["sunny"]),
        result("kind", "taxonomy", None, taxonomy=[["vehicle", "van"], ["vehicle", "truck"]]),
        {"from_id": "a", "to_id": "b", "type": "relation", "direction": "right"},
    )
    painted = annotation(
        1002, result("brush", "brushlabels", "g", format="rle", rle=brush(), brushlabels=["road"])
    )
    older = annotation(1003, result("box", "rectanglelabels", "h", **box, rectanglelabels=["car"]))
    newer = annotation(
        1004, result("box", "rectanglelabels", "i", **{**box, "x": 60}, rectanglelabels=["car"])
    )
    skipped = annotation(
        1005, result("box", "rectanglelabels", "j", **box, rectanglelabels=["car"]), cancelled=True
    )
    rows: tuple[tuple[str, list[dict[str, Any]]], ...] = (
        ("/data/upload/3/0a1b2c3d-Gr%C3%BCn.png", [first]),
        ("s3://bucket/day1/cam.png", [painted]),
        ("/data/local-files/?d=day2/cam.png", [older, newer, skipped]),
        ("https://host.invalid/empty.png?X-Amz-Date=1", [annotation(1006)]),
        ("unlabelled.png", []),
    )
    return [
        {
            "id": at,
            "annotations": found,
            "predictions": [],
            "data": {"image": url},
            "meta": {},
            "total_annotations": len(found),
        }
        for at, (url, found) in enumerate(rows, 11)
    ]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "tool").mkdir(parents=True, exist_ok=True)
    made = tasks()
    interface = LabelInterface(CONFIG)
    for each in made:
        for found in each["annotations"]:
            for one in found["result"]:
                assert one["type"] in {"relation", "labels"} or interface.validate_region(one), one
    text = json.dumps(made, ensure_ascii=False)
    (folder / "tool" / "tasks.json").write_text(text, encoding="utf-8")
    Converter(CONFIG, project_dir=".", download_resources=False).convert_to_json_min(
        str(folder / "tool" / "tasks.json"), str(folder / "min"), is_dir=False
    )
