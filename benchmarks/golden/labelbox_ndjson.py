"""Lets Labelbox's library write the NDJSON that Labelbox takes for an import.

    python -m venv ENV && ENV/bin/pip install 'labelbox[data]==7.17.0'
    ENV/bin/python benchmarks/golden/labelbox_ndjson.py FOLDER

What Labelbox exports is written by its server, which does not run here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def written(folder: Path) -> None:
    """Each shape, a mask as a PNG, nested answers, and two data rows."""
    import numpy as np
    from labelbox import types as lb
    from labelbox.data.serialization import NDJsonConverter

    def corners(*points: tuple[float, float]) -> list[Any]:
        return [lb.Point(x=x, y=y) for x, y in points]

    def answer(name: str, *below: Any) -> Any:
        return lb.ClassificationAnswer(name=name, classifications=list(below))

    def radio(question: str, chosen: Any) -> Any:
        return lb.ClassificationAnnotation(name=question, value=lb.Radio(answer=chosen))

    seen = lb.Checklist(answer=[answer("occluded"), answer("truncated")])
    said = [
        radio("colour", answer("red", radio("shine", answer("matt")))),
        lb.ClassificationAnnotation(name="seen", value=seen),
        lb.ClassificationAnnotation(name="note", value=lb.Text(answer="a red one")),
    ]
    box = lb.Rectangle(start=lb.Point(x=20.25, y=10), end=lb.Point(x=80.5, y=50))
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[20:40, 50:80] = 255
    mask = lb.Mask(mask=lb.MaskData(arr=pixels), color=(255, 255, 255))
    shapes = [
        lb.ObjectAnnotation(name="car", value=box, classifications=said),
        lb.ObjectAnnotation(
            name="Straße", value=lb.Polygon(points=corners((10, 10), (180, 15.5), (100, 80), (10, 10)))
        ),
        lb.ObjectAnnotation(name="lane", value=lb.Line(points=corners((0, 99), (10.5, 10), (200, 0)))),
        lb.ObjectAnnotation(name="light", value=lb.Point(x=5.25, y=6.75)),
        lb.ObjectAnnotation(name="road", value=mask),
        radio("weather", answer("sunny")),
    ]
    labels = [
        lb.Label(data={"global_key": "day1/Grün.png"}, annotations=shapes),
        lb.Label(data={"global_key": "two.png"}, annotations=[radio("weather", answer("dry"))]),
    ]
    rows = list(NDJsonConverter.serialize(labels))
    for number, row in enumerate(rows):
        row["uuid"] = f"00000000-0000-4000-8000-{number:012}"  # else it is another one each time
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "import.ndjson").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    written(Path(sys.argv[1]))
