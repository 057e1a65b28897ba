"""A name that no media has is answered with those that were probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.media.names.near import NearNames

NAMES = [
    *(f"day{number % 2}/IMG_{number:07d}.jpg" for number in range(60)),
    *("street_köln-04.png", "frame_9_jpg.jpg", "zebra crossing.jpg", "cam/a.jpg", "a/lamp.jpg", "b/lamp.png"),
    *("line\nbreak.jpg", "half\ud800.jpg"),
]


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> NearNames:
    """Names of a project."""
    index = tmp_path_factory.mktemp("near") / "media.names"
    NearNames.write(index, NAMES)
    return NearNames(index)


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("img_42.png", ["day0/IMG_0000042.jpg"]),  # case, zeros, ending
        ("set\\IMG-000042.jpeg", ["day0/IMG_0000042.jpg"]),
        ("a1b2c3d4-IMG_0000042.jpg", ["day0/IMG_0000042.jpg"]),  # Label Studio's hash
        ("IMG_0000042_jpg.rf.3f2a.jpg", ["day0/IMG_0000042.jpg"]),  # Roboflow's
        ("street_koln_4.png", ["street_köln-04.png"]),
        ("street_koln_5.jpg", ["street_köln-04.png"]),
        ("zebracrosing.jpg", ["zebra crossing.jpg"]),
        ("A.png", ["cam/a.jpg"]),
        ("Lamp", ["a/lamp.jpg", "b/lamp.png"]),
        *((name, []) for name in ("nothing like that.jpg", "zzz", "", "/", ".png", "0", "x\udfff")),
    ],
)
def test_names_are_like_one_as_a_person_would_see_it(near: NearNames, name: str, like: list[str]) -> None:
    """Whatever a tool has put before or behind it; what is too short to say is like nothing."""
    assert near.like(name) == like


def test_without_names_nothing_is_like_anything(tmp_path: Path) -> None:
    """As beside an index that was made before there were such names, or of a project without media."""
    assert NearNames(tmp_path / "missing").like("img_42.png") == []
    NearNames.write(tmp_path / "media.names", [])
    assert NearNames(tmp_path / "media.names").like("img_42.png") == []


@given(st.lists(st.text(min_size=1).filter(str.isalnum), min_size=1), st.data())
def test_the_same_name_with_another_ending_is_always_found(
    tmp_path_factory: pytest.TempPathFactory, stems: list[str], data: st.DataObject
) -> None:
    """Unless more than three are the same to a person."""
    index = tmp_path_factory.mktemp("any") / "media.names"
    NearNames.write(index, [f"{stem}.jpg" for stem in stems])
    stem = data.draw(st.sampled_from(stems))
    found = NearNames(index).like(f"{stem}.png")
    assert f"{stem}.jpg" in found or len(found) == 3
