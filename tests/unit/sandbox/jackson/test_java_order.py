"""Sets and maps of strings are walked in the order in which Java walks them."""

from __future__ import annotations

import pytest

from bulk_importer.sandbox.jackson.java_order import HashedStrings, hash_order, string_hash

LETTERS = [
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"),
    *("nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
]


@pytest.mark.parametrize(
    ("text", "hashed"),
    [("", 0), ("abc", 96355), ("internal_media_ID", 2756400851), ("ä", 228), ("😀", 1772920)],
)
def test_strings_have_their_java_hash(text: str, hashed: int) -> None:
    assert string_hash(text) == hashed


@pytest.mark.parametrize(
    ("count", "order"),
    [
        (4, "alpha delta beta gamma"),
        (12, "epsilon zeta iota lambda eta alpha delta mu kappa theta beta gamma"),
        (13, "zeta iota nu delta mu theta epsilon lambda eta alpha kappa beta gamma"),
        (
            24,
            (
                "zeta sigma iota chi nu upsilon psi delta mu tau theta omega epsilon phi xi lambda eta omicron "
                "alpha rho pi kappa beta gamma"
            ),
        ),
    ],
)
def test_a_table_grows_as_java_s_does(count: int, order: str) -> None:
    assert hash_order(LETTERS[:count]) == order.split()


def test_strings_of_one_bucket_keep_their_age() -> None:
    assert hash_order(["AaAa", "BBBB", "AaBB", "BBAa"]) == ["AaAa", "BBBB", "AaBB", "BBAa"]


def test_an_emptied_set_stays_large_and_its_copy_does_not() -> None:
    strings = HashedStrings()
    for number in range(25):
        strings.add(f"k{number}")
    strings.clear()
    for letter in LETTERS[:12]:
        strings.add(letter)
    expected = "zeta iota delta mu theta epsilon lambda eta alpha kappa beta gamma"
    assert strings.copied() == expected.split()
