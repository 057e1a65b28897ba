"""Where things are in the checkout."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CONFIG", "TOP", "VECTORS"]

TOP = Path(__file__).parents[2]
CONFIG = TOP / "config"
VECTORS = TOP / "tests" / "vectors"
