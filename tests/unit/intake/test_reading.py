"""Reading refuses what is no JSON at the byte where it stops being JSON, and takes everything else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bulk_importer.errors import CheckpointMismatch, MalformedInput, UsageError
from bulk_importer.model import ReadPlan, SegmentKey
from support.entries import numbered
from support.reading import plain_reading, read_entries, read_file

YES = {
    "array empty": b"[]",
    "array with blanks": b"[ \t\n\r]",
    "arrays": b"[[],[[]],[[1],2]]",
    "closing bracket in string": b'["]}",{"]":"["}]',
    "comma brace in string": b'["},{\\"a\\"","a,b"]',
    "double negative exponent": b"[-1.5E-10,1e+2,0e1,-0]",
    "duplicate key": b'[{"a":1,"a":2}]',
    "empty key": b'[{"":0}]',
    "escaped control": b'["\\u0000\\u0012"]',
    "escapes": b'["\\b\\f\\n\\r\\t\\\\\\"\\/"]',
    "false null true": b"[false,null,true]",
    "huge exponent": b"[1e999,-1e-999]",
    "huge integer": b"[" + b"9" * 5000 + b"]",
    "long strings": b'{"x":"' + b"a" * 100_000 + b'"}',
    "lone surrogate": b'["\\ud800","\\udc00x"]',
    "many digits behind the point": b"[0." + b"1" * 400 + b"]",
    "noncharacter": b'["\xef\xbf\xbf\xf4\x8f\xbf\xbf"]',
    "nul escape as key": b'[{"\\u0000":1}]',
    "paragraph separator": b'["\xe2\x80\xa9\xe2\x80\xa8\x7f"]',
    "surrogate pair": b'["\\ud83d\\ude00"]',
    "two backslashes at the end": b'["\\\\"]',
    "utf-8": '["é","日本","😀","\u202e"]'.encode(),
}
"""JSON values, all but the long string arrays."""

NO = {
    "alien blank": b"[\x0c1]",
    "alien blank behind": b"[1\x0b]",
    "array of colons": b"[1:2]",
    "array unclosed": b"[1",
    "array unclosed behind comma": b"[1,",
    "bom inside": b"[\xef\xbb\xbf1]",
    "bracket of the other kind": b"[1}",
    "capital true": b"[True]",
    "comma alone": b"[,]",
    "comma at the end": b"[1,]",
    "comma at the end of an object": b'[{"a":1,}]',
    "comma double": b"[1,,2]",
    "comma first": b"[,1]",
    "comment": b"[/**/1]",
    "comment at the end": b"[1//]",
    "control character in string": b'["a\x1fb"]',
    "cut escape": b'["\\u00',
    "escape of nothing": b'["\\',
    "exponent alone": b"[1e]",
    "exponent with two signs": b"[1e+-2]",
    "hexadecimal": b"[0x1]",
    "infinity": b"[Infinity]",
    "infinity negative": b"[-Infinity]",
    "key unquoted": b"[{a:1}]",
    "key single quoted": b"[{'a':1}]",
    "key without colon": b'[{"a" 1}]',
    "key without value": b'[{"a":}]',
    "leading zero": b"[012]",
    "minus alone": b"[-]",
    "minus zero one": b"[-01]",
    "nan": b"[NaN]",
    "newline in string": b'["a\nb"]',
    "nul": b"[\x00]",
    "object unclosed": b'[{"a":1]',
    "object with commas only": b"[{,}]",
    "overlong utf-8": b'["\xc0\xaf"]',
    "plus": b"[+1]",
    "point first": b"[.5]",
    "point last": b"[1.]",
    "short escape": b'["\\u12G4"]',
    "star": b"[*]",
    "string unclosed": b'["a]',
    "surrogate in utf-8": b'["\xed\xa0\x80"]',
    "truncated utf-8": b'["\xe2\x82"]',
    "two values": b"[1 2]",
    "unknown escape": b'["\\x41"]',
    "utf-8 above the last plane": b'["\xf4\x90\x80\x80"]',
    "word cut": b"[nul]",
    "word with capital": b"[nULL]",
}
"""No JSON."""

NO_DOCUMENT = {
    "blank only": (b" \n", 2),
    "bom twice": (b"\xef\xbb\xbf\xef\xbb\xbf[]", 3),
    "empty": (b"", 0),
    "number": (b"1", 0),
    "nul behind": (b"[]\x00", 2),
    "object behind": (b"[1]{}", 3),
    "bracket behind": (b"[1]]", 3),
    "second array": (b"[1]\n[2]", 4),
    "string": (b'"a"', 0),
    "utf-16": ("[1]".encode("utf-16"), 0),
    "utf-16 unmarked": ("[1]".encode("utf-16-le"), 0),
}
"""Documents that are no array, and the byte at which they are none."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the document is written."""
    return tmp_path / "source.json"


@pytest.mark.parametrize("name", [name for name, value in YES.items() if value[:1] == b"["])
@pytest.mark.parametrize("size", [1, 1 << 20])
async def test_a_json_array_is_read_to_its_end(file: Path, name: str, size: int) -> None:
    """Each of its elements is found; what an element is worth is for the judge."""
    content = YES[name]
    seen = await read_file(file, content, segment_bytes=size)
    assert seen.error is None
    assert seen.elements == plain_reading(content).elements


