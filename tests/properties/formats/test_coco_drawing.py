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
from bulk_importer.labels.label_config import ClassType, LabelClass, LabelConfig
from support.formats.converted import Converted, converted

USUAL = st.one_of(st.integers(0, 30), st.floats(0, 30))
EDGES = st.sampled_from([-0.5, -0.0, 0, 31, 33, 33.5, 1e-400, 10**25])
ODD: st.SearchStrategy[Any] = st.sampled_from([True, None, "3", [], {}])
POINTS = st.lists(st.tuples(USUAL | EDGES, USUAL), min_size=2, max_size=6)
PATHS = st.one_of(
    st.lists(USUAL, min_size=6, max_size=12).map(lambda path: path[: len(path) // 2 * 2]),
    POINTS.map(lambda points: [place for point in points for place in point]),
    st.lists(USUAL | EDGES, min_size=5, max_size=9),
)


_NONE = object()
_SAID: list[Any] = [
    *({}, None, {"occluded": False}, {"occluded": True, "colour": "red"}, {"colour": "violet", "doors": 4}),
    *({"rotation": 0, "colour": ""}, {"rotation": 12.5}, {"colour": ["red", "blue"], "seen": None}),
]


@st.composite
def rows_of_it(draw: st.DrawFn, *, odd: bool) -> dict[str, Any]:
    """Rows that are usual in what they have, or not; one that is not sends all of its file the plain way."""

    def some(usual: list[Any], others: list[Any]) -> Any:
        return draw(st.sampled_from([*usual * 2, *others] if odd else usual))

    path = draw(PATHS | st.lists(USUAL | ODD, max_size=8) if odd else PATHS)
    row: dict[str, Any] = {
        "image_id": some([1] * 5 + [2, 9], [True, 1.0, None]),
        "category_id": some([1] * 5 + [2, 3, 4, 5, "1"], [True, 1.0, []]),
        "id": some([1, 2] * 5 + ["3", None], [True, 1.0]),
        "segmentation": some([[path]] * 20 + [path, [path, path], None, [], [], [], [[]]], [{}, [None], "1"]),
        "bbox": some(
            [_around(path)] * 20 + [[1, 1, 5, 5], [30, 3, 3, 28.5], [3, 3, 0, 1], None, []], ["4", [1]]
        ),
        "area": 1,
        "iscrowd": some([0, 0, 0, 0, False, 1, True], ["1", None]),
    }
    attributes = some([_NONE] * 3 + _SAID, [{"deep": {"a": 1}}, [], "x", 3])
    if attributes is not _NONE:
        row["attributes"] = attributes
    if odd:
        row[draw(st.sampled_from(["ignore", "score", "attributes", "keypoints"]))] = draw(st.integers(0, 1))
    return row


def _around(path: list[Any]) -> list[float]:
    """The box of an outline, where it has one."""
    numbers = [each for each in path if isinstance(each, int | float)]
    if len(numbers) < 2:
        return [1, 1, 5, 5]
    left, top = min(numbers[::2]), min(numbers[1::2])
    return [left, top, max(numbers[::2]) - left, max(numbers[1::2]) - top]


CONFIG = LabelConfig(
    (
        LabelClass(
            "car",
            ClassType.POLYGON,
            children=(
                LabelClass("colour", ClassType.SELECT, options=("red", "blue")),
                LabelClass("doors", ClassType.FREETEXT),
            ),
        ),
        LabelClass("tree", ClassType.RECTANGLE),
    )
)


@given(
    rows=st.lists(rows_of_it(odd=False), max_size=8) | st.lists(rows_of_it(odd=True), max_size=4),
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
            {"id": 4, "name": "one"},
            {"id": 4, "name": "other"},
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
