"""Lets Supervisely's library write a project.

python -m venv ENV && ENV/bin/pip install supervisely==6.74.51
ENV/bin/python benchmarks/golden/supervisely_project.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 200, 100


def written(folder: Path) -> None:
    """Each shape, a hole, nodes of which one is switched off, tags, an empty picture, one name in two datasets."""
    import numpy as np
    import supervisely as sly
    from supervisely.geometry.graph import KeypointsTemplate
    from supervisely.geometry.multipolygon import Multipolygon
    from supervisely.geometry.oriented_bbox import OrientedBBox

    template = KeypointsTemplate()
    template.add_point(label="head", row=0, col=0)
    template.add_point(label="foot", row=1, col=1)
    heads = list(template.to_json()["nodes"])
    shapes = {
        "car": sly.Rectangle,
        "truck": OrientedBBox,
        "Straße": sly.Polygon,
        "plaza": Multipolygon,
        "lane": sly.Polyline,
        "light": sly.Point,
        "road": sly.Bitmap,
    }
    classes = {name: sly.ObjClass(name, shape) for name, shape in shapes.items()}
    classes["person"] = sly.ObjClass("person", sly.GraphNodes, geometry_config=template)
    colour = sly.TagMeta("colour", sly.TagValueType.ANY_STRING)
    parked = sly.TagMeta("parked", sly.TagValueType.NONE)
    weather = sly.TagMeta("weather", sly.TagValueType.ONEOF_STRING, possible_values=["dry", "wet"])
    sunny = sly.TagMeta("sunny", sly.TagValueType.NONE)
    meta = sly.ProjectMeta(
        obj_classes=sly.ObjClassCollection(list(classes.values())),
        tag_metas=sly.TagMetaCollection([colour, parked, weather, sunny]),
    )

    def places(*corners: tuple[int, int]) -> list[Any]:
        return [sly.PointLocation(row=y, col=x) for x, y in corners]

    def square(left: int, top: int, right: int, bottom: int) -> list[Any]:
        return places((left, top), (right, top), (right, bottom), (left, bottom))

    ring = np.ones((20, 30), bool)
    ring[5:15, 10:20] = False
    said = sly.TagCollection([sly.Tag(colour, "red"), sly.Tag(parked)])
    parts = [
        sly.Polygon(square(10, 10, 20, 20), [square(12, 12, 14, 14)]),
        sly.Polygon(square(30, 10, 40, 20), []),
    ]
    nodes = {
        heads[0]: sly.Node(sly.PointLocation(50, 100)),
        heads[1]: sly.Node(sly.PointLocation(60, 110), disabled=True),
    }
    geometries = {
        "truck": OrientedBBox(top=5, left=65, bottom=64, right=94, angle=np.pi / 2),
        "Straße": sly.Polygon(places((10, 10), (180, 15), (100, 80)), []),
        "plaza": Multipolygon(parts),
        "lane": sly.Polyline(places((0, 99), (10, 10), (199, 0))),
        "light": sly.Point(row=6, col=5),
        "road": sly.Bitmap(ring, origin=sly.PointLocation(row=20, col=50)),
        "person": sly.GraphNodes(nodes),
    }
    car = sly.Label(sly.Rectangle(10, 20, 49, 79), classes["car"], said, description="a red one")
    labels = [car, *(sly.Label(shape, classes[name]) for name, shape in geometries.items())]
    tags = sly.TagCollection([sly.Tag(weather, "dry"), sly.Tag(sunny)])
    found = sly.Annotation((HEIGHT, WIDTH), labels, tags)
    empty = sly.Annotation((HEIGHT, WIDTH))
    again = sly.Annotation((HEIGHT, WIDTH), [sly.Label(sly.Rectangle(0, 0, 0, 0), classes["car"])])

    project = sly.Project(str(folder), sly.OpenMode.CREATE)
    project.set_meta(meta)
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for dataset, pictures in (("ds1", {"Grün.png": found, "empty.png": empty}), ("ds2", {"Grün.png": again})):
        made = project.create_dataset(dataset)
        for name, annotation in pictures.items():
            made.add_item_np(name, pixels, ann=annotation)


if __name__ == "__main__":
    written(Path(sys.argv[1]))