@pytest.mark.parametrize("name", NO)
@pytest.mark.parametrize("size", [1, 1 << 20])
async def test_an_array_that_is_no_json_is_not_accepted(file: Path, name: str, size: int) -> None:
    """It breaks off, or the element that is no JSON is rejected."""
    content = NO[name]
    seen = await read_file(file, content, segment_bytes=size)
    good = len(plain_reading(content).elements)
    assert isinstance(seen.error, MalformedInput) or seen.rejected >= set(range(good, len(seen.elements)))
    assert not seen.error or seen.error.exit_code == 3


@pytest.mark.parametrize("name", YES)
async def test_json_inside_an_entry_leaves_the_entries_around_it_alone(file: Path, name: str) -> None:
    """The entry comes back byte for byte, whether or not it is accepted."""
    inside = b'{"internal_media_ID":"m","keepData":true,"labels":{"x":' + YES[name] + b"}}"
    around = json.dumps(numbered(1)).encode()
    seen = await read_file(file, b"[" + around + b"," + inside + b" , " + around + b"]", segment_bytes=1)
    assert seen.error is None
    assert [raw for _, _, raw in seen.elements] == [around, inside, around]
    assert seen.rejected <= {1}


@pytest.mark.parametrize("name", NO)
@pytest.mark.parametrize("size", [1, 1 << 20])
async def test_what_is_no_json_inside_an_entry_costs_that_entry_or_the_rest(
    file: Path, name: str, size: int
) -> None:
    """It is never accepted, and what is before it is never lost."""
    inside = b'{"internal_media_ID":"m","keepData":true,"labels":{"x":' + NO[name] + b"}}"
    around = json.dumps(numbered(1)).encode()
    seen = await read_file(file, b"[" + around + b"," + inside + b"," + around + b"]", segment_bytes=size)
    assert seen.elements[0][2] == around
    assert 0 not in seen.rejected
    if isinstance(seen.error, MalformedInput):
        assert seen.error.position == 1
        assert seen.error.offset > len(around) + 1
    else:
        assert seen.rejected == {1}
        assert [raw for _, _, raw in seen.elements] == [around, inside, around]


@pytest.mark.parametrize("name", NO_DOCUMENT)
async def test_what_is_no_array_is_malformed_at_its_byte(file: Path, name: str) -> None:
    """Not the document as a whole: the byte is named."""
    content, offset = NO_DOCUMENT[name]
    seen = await read_file(file, content)
    assert isinstance(seen.error, MalformedInput)
    assert seen.error.offset == offset


@pytest.mark.parametrize(
    ("content", "position", "offset"),
    [
        (b'[{"a":1} {"b":2}]', 1, 9),
        (b'[{"a":1},]', 1, 9),
        (b'[{"a":1}}', 1, 8),
        (b'[{"a":[1,2}]', 0, 10),
        (b'[{"a":1},{"b":2}', 2, 16),
        (b'[{"a":1},{"b":"x]', 1, 17),
    ],
)
async def test_a_broken_array_names_position_and_byte(
    file: Path, content: bytes, position: int, offset: int
) -> None:
    """The position is the number of whole elements before the break."""
    seen = await read_file(file, content)
    assert seen.broken_at == (position, offset)
    assert len(seen.elements) == position


async def test_a_missing_quote_does_not_pass_for_one_bad_entry(file: Path) -> None:
    """An entry that swallows the one behind it breaks the array: its position would be shared by two."""
    entries = [json.dumps(numbered(i, labels={"class": [{"text": "},{"}]})).encode() for i in range(6)]
    entries[2] = entries[2].replace(b'"text"', b'"text', 1)
    for size in (1, 200, 1 << 20):
        seen = await read_file(file, b"[" + b", ".join(entries) + b"]", segment_bytes=size)
        assert isinstance(seen.error, MalformedInput)
        assert seen.error.position == 2
        assert len(seen.elements) == 2


_CHILD = """
import asyncio, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))
from pathlib import Path
from support.reading import read_file
content = b"[" + b"[" * int(sys.argv[1]) + b"]" * int(sys.argv[2])
seen = asyncio.run(read_file(Path(sys.argv[3]), content, max_entry_bytes=64 << 20))
print(len(seen.elements), sorted(seen.rejected), seen.error is None, seen.broken_at)
"""


