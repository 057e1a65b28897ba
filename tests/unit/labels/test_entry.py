"""Which media an id names, what was probably meant, and what an entry weighs."""

from __future__ import annotations

import pytest

from bulk_importer.labels.entry import lane_of, nearest, weight_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ABC-1", "abc-1"),
        ("abc-1  ", "abc-1"),
        ("café", "CAFE"),
        ("cafe\u0301", "café"),
        ("straße", "STRASSE"),
        ("ﬁle", "file"),
        ("a\u200bb", "ab"),
        ("a\x01b", "ab"),
        ("Ærø", "aero"),
        ("a😀", "a🚗"),
        ("abc\u00a0", "abc"),
    ],
)
def test_ids_that_mariadb_takes_for_one_share_a_lane(one: str, other: str) -> None:
    """Case, accents, blanks at the end and characters without weight do not make another media."""
    assert lane_of(one) == lane_of(other)


@pytest.mark.parametrize(("one", "other"), [("abc", " abc"), ("a b", "ab"), ("a-1", "a-2"), ("", "a")])
def test_other_ids_have_lanes_of_their_own(one: str, other: str) -> None:
    """A leading blank or one inside makes another media."""
    assert lane_of(one) != lane_of(other)


def test_an_ordinary_id_is_its_own_lane() -> None:
    """A UUID in lower case, as the server makes them, is left as it is."""
    assert lane_of("1c476573-e113-49f5-a71c-0d96b2263b3f") == "1c476573-e113-49f5-a71c-0d96b2263b3f"


def test_the_nearest_word_is_the_one_that_differs_in_case_or_by_a_letter() -> None:
    """A slip finds its word; a stranger finds none."""
    assert nearest("SUV", ["suv", "sedan"]) == "suv"
    assert nearest("sedam", ["suv", "sedan"]) == "sedan"
    assert nearest("bicycle", ["suv", "sedan"]) is None
    assert nearest("x", []) is None


def test_a_weight_counts_what_the_server_writes() -> None:
    """One for the entry, one for each geometry, value, and point of a polygon or line."""
    entry = {
        "internal_media_ID": "a",
        "global_classifications": {"weather": ["sunny", {"daytime": ["day"]}], "tags": [None]},
        "labels": {
            "car": [
                {
                    "polygon": [{"x": 1, "y": 2}, {"x": 3, "y": 4}, {"x": 5, "y": 6}],
                    "classifications": {"flags": ["taxi", "police"]},
                    "nested_geometries": {"wheel": [{"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}]},
                }
            ],
            "poi": [{"point": [{"x": 1, "y": 2}]}],
        },
    }
    assert weight_of(entry) == 1 + 2 + (1 + 3 + 2) + 1 + 1


@pytest.mark.parametrize("junk", [None, 5, [], {"labels": {"car": []}, "global_classifications": {}}])
def test_what_holds_no_labels_weighs_one(junk: object) -> None:
    """An entry costs the server a row even if it is empty."""
    assert weight_of(junk) == 1
