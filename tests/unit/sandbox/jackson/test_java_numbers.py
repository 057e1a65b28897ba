"""Numbers are named and written as Java 17 and its libraries do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.sandbox.jackson.java_numbers import java_double, number_text


@pytest.mark.parametrize(
    ("value", "java", "message"),
    [
        (-1.5, "-1.5", "-1.5"),
        (-0.001, "-0.001", "-0.001"),
        (-1e-4, "-1.0E-4", "-0.00010"),
        (-1e-7, "-1.0E-7", "-1.0E-7"),
        (-9999999.0, "-9999999.0", "-9999999.0"),
        (-1e7, "-1.0E7", "-1.0E+7"),
        (-1e300, "-1.0E300", "-1.0E+300"),
        (5e-324, "4.9E-324", "4.9E-324"),
        (2e23, "1.9999999999999998E23", "1.9999999999999998E+23"),
        (2.0**-44, "5.6843418860808015E-14", "5.6843418860808015E-14"),
        (0.0038759999999999997, "0.0038759999999999997", "0.0038759999999999997"),
        (2.9747679732096843e25, "2.9747679732096842E25", "2.9747679732096842E+25"),
        (9.223372036854776e18, "9.223372036854776E18", "9.223372036854776E+18"),
        (123456.0, "123456.0", "123456.0"),
    ],
)
def test_doubles_have_java_s_digits_which_are_not_always_the_shortest(
    value: float, java: str, message: str
) -> None:
    assert java_double(value) == java
    assert number_text(value) == message


@given(st.floats(allow_nan=False, allow_infinity=False).filter(bool))
def test_the_digits_always_lead_back_to_the_double(value: float) -> None:
    assert float(java_double(value)) == value
    assert math.isclose(float(number_text(value)), value)
