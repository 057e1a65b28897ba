"""How much work a request is to the real server, and how probable deadlocks are: fitted to measurements.

The formula stands in `cost-measured.toml`, beside its parameters.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path

from bulk_importer.errors import UsageError

__all__ = ["CostModel", "read_cost_model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """The parameters of the model, which `cost-measured.toml` explains. Times are in seconds."""

    base_seconds: float
    per_row_seconds: float
    per_row_squared_seconds: float
    delete_factor: float
    per_megabyte_seconds: float
    cores: float
    connections: int
    connection_wait_seconds: float
    deadlock_rows: float
    deadlock_rows_exponent: float
    deadlock_flight_exponent: float

    @classmethod
    def parse(cls, text: str, name: str) -> CostModel:
        """Parse a model from TOML; `name` is what an error message calls it.

        Raises:
            UsageError: the text is no TOML, or parameters are missing, unknown or not above zero.
        """
        try:
            given = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"The cost model {name} cannot be read: {error}.") from error
        wanted = {one.name for one in fields(cls)}
        if wrong := sorted(wanted ^ set(given)):
            raise UsageError(
                f"The cost model {name} must hold exactly {', '.join(sorted(wanted))}; see {wrong[0]!r}."
            )
        for key, value in given.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise UsageError(
                    f"The cost model {name} needs a number of 0 or more for {key!r}, not {value!r}."
                )
        if min(given["cores"], given["connections"], given["deadlock_rows"]) <= 0:
            raise UsageError(f"The cost model {name} needs cores, connections and deadlock_rows above 0.")
        return cls(**given)

    def effective_rows(self, written: int, deleted: int) -> float:
        """The rows that a request costs: rows that are deleted count a little less than rows that are written."""
        return written + self.delete_factor * deleted

    def seconds(self, rows: float, body_bytes: int = 0) -> float:
        """How long a request with so many effective rows takes on a core of its own."""
        return (
            self.base_seconds
            + self.per_row_seconds * rows
            + self.per_row_squared_seconds * rows * rows
            + self.per_megabyte_seconds * body_bytes / 1e6
        )

    def deadlock_probability(self, rows: float, other_rows: float, replacing: int) -> float:
        """How probably two requests deadlock that replace labels and are worked on at once.

        Args:
            rows, other_rows: effective rows of the two.
            replacing: how many such requests are worked on, these two included.
        """
        mean = math.sqrt(rows * other_rows) / self.deadlock_rows
        hazard = mean**self.deadlock_rows_exponent * replacing**self.deadlock_flight_exponent
        return -math.expm1(-hazard)


def read_cost_model(name: str = "measured") -> CostModel:
    """Read a cost model from a TOML file, or the packaged one, whose name is `measured`.

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
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"The cost model {name} cannot be read: {reason}. Name a file, or 'measured'."
        ) from error
