"""A pointer that is taken for a pattern splits its message as Java would."""

from __future__ import annotations

import pytest

from bulk_importer.sandbox.jackson.java_regex import PatternRefused, split_by


@pytest.mark.parametrize(
    ("pattern", "text", "parts"),
    [
        ("#/0/a.b: ", "#/0/a.b: x", ["", "x"]),
        ("#/0/a|b: ", "#/0/a|b: x", ["", "|"]),
        ("#/0/a||b: ", "#/0/a||b: x", ["", ""]),
        ("#/0/(a): ", "#/0/(a): x", ["#/0/(a): x"]),
        ("#/0/(.)+: ", "#/0/ab: x: y", ["", "y"]),
        ("#/0/[ab]: ", "#/0/a: x", ["", "x"]),
        ("#/0/[ab]: ", "#/0/[ab]: x", ["#/0/[ab]: x"]),
        ("#/0/[^a-c]: ", "#/0/d: x", ["", "x"]),
        ("#/0/a{2}: ", "#/0/aa: x", ["", "x"]),
        ("#/0/.{2,}: ", "#/0/.{2,}: x", ["", "x"]),
        ("#/0/.*: ", "#/0/.*: x: y", ["", "y"]),
        ("#/0/.*?: ", "#/0/.*?: x: y", ["", "x: y"]),
        ("#/0/.*+: ", "#/0/.*+: x", ["#/0/.*+: x"]),
        ("#/0/^a: ", "#/0/^a: x", ["#/0/^a: x"]),
        ("#/0/$: ", "#/0/$: x", ["#/0/$: x"]),
        ("#/0/a]}: ", "#/0/a]}: x", ["", "x"]),
        ("#/0/.: ", "#/0/\n: x", ["#/0/\n: x"]),
        ("#/0/.: ", "#/0/\u2028: x", ["#/0/\u2028: x"]),
        ("#/0/\\\\: ", "#/0/\\: x", ["", "x"]),
        ("#/0/a: ", "#/0/a: x#/0/a: y", ["", "x"]),
        ("#/0/|: ", "#/0/|: x", ["", "|"]),
        ("#/0/+: ", "#/0/+: x", ["#/0/+: x"]),
        ("#/0/(a|.)b: ", "#/0/xb: q", ["", "q"]),
    ],
)
def test_parts_are_java_s(pattern: str, text: str, parts: list[str]) -> None:
    assert split_by(pattern, text) == parts


def test_empty_parts_at_the_end_do_not_count() -> None:
    assert len(split_by("#/0/a: ", "#/0/a: #/0/a: ")) < 2
    assert len(split_by("#/0/.: ", "#/0/a: #/0/a: ")) < 2


@pytest.mark.parametrize("key", ["a(b", "a)b", "a[b", "a{b", "a**", "a{1}{2}", "a{99999999999}"])
def test_patterns_that_java_refuses_are_refused(key: str) -> None:
    with pytest.raises(PatternRefused):
        split_by(f"#/0/{key}: ", f"#/0/{key}: x")


@pytest.mark.parametrize("key", ["(.*)*" * 3, ".*" * 12, "(a+)+b"])
def test_patterns_that_could_take_for_ever_are_refused(key: str) -> None:
    with pytest.raises(PatternRefused):
        split_by(f"#/0/{key}: ", "#/0/" + "a" * 2000)
