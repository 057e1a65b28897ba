"""Reads cost models from files, and the one that was measured from the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from bulk_importer.errors import UsageError
from bulk_importer.sandbox.faults.cost import CostModel

__all__ = ["read_cost_model"]


def read_cost_model(name: str = "measured") -> CostModel:
    """The cost model in a TOML file, or the one called `measured`.

    Raises:
        UsageError: the file cannot be read, or holds no cost model.
    """
    if name == "measured":
        text = (
            resources.files("bulk_importer.sandbox.faults").joinpath("cost-measured.toml").read_text("utf-8")
        )
        return CostModel.parse(text, name)
    try:
        return CostModel.parse(Path(name).read_text("utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The cost model {name} cannot be read: {error}. Name a file, or 'measured'."
        ) from error
