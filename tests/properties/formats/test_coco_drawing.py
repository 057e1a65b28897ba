"""What is drawn the fast way is what the plain way makes of it, with the same account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.documents.coco.drawing import Drawer
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.labels.label_config import read_label_config
from support.formats.converted import Converted, converted

PLACES = st.one_of(
    st.integers(0, 30),
    st.floats(0, 30),
    st.sampled_from([-0.5, -0.0, 31, 33.5, 1e-400, 10**25, True, None, "3"]),
)
PATHS = st.lists(PLACES, min_size=4, max_size=12)
SEGMENTATIONS = st.one_of(
    PATHS.map(lambda path: [path]), PATHS, st.lists(PATHS, max_size=3), st.sampled_from([None, [], [[]], {}])
)


@st.composite
def annotations(draw: st.DrawFn) -> dict[str, Any]:
    """Rows, most of them usual in most of what they have."""
    segmentation = draw(SEGMENTATIONS)
    row: dict[str, Any] = {
        "image_id": draw(st.sampled_from([1, 1, 1, 2, 9, True, 1.0])),
        "category_id": draw(st.sampled_from([1, 1, 2, 3, 4, "1", True, 1.0])),
        "id": draw(st.sampled_from([1, 2, "3", None, True])),
        "segmentation": segmentation,
        "bbox": _around(segmentation) if draw(st.booleans()) else draw(st.sampled_from([[1, 1, 5, 5], [], "4"])),
        "area": 1,
        "iscrowd": draw(st.sampled_from([0, 0, 0, 1, False, True])),
    }
    if draw(st.integers(0, 9)) == 0:
        row[draw(st.sampled_from(["ignore", "score", "attributes", "keypoints"]))] = draw(st.integers(0, 1))
    return row


def _around(segmentation: Any) -> list[float]:
    """The box of an outline, where it has one."""
    try:
        path = [float(each) for each in segmentation[0]]
        left, top = min(path[::2]), min(path[1::2])
        return [left, top, max(path[::2]) - left, max(path[1::2]) - top]
    except (TypeError, ValueError, IndexError, KeyError):
        return [1, 1, 5, 5]


CONFIG = read_label_config(
    {
        "entries": [
            {"type": "POLYGON", "entryKey": "car", "entryValue": "car"},
            {"type": "RECTANGLE", "entryKey": "tree", "entryValue": "tree"},
        ]
    }
)


@given(
    rows=st.lists(annotations(), max_size=8),
    separators=st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", ":")]),
    with_config=st.booleans(),
)
def test_both_ways_come_to_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    separators: tuple[str, str],
    with_config: bool,
) -> None:
    """Entries, findings in their order, and the books."""
    document = {
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": 33, "height": 31},
            {"id": 2, "file_name": "b.jpg"},
        ],
        "categories": [
            {"id": 1, "name": "car"},
            {"id": 2, "name": "tree"},
            {"id": 3, "name": "nothing"},
            {"id": 3, "name": "something"},
        ],
        "annotations": rows,
    }
    path = tmp_path_factory.getbasetemp() / "drawn.json"
    path.write_text(json.dumps(document, separators=separators))

    def result() -> Converted:
        config = CONFIG if with_config else None
        return converted(path, "coco", Choices(), config, ClassMap(classes={"nothing": None}))

    drawn = result()
    with _nothing_drawn():
        plain = result()
    assert drawn == plain


@contextmanager
def _nothing_drawn() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Drawer, "on", lambda *_: lambda _: None)
        yield
