"""Findings are grouped by what is wrong, where, and with which value; in bounded memory."""

from __future__ import annotations

import pytest

from bulk_importer.model import Finding, Severity
from bulk_importer.pipeline.check.grouping import FindingGroups, class_path


def finding(
    code: str = "option-unknown", pointer: str = "/labels/car/0", found: str = "x", position: int = 0
) -> Finding:
    """A finding of which only these matter."""
    return Finding(
        code=code,
        severity=Severity.ERROR if code == "option-unknown" else Severity.WARNING,
        position=position,
        offset=0,
        media_id="m",
        pointer=pointer,
        expected="'suv'",
        found=found,
        advice="Correct it.",
    )


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("", ""),
        ("/keepData", "/keepData"),
        ("/labels/car/12/polygon/3/x", "/labels/car/*/polygon/*/x"),
        ("/labels/7/0/classifications/8/0", "/labels/7/*/classifications/8/*"),
        ("/labels/labels/0/nested_geometries/9/1/point/0", "/labels/labels/*/nested_geometries/9/*/point/*"),
        ("/global_classifications/a/1/7/1/labels/0", "/global_classifications/a/*/7/*/labels/*"),
    ],
)
def test_indexes_give_way_to_stars_and_keys_do_not(pointer: str, path: str) -> None:
    """Even where a class has a number for a key."""
    assert class_path(pointer) == path


def test_forty_thousand_wrong_options_are_three_lines() -> None:
    """With counts, an example and a suggestion each; errors first, then by number."""
    groups = FindingGroups()
    groups.add(
        finding(pointer=f"/labels/car/{n % 5}/classifications/kind/0", found=f'"{"abc"[n % 3]}"', position=n)
        for n in range(40_000)
    )
    groups.add([finding("key-unknown", "/own", '"own"')])
    groups.count_notes({"classification-omitted": 7})
    groups.count_notes({"classification-omitted": 5})
    found = groups.groups()
    assert [(each.code, each.path, each.found, each.count) for each in found] == [
        ("option-unknown", "/labels/car/*/classifications/kind/*", '"a"', 13_334),
        ("option-unknown", "/labels/car/*/classifications/kind/*", '"b"', 13_333),
        ("option-unknown", "/labels/car/*/classifications/kind/*", '"c"', 13_333),
        ("key-unknown", "/own", '"own"', 1),
        ("classification-omitted", "", "", 12),
    ]
    assert found[0].example is not None
    assert found[0].example.position == 0
    assert found[0].expected == "'suv'"
    assert found[-1].expected == ""
    assert found[0].advice == "Correct it."


def test_values_beyond_the_bound_are_counted_together() -> None:
    """A million unknown ids are a few examples and a number."""
    groups = FindingGroups(most_groups=10, most_values=3)
    groups.add(finding(found=f"{n}") for n in range(1000))
    assert [(each.found, each.count) for each in groups.groups()] == [
        ("(others)", 997),
        ("0", 1),
        ("1", 1),
        ("2", 1),
    ]


def test_places_beyond_the_bound_are_counted_together() -> None:
    """Whatever a file holds, the table stays small."""
    groups = FindingGroups(most_groups=10, most_values=3)
    groups.add(finding(pointer=f"/labels/c{n}", found=f"{m}") for n in range(500) for m in range(10))
    assert len(groups.groups()) <= 2 * 10 + 1
    assert sum(each.count for each in groups.groups()) == 5000
