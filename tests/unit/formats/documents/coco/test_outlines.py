"""A part inside another one is a hole where the area says so, and nothing is guessed where it does not."""

from __future__ import annotations

import pytest

from bulk_importer.formats.documents.coco.outlines import Outline, extent_of, outline_of
from bulk_importer.formats.model import Mask, Polygon, Size

OUTER = [0, 0, 20, 0, 20, 20, 0, 20]
INNER = [5, 5, 15, 5, 15, 15, 5, 15]
ISLAND = [8, 8, 12, 8, 12, 12, 8, 12]
BESIDE = [30, 0, 40, 0, 40, 10, 30, 10]


def polygon(*parts: list[int], area: float | None) -> tuple[int, int, bool]:
    """How many parts and holes there are, and whether that is certain."""
    outline = outline_of(list(parts), area, None)
    assert isinstance(outline, Outline)
    assert isinstance(outline.shape, Polygon)
    return len(outline.shape.parts), len(outline.shape.holes), not outline.doubt


@pytest.mark.parametrize(
    ("parts", "area", "expected"),
    [
        ([OUTER, INNER], 300, (1, 1, True)),
        ([INNER, OUTER], 300.5, (1, 1, True)),
        ([OUTER, INNER], 400, (2, 0, True)),
        ([OUTER, INNER], 500, (2, 0, True)),
        ([OUTER, INNER], 380, (2, 0, False)),
        ([OUTER, INNER], 0, (2, 0, False)),
        ([OUTER, INNER], None, (2, 0, False)),
        ([OUTER, INNER, ISLAND], 316, (2, 1, True)),
        ([OUTER, INNER, BESIDE], 400, (2, 1, True)),
        ([OUTER, BESIDE], 1, (2, 0, True)),
        ([OUTER, OUTER], 400, (2, 0, True)),
        ([[0, 0, 19, 0, 19, 19, 0, 19], [4, 4, 15, 4, 15, 15, 4, 15]], 300, (1, 1, True)),
    ],
)
def test_the_area_tells_a_hole_from_a_part(
    parts: list[list[int]], area: float | None, expected: tuple[int, int, bool]
) -> None:
    """Also an island in a hole, and outlines along the middle of the pixels at the edge (the last one)."""
    assert polygon(*parts, area=area) == expected


@pytest.mark.parametrize("segmentation", [None, [], [[]]])
def test_what_is_empty_is_none(segmentation: object) -> None:
    """CVAT, Datumaro and Label Studio write it for boxes."""
    assert outline_of(segmentation, 1, None) is None


def test_both_forms_of_run_lengths_are_one_mask() -> None:
    """Columns of a picture of 3 x 2: the second one is set."""
    forms = [outline_of({"size": [2, 3], "counts": counts}, 2, Size(3, 2)) for counts in ([2, 2, 2], "222")]
    assert forms == [Outline(Mask(((1, ((0, 2),)),), by_columns=True))] * 2


def test_the_edges_of_a_shape_are_those_of_its_pixels() -> None:
    """Of all parts, and of a mask up to the end of its last pixel."""
    assert extent_of(Polygon(((0, 1, 5, 1, 5, 4), (7, 0, 9, 0, 9, 2)))) == (0, 0, 9, 4)
    assert extent_of(Mask(((1, ((0, 2),)), (4, ((3, 5),))), by_columns=True)) == (1, 0, 5, 5)
    assert extent_of(Mask((), by_columns=True)) is None
