"""Lets V7's library write Darwin JSON 2.0, and draw what stands in such files.

    python -m venv ENV && ENV/bin/pip install darwin-py==3.6.3
    ENV/bin/python benchmarks/golden/darwin_json.py write FOLDER
    ENV/bin/python benchmarks/golden/darwin_json.py areas FILE ...

`write` holds what the library can write: boxes, polygons and tags. The rest is written by V7's server, which does not
run here; `areas` says how many pixels the library fills for each polygon, by which the rule of several paths is known.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def write(folder: Path) -> None:
    """A box, a polygon of one path, one with a hole, a tag; and an item without annotations."""
    import darwin.datatypes as dt
    from darwin.exporter.formats.darwin import build_image_annotation

    def square(left: float, top: float, right: float, bottom: float) -> list[dict[str, float]]:
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        return [{"x": x, "y": y} for x, y in corners]

    objects = [
        dt.make_bounding_box("car", 20.25, 10.0, 60.25, 40.0),
        dt.make_polygon("Straße", [square(10, 10, 180, 80.5)]),
        dt.make_polygon("road", [square(50, 20, 80, 40), square(60, 25, 70, 35), square(100, 20, 110, 40)]),
        dt.make_tag("sunny"),
    ]
    slot = dt.Slot(name="0", type="image", source_files=[], width=200, height=100)
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture, found in (("Green", "Grün.png", objects), ("empty", "empty.png", [])):
        file = dt.AnnotationFile(
            path=folder / f"{name}.json",
            filename=picture,
            annotation_classes=set(),
            annotations=found,
            remote_path="/day1",
            dataset_name="streets",
            slots=[slot],
        )
        text = json.dumps(build_image_annotation(file, "team"), ensure_ascii=False, indent=1)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def areas(*files: str) -> None:
    """The pixels of each polygon, as the library fills them."""
    import numpy as np
    from darwin.utils import convert_polygons_to_sequences, parse_darwin_json
    from upolygon import draw_polygon

    for name in files:
        file = parse_darwin_json(Path(name))
        assert file is not None
        for each in file.annotations:
            if each.annotation_class.annotation_type == "polygon":
                mask = np.zeros((file.image_height, file.image_width), np.uint8)
                draw_polygon(mask, convert_polygons_to_sequences(each.data["paths"]), 1)
                print(name, each.annotation_class.name, int(mask.sum()))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]))
    else:
        areas(*sys.argv[2:])
