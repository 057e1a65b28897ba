"""Paths are bytes, and what is written about them is UTF-8; counts agree with what is counted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.readable import agreeing, as_json, as_path, counted, readable


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (b"labels.json", "labels.json"),
        ("Straße/日本.json".encode(), "Straße/日本.json"),
        (b"Stra\xdfe.json", "Stra\\xdfe.json"),
        (b"\xff\xfe/\xe2\x82", "\\xff\\xfe/\\xe2\\x82"),
    ],
)
def test_what_is_no_utf8_stands_as_its_bytes(path: bytes, shown: str) -> None:
    """All else as it is."""
    assert readable(os.fsdecode(path)) == shown


def test_half_a_pair_that_no_path_brings_is_replaced() -> None:
    """A text from elsewhere may hold one."""
    assert readable("a\ud83db\udcff") == "a\ufffdb\\xff"


@given(st.binary(max_size=20).filter(lambda path: b"\\" not in path and b"\0" not in path))
def test_the_file_is_found_by_what_was_written_of_its_path(path: bytes) -> None:
    """As long as its name has no backslash of its own."""
    assert os.fsencode(as_path(readable(os.fsdecode(path)), exists=lambda _: False)) == path


def test_a_file_of_just_that_name_comes_first() -> None:
    """Somebody may have four such letters in a name."""
    assert as_path("l\\xe9.json", exists=lambda name: name == "l\\xe9.json") == "l\\xe9.json"


def test_json_and_messages_take_any_path(tmp_path: Path) -> None:
    """As keys, values, and inside of lists; what is no value at all stays an error."""
    odd = os.fsdecode(b"\xe9")
    told = as_json({odd: [odd, (odd, 1)], "whole": "é"}, indent=False)
    assert json.loads(told) == {"\\xe9": ["\\xe9", ["\\xe9", 1]], "whole": "é"}
    assert str(SourceUnreadable(odd, "it is not there")) == "\\xe9 cannot be read: it is not there."
    with pytest.raises(TypeError):
        as_json({odd: object()})
    assert json.loads(as_json({odd: tmp_path}, default=str)) == {"\\xe9": str(tmp_path)}


@pytest.mark.parametrize(
    ("count", "noun", "shown"),
    [
        (0, "entry", "0 entries"),
        (1, "entry", "1 entry"),
        (2968, "entry", "2,968 entries"),
        (1, "rejected entry", "1 rejected entry"),
        (2, "batch", "2 batches"),
        (2, "class", "2 classes"),
        (2, "request", "2 requests"),
        (1, "media", "1 media"),
        (1_000_000, "media", "1,000,000 media"),
    ],
)
def test_one_is_singular_and_all_others_are_plural(count: int, noun: str, shown: str) -> None:
    """Thousands are told apart."""
    assert counted(count, noun) == shown


@pytest.mark.parametrize(
    ("verb", "of_many"), [("is", "are"), ("was", "were"), ("has", "have"), ("does", "do"), ("needs", "need")]
)
def test_the_verb_goes_with_the_count(verb: str, of_many: str) -> None:
    """Alone, and behind what is counted."""
    assert (agreeing(1, verb), agreeing(2, verb)) == (verb, of_many)
    assert counted(1, "entry", verb) == f"1 entry {verb}"
    assert counted(0, "entry", verb) == f"0 entries {of_many}"
