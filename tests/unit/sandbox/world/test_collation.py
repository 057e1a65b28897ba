"""Texts are compared and kept as the real server's database does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.sandbox.world.collation import as_stored, fold, java_length


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("car", "CAR", True),
        ("car", "car   ", True),
        ("car", " car", False),
        ("car", "car\t", False),
        ("é", "E", True),
        ("Ångström", "angstrom", True),
        ("ß", "s", True),
        ("ß", "ss", False),
        ("e\u0301", "e", False),
        ("😀", "🚗", True),
        ("я", "Я", True),
        ("", "  ", True),
        ("a-b", "a_b", False),
    ],
)
def test_case_accents_and_blanks_at_the_end_do_not_count(one: str, other: str, equal: bool) -> None:
    assert (fold(one) == fold(other)) is equal


@given(st.text())
def test_a_text_equals_itself_with_blanks_at_its_end(text: str) -> None:
    assert fold(text) == fold(text + "  ")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain", "plain"),
        ("\ud800", "c"),
        ("a\ud800b", "a?b"),
        ("\udc00", "?"),
        ("😀", "😀"),
        ("x" * 255, "x" * 255),
        ("😀" * 255, "😀" * 255),
        ("x" * 256, None),
        ("x" * 255 + "   ", "x" * 255),
    ],
)
def test_a_text_comes_back_as_the_driver_and_the_column_left_it(text: str, stored: str | None) -> None:
    assert as_stored(text) == stored


@pytest.mark.parametrize(("text", "length"), [("", 0), ("abc", 3), ("ä", 1), ("😀", 2), ("\ud800", 1)])
def test_java_counts_halves_of_pairs(text: str, length: int) -> None:
    assert java_length(text) == length
