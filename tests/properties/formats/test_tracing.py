"""Properties of masks: what is traced, or cut in, holds the pixels of the mask and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as oracle

from bulk_importer.formats.model import Mask, Path, Polygon, Size
from bulk_importer.formats.shapes.keyholes import with_keyholes
from bulk_importer.formats.shapes.masks import coco_counts, mask_of_counts
from bulk_importer.formats.shapes.tracing import Part, trace

Pixels: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.uint8]]"


@st.composite
def pixels(draw: st.DrawFn) -> Pixels:
    """Pictures of a few pixels with a mask, from empty to full."""
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    dense = draw(st.sampled_from((0.1, 0.5, 0.8, 0.95)))
    seed = draw(st.integers(0, 2**32 - 1))
    return (np.random.default_rng(seed).random((height, width)) < dense).astype(np.uint8)


def mask_of(found: Pixels) -> Mask:
    """The mask by way of COCO's compressed run lengths, as pycocotools writes them."""
    packed = oracle.encode(np.asfortranarray(found))
    height, width = found.shape
    return mask_of_counts(coco_counts(packed["counts"].decode()), Size(width, height))


def filled(paths: Iterable[Path], shape: tuple[int, int]) -> Pixels:
    """The pixels in outlines along the edges of pixels, by the even-odd rule."""
    found = np.zeros(shape, np.uint8)
    for path in paths:
        corners = list(zip(path[::2], path[1::2], strict=True))
        for (x, y), (_, below) in zip(corners, [*corners[1:], corners[0]], strict=True):
            top, bottom = sorted((int(y), int(below)))
            found[top:bottom, int(x) :] ^= 1
    return found


def paths_of(part: Part) -> tuple[Path, tuple[Path, ...]]:
    """Outer path and holes, as x and y."""
    outer, *holes = (
        tuple(place for corner in ring for place in corner) for ring in (part.outer, *part.holes)
    )
    return outer, tuple(holes)


def parts_of(found: Pixels) -> Iterator[set[tuple[int, int]]]:
    """Pixels that hang together by their edges, found by walking."""
    left = {(int(row), int(column)) for row, column in np.argwhere(found)}
    while left:
        part, edge = set(), [left.pop()]
        while edge:
            row, column = edge.pop()
            part.add((row, column))
            near = {(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)} & left
            left -= near
            edge += near
        yield part


@given(pixels())
def test_what_is_traced_holds_the_pixels_of_the_mask_and_no_others(found: Pixels) -> None:
    """Outer rings and holes together, by the even-odd rule; and the area is that of the oracle."""
    mask = mask_of(found)
    parts = trace(mask.lines)
    assert (
        filled((path for part in parts for path in (paths_of(part)[0], *paths_of(part)[1])), found.shape)
        == found
    ).all()
    area = sum(stop - start for _, runs in mask.lines for start, stop in runs)
    assert area == int(oracle.area(oracle.encode(np.asfortranarray(found))))


@given(pixels())
def test_there_is_a_part_for_all_pixels_that_hang_together(found: Pixels) -> None:
    """Each with its own pixels, when its holes are taken out."""
    traced = [
        filled((paths_of(part)[0], *paths_of(part)[1]), found.shape) for part in trace(mask_of(found).lines)
    ]
    as_sets = [{(int(row), int(column)) for row, column in np.argwhere(each)} for each in traced]
    assert sorted(map(sorted, as_sets)) == sorted(map(sorted, parts_of(found)))


@given(pixels())
def test_a_hole_that_is_cut_in_leaves_the_pixels_as_they_are(found: Pixels) -> None:
    """One outline a part, which runs to the holes and back."""
    cut = [
        path
        for part in trace(mask_of(found).lines)
        for path in with_keyholes(Polygon((paths_of(part)[0],), paths_of(part)[1]))
    ]
    assert (filled(cut, found.shape) == found).all()


@given(pixels())
def test_no_corner_lies_on_a_straight_edge(found: Pixels) -> None:
    """A ring turns at each of its corners."""
    for part in trace(mask_of(found).lines):
        for ring in (part.outer, *part.holes):
            for a, b, c in zip([ring[-1], *ring[:-1]], ring, [*ring[1:], ring[0]], strict=True):
                assert (b[0] - a[0]) * (c[1] - b[1]) != (b[1] - a[1]) * (c[0] - b[0])


@pytest.mark.parametrize("counts", [[0, 3], [5, -1], [2, 1, 2]])
def test_run_lengths_that_do_not_fill_the_picture_are_refused(counts: list[int]) -> None:
    """What would be read behind their end is not in the file."""
    with pytest.raises(ValueError, match="run length"):
        mask_of_counts(counts, Size(2, 2))


@pytest.mark.parametrize("packed", ["\x00", "abc\x7f", "é", "`"])
def test_what_is_no_packed_run_length_is_refused(packed: str) -> None:
    """Letters outside of the 64 that are used, and an end in the middle of a number."""
    with pytest.raises(ValueError, match=r"run length"):
        coco_counts(packed)
