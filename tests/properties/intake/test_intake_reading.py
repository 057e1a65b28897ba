"""Reading by segments sees what a plain reading with `json` sees, however the source is cut or damaged."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulk_importer.errors import CheckpointMismatch
from bulk_importer.model import ReadPlan, SegmentKey
from bulk_importer.sources.files import PipeSource
from support.profiles import examples
from support.reading import Seen, plain_reading, read_file, read_source

Json = Any

_TEXTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ['},{"labels"', '"}, {"internal_media_ID":"', "\\", '\\"', "]", "[[{", "\u2028é😀", "a:b"]
    ),
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    _TEXTS,
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=8,
)
_ENTRIES = st.builds(
    lambda name, more, first: (
        {first: more, "internal_media_ID": name} if first else {"internal_media_ID": name, "labels": more}
    ),
    _TEXTS,
    st.one_of(st.just({}), _VALUES),
    st.sampled_from(["", "", "keepData", "labels", "image", "x"]),
)
_ELEMENTS = st.one_of(_ENTRIES, _ENTRIES, _ENTRIES, _VALUES, st.just({"label_classes": []}))
_STYLES = st.sampled_from(["compact", "spaced", "indented", "crlf", "marked", "wide"])


def write(elements: list[Json], style: str) -> bytes:
    """A document of `elements`, laid out in one of the ways that people and programs lay them out."""
    if style == "compact":
        return json.dumps(elements, separators=(",", ":"), ensure_ascii=False).encode()
    if style == "indented":
        return json.dumps(elements, indent=1).encode() + b"\n"
    if style == "crlf":
        return json.dumps(elements, indent=2).replace("\n", "\r\n").encode() + b"\r\n"
    if style == "marked":
        return b"\xef\xbb\xbf " + json.dumps(elements).encode()
    if style == "wide":
        return ("\n[ \t" + " \r\n, \t".join(map(json.dumps, elements)) + "\n\n ]  ").encode()
    return json.dumps(elements).encode()


_DOCUMENTS = st.builds(write, st.lists(_ELEMENTS, max_size=7), _STYLES)
_SIZES = st.one_of(st.integers(1, 40), st.sampled_from([64, 257, 1000, 1 << 20]))

_quick = settings(max_examples=examples(40))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to be written again and again."""
    return tmp_path_factory.mktemp("reading") / "source.json"


def read(file: Path, content: bytes, plan: ReadPlan | None = None, **options: Any) -> Seen:
    """Read `content` from a file."""
    return asyncio.run(read_file(file, content, plan, **options))


def read_pipe(content: bytes, **options: Any) -> Seen:
    """Read `content` from a pipe, which holds all of it."""

    async def through_a_pipe() -> Seen:
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        source = PipeSource("pipe", ours)
        os.write(theirs, content)
        os.close(theirs)
        try:
            return await read_source(source, **options)
        finally:
            await source.aclose()

    return asyncio.run(through_a_pipe())


def expect_like_plain(content: bytes, seen: Seen) -> None:
    """What was seen is what `json` sees, up to the first byte that `json` does not take."""
    plain = plain_reading(content)
    whole = len(plain.elements)
    assert [each for each in seen.elements if each[0] < whole] == [
        each for each in plain.elements if each[0] not in seen.skipped
    ]
    for position, _, raw in seen.elements:
        if position not in seen.rejected:
            json.loads(raw)
    if plain.end is None:
        # The next element is no JSON: it costs itself, or the rest.
        assert whole in seen.rejected or (seen.broken_at is not None and seen.broken_at[0] >= whole)
    elif content[plain.end :].strip(b" \t\r\n"):
        rest = content[plain.end :]
        assert seen.broken_at == (whole, len(content) - len(rest.lstrip(b" \t\r\n")))
    else:
        assert seen.error is None
        assert seen.end is not None
        assert (seen.end.total, seen.end.length) == (whole, len(content))


def expect_tiled(keys: list[SegmentKey]) -> None:
    """Segments follow each other without a gap, in positions and in bytes."""
    for one, next_one in itertools.pairwise(keys):
        assert one.first + one.count == next_one.first
        assert one.offset + one.length == next_one.offset


@given(content=_DOCUMENTS, size=_SIZES, most=st.sampled_from([1, 2, 5, 16_384]))
@_quick
def test_a_valid_document_gives_every_element_with_its_offset_and_bytes(
    path: Path, content: bytes, size: int, most: int
) -> None:
    """Positions, offsets, bytes and the end are those of a plain reading."""
    seen = read(path, content, segment_bytes=size, max_segment_entries=most)
    expect_like_plain(content, seen)
    expect_tiled(seen.keys)
    assert read_pipe(content, segment_bytes=size, max_segment_entries=most).outcome == seen.outcome


@given(content=_DOCUMENTS, size=_SIZES, at=st.integers(0), byte=st.binary(max_size=2), gone=st.integers(0, 3))
@example(content=b'[{"a":"b"},{"c":1}]', size=1, at=7, byte=b"", gone=1)
@_quick
def test_a_damaged_document_gives_what_is_before_the_damage_and_never_accepts_it(
    path: Path, content: bytes, size: int, at: int, byte: bytes, gone: int
) -> None:
    """Some bytes are replaced; the way it is cut changes nothing of what is found."""
    at %= len(content)
    damaged = content[:at] + byte + content[at + gone :]
    seen = read(path, damaged, segment_bytes=size)
    if not damaged.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        return
    expect_like_plain(damaged, seen)
    expect_tiled(seen.keys)
    assert read(path, damaged, segment_bytes=1 << 20).outcome == seen.outcome


