"""What of YOLO is drawn the fast way is what the plain way makes of it, with the same account."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import BulkImporterError
from bulk_importer.formats.choices import Choices, Confidence
from bulk_importer.formats.folders.yolo import rows
from bulk_importer.formats.model import Size
from bulk_importer.labels.label_config import ClassType, LabelClass, LabelConfig
from support.formats.converted import Converted, converted

DIGITS = st.text("0123456789", min_size=1, max_size=18)
SHARES = st.one_of(
    st.floats(0, 1).map(lambda each: f"{each:.6f}"),
    st.floats(0, 1).map(repr),
    DIGITS.map("0.{}".format),
)
EDGES = st.sampled_from(
    ["0", "1", "1.0", "0.0", "0.", "1.000001", "-0.1", "5e-1", ".5", "0.5_0", "nan", "0.5.5", "٠.5"]
)
NUMBERS = st.sampled_from(["0", "1", "2", "01", "7", "1.0", "-1", "x", ""])
ROWS = st.tuples(
    st.sampled_from(["0", "1", "2"]) | NUMBERS,
    st.sampled_from([4, 4, 4, 4, 6, 8, 10, 3, 5]).flatmap(
        lambda count: (
            st.lists(SHARES, min_size=count, max_size=count)
            | st.lists(SHARES | EDGES, min_size=count, max_size=count)
        )
    ),
    st.sampled_from([" ", " ", " ", "  ", "\t"]),
).map(lambda row: row[2].join([row[0], *row[1]]))
TEXTS = st.tuples(
    st.lists(ROWS | st.sampled_from(["", " "]), max_size=6), st.sampled_from(["\n", "\n", "\r\n", "\x0b"])
).map(lambda text: text[1].join([*text[0], ""]))
CONFIG = LabelConfig(
    (
        LabelClass("car", ClassType.RECTANGLE),
        LabelClass("tree", ClassType.POLYGON),
        LabelClass("cat", ClassType.LINE),
    )
)


@given(text=TEXTS, with_config=st.booleans(), size=st.sampled_from([Size(640, 480), Size(3, 7), None]))
def test_both_ways_come_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, text: str, with_config: bool, size: Size | None
) -> None:
    """Entries, findings in their order, and the books; or the same error."""
    folder = tmp_path_factory.getbasetemp() / "drawn"
    (folder / "labels").mkdir(parents=True, exist_ok=True)
    (folder / "labels" / "a.txt").write_bytes(text.encode())
    (folder / "data.yaml").write_text("names: {0: car, 1: tree, 2: cat}\n")

    def result() -> Converted | str:
        choices = Choices(confidence=Confidence.LAST, sizes=lambda _: size)
        try:
            return converted(folder, "yolo", choices, CONFIG if with_config else None)
        except BulkImporterError as error:
            return str(error)

    drawn = result()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "drawn_rows", lambda *_: [])
        plain = result()
    assert drawn == plain


def test_numbers_are_the_nearest_doubles_of_what_they_mean(tmp_path: Path) -> None:
    """0.346719 of 640 pixels are 221.90016, and not the product of two doubles; whole pixels are integers."""
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.346719 0.25\n")
    (tmp_path / "data.yaml").write_text("names: [car]\n")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480))
    found = converted(tmp_path, "yolo", Choices(sizes=lambda _: Size(640, 480)))
    labelled = next(each for each in found.entries if "labels" in each)
    assert labelled["labels"]["car"] == [
        {"rectangle": [{"x": 209.04992, "y": 180, "w": 221.90016, "h": 120}]}
    ]