def read_brackets(file: Path, opened: int, closed: int) -> str:
    """What a process with 600 MiB of address space says about so many brackets."""
    ran = subprocess.run(
        [sys.executable, "-c", _CHILD, str(opened), str(closed), str(file)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout.strip()


@pytest.mark.parametrize("depth", [100_000, 1_000_000])
def test_opening_brackets_without_end_break_off_at_the_last_one(file: Path, depth: int) -> None:
    """A small file of brackets takes neither the stack nor the memory."""
    assert read_brackets(file, depth, 0) == f"0 [] False (0, {depth + 1})"


def test_an_element_of_a_hundred_thousand_levels_is_one_rejection(file: Path) -> None:
    """It is delimited, and refused for its depth."""
    assert read_brackets(file, 100_000, 100_001) == "1 [0] True None"


async def test_an_entry_above_the_size_limit_stops_there(file: Path) -> None:
    """What is before it is given, and the message names the setting."""
    content = json.dumps([numbered(1), numbered(2, labels={"x": ["y" * 5000]}), numbered(3)]).encode()
    for size in (1, 300, 1 << 20):
        seen = await read_file(file, content, segment_bytes=size, max_entry_bytes=1024)
        assert isinstance(seen.error, MalformedInput)
        assert (seen.error.position, len(seen.elements)) == (1, 1)
        assert "--max-entry-bytes" in str(seen.error)


async def test_blanks_without_end_do_not_fill_the_memory(file: Path) -> None:
    """A run of blanks longer than the longest entry stops the reading."""
    content = b"[" + json.dumps(numbered(1)).encode() + b"," + b" " * 100_000 + b"]"
    seen = await read_file(file, content, segment_bytes=100, max_entry_bytes=4096)
    assert isinstance(seen.error, MalformedInput)
    assert len(seen.elements) == 1


async def test_a_giant_entry_full_of_wrong_guesses_is_found_whole(file: Path) -> None:
    """Each nested object looks like a boundary; the stretches that are tried double."""
    inner = [{"labels": {"n": number}} for number in range(3000)]
    content = json.dumps(
        [numbered(1), numbered(2, labels={"x": inner}), numbered(3)], separators=(",", ":")
    ).encode()
    seen = await read_file(file, content, segment_bytes=1000)
    assert seen.error is None
    assert seen.elements == plain_reading(content).elements


async def test_a_recorded_segment_behind_the_end_of_the_file_is_a_mismatch(file: Path) -> None:
    """A file that became shorter is not what was recorded."""
    gone = SegmentKey(0, 1, 1, 500, "00" * 16)
    seen = await read_file(file, b"[1]", ReadPlan((gone,), 1, 501))
    assert isinstance(seen.error, CheckpointMismatch)


async def test_a_plan_that_is_ended_reads_nothing_more(file: Path) -> None:
    """Also where the file goes on."""
    seen = await read_file(file, b"[1,2,3]", ReadPlan((), 1, 2, ended=True))
    assert (seen.elements, seen.end, seen.error) == ([], None, None)


@pytest.mark.parametrize("path", ["entries", "a..item", ".item"])
async def test_a_path_that_names_no_elements_is_a_usage_error(file: Path, path: str) -> None:
    """It is said before anything is read."""
    seen = await read_file(file, b"{}", path=path)
    assert isinstance(seen.error, UsageError)


async def test_a_path_that_leads_nowhere_is_malformed_at_the_end(file: Path) -> None:
    """The document is read to its end before that is known."""
    seen = await read_file(file, b'{"a":{"b":1}}', path="a.c.item")
    assert seen.broken_at == (0, 13)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b'{"internal_media_ID":"a"}\n{"internal_media_ID":"b"}\n', 2),
        (b'\n \n{"internal_media_ID":"a"}\n\n', 1),
        (b'\xef\xbb\xbf{"internal_media_ID":"a"}\r\n{"internal_media_ID":"b"}', 2),
        (b'{"internal_media_ID":"a"}', 1),
    ],
)
async def test_json_lines_are_known_by_their_first_line(file: Path, content: bytes, lines: int) -> None:
    """An object that ends on its line."""
    seen = await read_file(file, content)
    assert seen.end is not None
    assert (seen.end.total, len(seen.elements), seen.end.length) == (lines, lines, len(content))


async def test_an_object_that_holds_an_array_is_told_about_the_path(file: Path) -> None:
    """A document of another form does not pass for JSON Lines."""
    for content in (b'{"entries":[{"internal_media_ID":"a"}\n]}', b'{"entries": []}'):
        seen = await read_file(file, content)
        assert isinstance(seen.error, MalformedInput)
        assert "--path" in str(seen.error)


async def test_a_last_line_that_breaks_off_is_malformed(file: Path) -> None:
    """Its lines before are given."""
    seen = await read_file(file, b'{"internal_media_ID":"a"}\n{"internal_media_ID":"b', lines=True)
    assert seen.broken_at == (1, 49)
    assert len(seen.elements) == 1


async def test_a_bad_line_costs_itself(file: Path) -> None:
    """The line break ends it, whatever is in it."""
    content = (
        b'{"internal_media_ID":"a"}\n{"internal_media_ID":"b\n[}\n{"internal_media_ID":"c","labels":{}}\n'
    )
    seen = await read_file(file, content, lines=True)
    assert seen.end is not None
    assert seen.end.total == 4
    assert {1, 2} <= seen.rejected


async def test_entries_of_a_program_are_read_in_order() -> None:
    """From a generator; each is written as JSON."""
    seen = await read_entries((numbered(i) for i in range(100)), segment_bytes=500)
    assert [json.loads(raw)["internal_media_ID"] for _, _, raw in seen.elements] == [
        f"media-{i:06d}" for i in range(100)
    ]
    assert not seen.rejected
