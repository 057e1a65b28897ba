"""Decimals without loss: the numbers of a file as they are written, and what is computed from them.

Pure. A file that holds shares of a picture (0.346719 of 640 pixels) means an exact number (221.90016), which doubles
miss by a little at each step. So it is computed with decimals, and is the nearest double once, at the end.
"""

from __future__ import annotations

from decimal import Context, Decimal, DecimalException
from typing import SupportsFloat, TypeGuard

from bulk_importer.formats.model import Number

__all__ = ["EXACT", "LARGEST", "decimal_of", "is_number", "nearest_double"]

EXACT = Context(prec=60)
"""Enough digits for products of any two numbers that a label file holds."""

LARGEST = 2**53
"""No place in a picture is beyond it; up to here a double has every whole number."""

_MOST = Decimal("1e100")
"""No place in a picture is beyond it, and its square is still a double."""


def is_number(found: object) -> TypeGuard[Number]:
    """Whether what JSON holds is a number of a size that pixels can have."""
    return isinstance(found, int | float) and not isinstance(found, bool) and abs(found) <= LARGEST


def decimal_of(text: str) -> Decimal:
    """A number as it is written, of a size that a double can have. Raises `ValueError` for anything else."""
    try:
        number = Decimal(text.strip())
    except DecimalException as error:
        raise ValueError(text) from error
    if not (number.is_finite() and -_MOST < number < _MOST):
        raise ValueError(text)
    return number


def nearest_double(number: Decimal | SupportsFloat) -> Number:
    """A number as JSON should have it: an integer where it is one, else the nearest double."""
    double = float(number)
    return int(double) if double.is_integer() and abs(double) < 2**53 else double