@given(elements=st.lists(_ELEMENTS, min_size=1, max_size=3), style=_STYLES, size=_SIZES)
@settings(parent=_quick, max_examples=examples(4))
def test_a_document_cut_anywhere_breaks_off_at_its_last_byte(
    path: Path, elements: list[Json], style: str, size: int
) -> None:
    """At every byte: what is whole is given, and the break is the end of what is there."""
    content = write(elements, style)
    bare = content.rstrip()
    for cut in range(3 if style == "marked" else 0, len(bare)):
        seen = read(path, bare[:cut], segment_bytes=size)
        expected = plain_reading(bare[:cut])
        assert seen.elements == [each for each in expected.elements if each[0] not in seen.skipped]
        assert seen.broken_at == (len(expected.elements), cut), cut


@given(content=_DOCUMENTS, size=st.integers(1, 60), choice=st.randoms(use_true_random=False))
@_quick
def test_reading_goes_on_from_any_recorded_prefix(path: Path, content: bytes, size: int, choice: Any) -> None:
    """Some recorded segments again, then the unread rest: the same elements at the same places."""
    whole = read(path, content, segment_bytes=size)
    known = choice.randint(0, len(whole.keys))
    prefix = whole.keys[:known]
    again = tuple(key for key in prefix if choice.random() < 0.5)
    last = prefix[-1] if prefix else SegmentKey(0, 0, 0, 0, "")
    position = last.first + last.count
    plan = ReadPlan(again, position, last.offset + last.length)
    seen = read(path, content, plan, segment_bytes=choice.choice([1, 30, 1 << 20]))
    wanted = {p for key in again for p in range(key.first, key.first + key.count)}
    assert seen.elements == [each for each in whole.elements if each[0] in wanted or each[0] >= position]
    assert seen.end == whole.end


@given(content=_DOCUMENTS, size=st.integers(1, 60), at=st.integers(0), byte=st.binary(max_size=2))
@_quick
def test_a_break_that_was_mended_is_gone_on_with(
    path: Path, content: bytes, size: int, at: int, byte: bytes
) -> None:
    """What was recorded before the break stands; with the mended source the rest follows."""
    at %= len(content)
    damaged = content[:at] + byte
    broken = read(path, damaged, segment_bytes=size)
    if broken.broken_at is None or damaged[: broken.broken_at[1]] != content[: broken.broken_at[1]]:
        return
    keys = broken.keys
    plan = (
        ReadPlan(tuple(keys), keys[-1].first + keys[-1].count, keys[-1].offset + keys[-1].length)
        if keys
        else ReadPlan()
    )
    assert read(path, content, plan, segment_bytes=size).outcome == read(path, content).outcome


@given(content=_DOCUMENTS, at=st.integers(0))
@_quick
def test_a_recorded_segment_that_changed_is_not_given(path: Path, content: bytes, at: int) -> None:
    """A single changed byte is noticed, wherever it is."""
    whole = read(path, content, segment_bytes=30)
    at %= len(content)
    touched = [key for key in whole.keys if key.offset <= at < key.offset + key.length]
    if not touched:
        return
    changed = content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :]
    seen = read(path, changed, ReadPlan(tuple(touched), touched[0].first, touched[0].offset, ended=True))
    assert isinstance(seen.error, CheckpointMismatch)
    assert f"byte {touched[0].offset} " in str(seen.error)
    assert not seen.elements


@given(elements=st.lists(_ENTRIES, max_size=8), size=_SIZES, crlf=st.booleans(), ended=st.booleans())
@_quick
def test_json_lines_give_every_line(
    path: Path, elements: list[Json], size: int, crlf: bool, ended: bool
) -> None:
    """Each line that is no blank is an element; a last line need not be ended."""
    newline = b"\r\n" if crlf else b"\n"
    lines = [json.dumps(element).encode() for element in elements]
    content = (newline + b" ").join(lines) + (newline if ended else b"")
    seen = read(path, content, segment_bytes=size, lines=True)
    assert [raw for _, _, raw in seen.elements] == lines
    assert all(content[at : at + len(raw)] == raw for _, at, raw in seen.elements)
    assert seen.end is not None
    assert seen.end.length == len(content)
    again = read(path, content, ReadPlan(tuple(seen.keys), ended=True), lines=True)
    assert again.elements == seen.elements


@given(elements=st.lists(_ELEMENTS, max_size=4), before=_VALUES, behind=_VALUES, size=_SIZES)
@_quick
def test_an_array_below_a_key_gives_what_it_would_give_at_the_root(
    path: Path, elements: list[Json], before: Json, behind: Json, size: int
) -> None:
    """What stands around the array is proven and left alone."""
    array = json.dumps(elements)
    opening = json.dumps({"x": before, "decoy": {"list": [1]}})[:-1] + ', "deep": {"a": {}, "list": '
    content = (opening + array + "," + json.dumps({"y": behind})[1:] + "}").encode()
    seen = read(path, content, segment_bytes=size, path="deep.list.item")
    root = read(path, array.encode(), segment_bytes=size)
    shift = len(opening)
    assert seen.elements == [(position, at + shift, raw) for position, at, raw in root.elements]
    assert seen.end is not None
    assert (seen.end.total, seen.end.length) == (len(elements), len(content))
    broken = read(path, content[:-1], segment_bytes=size, path="deep.list.item")
    assert broken.broken_at == (len(elements), len(content) - 1)
