"""The cost model takes as long as was measured, and a file that cannot be meant is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.sandbox.faults.cost_model import CostModel, read_cost_model

_MODEL = read_cost_model("measured")
_ROWS_OF_AN_ENTRY = 65


@pytest.mark.parametrize(
    ("entries", "least", "most"), [(1, 0.04, 0.125), (10, 0.4, 0.8), (25, 2.5, 4), (50, 8, 11)]
)
def test_a_request_alone_takes_as_long_as_measured(entries: int, least: float, most: float) -> None:
    assert least <= _MODEL.seconds(entries * _ROWS_OF_AN_ENTRY) <= most


@pytest.mark.parametrize("entries", [5, 10, 50])
def test_replacing_takes_two_to_three_times_as_long(entries: int) -> None:
    rows = entries * _ROWS_OF_AN_ENTRY
    assert 1.6 <= _MODEL.seconds(_MODEL.effective_rows(rows, rows)) / _MODEL.seconds(rows) <= 3.2


def test_the_pinned_parameters_are_read_from_a_file_too(tmp_path: Path) -> None:
    text = "\n".join(f"{name} = {value}" for name, value in _parameters().items())
    (tmp_path / "mine.toml").write_text(text)
    assert read_cost_model(str(tmp_path / "mine.toml")) == _MODEL


def _parameters() -> dict[str, float]:
    return {name: getattr(_MODEL, name) for name in CostModel.__dataclass_fields__}


@pytest.mark.parametrize(
    ("name", "value"),
    [("cores", 0), ("base_seconds", -1), ("connections", "'ten'"), ("colour", 3), ("cores", None)],
)
def test_a_model_that_cannot_be_meant_is_refused(name: str, value: object) -> None:
    given = {**_parameters(), name: value}
    text = "\n".join(f"{key} = {one}" for key, one in given.items() if one is not None)
    with pytest.raises(UsageError, match=r"mine\.toml"):
        CostModel.parse(text, "mine.toml")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml"):
        read_cost_model("nowhere.toml")
