"""The files that tools wrote, each with what a person says where it does not say all, and what a person sees in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from bulk_importer.formats.choices import Angle, BoxEnds, Choices, Holes
from bulk_importer.formats.model import Size
from support.places import VECTORS

__all__ = ["GOLDEN", "Golden"]

_FORMATS = VECTORS / "formats"


@dataclass(frozen=True)
class Golden:
    """A source that a tool wrote.

    Attributes:
        form: name of its format.
        place: below the folder of its format.
        flags: what a person says about it, as `Settings` has it.
    """

    form: str
    place: str
    flags: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As a test is called."""
        return f"{self._folder}/{self.place}"

    @property
    def path(self) -> Path:
        """Where it lies."""
        return _FORMATS / self._folder / self.place

    @property
    def choices(self) -> Choices:
        """What a person says, with holes that are cut, and pictures of 200 x 100 pixels where nothing says it."""
        said = {name: value for name, value in self.flags.items() if name != "class_names"}
        names = self.flags.get("class_names")
        classes = None if names is None else tuple(Path(names).read_text("utf-8").splitlines())
        return Choices(holes=Holes.CUT, class_names=classes, sizes=lambda _: Size(200, 100), **said)

    @property
    def expected(self) -> dict[str, Any]:
        """What a person sees in the tool: see `seen` for the form."""
        whole = msgspec.json.decode((_FORMATS / self._folder / "expected.json").read_bytes())
        found: dict[str, Any] = whole[self.place]
        return found

    @property
    def _folder(self) -> str:
        return self.form.replace("-", "_")


_CLASS = {"class_attribute": "object"}
_SAHI = {"class_names": str(_FORMATS / "yolo" / "sahi-names.txt")}

GOLDEN = (
    *(
        Golden("coco", place)
        for place in (
            "pycocotools/instances_train.json",
            "lvis/lvis_v1_val.json",
            "datumaro/annotations/instances_train.json",
            "datumaro/annotations/person_keypoints_train.json",
            "label_studio/result.json",
            "labelformat/instances.json",
            "labelformat/boxes.json",
            "supervision/guessed.json",
            "supervision/polygons.json",
            "supervision/boxes.json",
            "cvat/annotations/instances_default.json",
        )
    ),
    *(
        Golden("yolo", place)
        for place in (
            *("supervision", "cvat/darknet", "cvat/detection", "cvat/segmentation", "cvat/oriented"),
            *("cvat/pose", "label-studio/mixed", "label-studio/pose"),
        )
    ),
    Golden("yolo", "sahi", _SAHI),
    *(Golden("label-studio", place) for place in ("tool/tasks.json", "min/result.json")),
    Golden("cvat", "annotations.xml"),
    Golden("voc", "supervision", {"voc_origin": 1}),
    *(Golden("voc", place) for place in ("cvat", "datumaro", "label-studio")),
    Golden("labelme", "labelme"),
    *(Golden("labelbox", place) for place in ("export/export.ndjson", "import/import.ndjson")),
    Golden("darwin", "v7", {"ellipse_angle": Angle.RADIANS}),
    Golden("darwin", "darwin-py"),
    *(Golden("datumaro", place) for place in ("datumaro", "cvat")),
    *(
        Golden("via", f"via/{name}", _CLASS)
        for name in ("project.json", "annotations.json", "annotations.csv")
    ),
    Golden("supervisely", "project"),
    *(Golden("kitti", place) for place in ("cvat", "datumaro", "fiftyone", "labelformat")),
    *(Golden("bdd100k", place) for place in ("fiftyone/labels.json", "of_2018", "scalabel/drawn.json")),
    Golden("bdd100k", "scalabel/from_coco.json", {"box_ends": BoxEnds.PIXEL}),
    *(Golden("cityscapes", place) for place in ("tool", "published")),
    *(Golden("openimages", place) for place in ("cvat", "datumaro", "published")),
)
"""All of them."""
