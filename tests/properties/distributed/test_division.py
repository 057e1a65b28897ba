"""Each position is in one piece of one shard, the entries of a media are together in their order, digests are right."""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_right
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh3_128_hexdigest

from bulk_importer.labels.entry import lane_of
from support.entries import entry
from support.fleet.divided import Divided, divided

_MEDIA = st.sampled_from(["a", "A", "b", "c ", "c", "d", "é", "E", "f", "g", "h", "i", "j"])
_ELEMENTS = st.one_of(
    st.builds(entry, _MEDIA, st.integers(0, 10**9)),
    st.builds(entry, _MEDIA, st.integers(0, 9), broken=st.just(True)),
    st.just({"label_classes": []}),
    st.sampled_from([7, None, "text", [], {}, {"internal_media_ID": 5}]),
)


class _Document(NamedTuple):
    content: bytes
    elements: list[object]
    spans: list[tuple[int, int]]
    path: str = ""
    is_lines: bool = False


def _array(elements: list[object], joints: list[str], path: str) -> _Document:
    before, behind = (b'{"before": [1], "entries": [ ', b"]}") if path else (b" [", b"\n ]")
    content, spans = _laid_out(elements, joints, ",")
    shifted = [(begin + len(before), stop + len(before)) for begin, stop in spans]
    return _Document(before + content + behind, elements, shifted, path)


def _lines(elements: list[object], joints: list[str]) -> _Document:
    content, spans = _laid_out(elements, joints, "\n")
    return _Document(content, elements, spans, is_lines=True)


def _laid_out(elements: list[object], joints: list[str], joint: str) -> tuple[bytes, list[tuple[int, int]]]:
    """The elements with what stands between them, and the bytes at which each of them begins and ends."""
    content = bytearray()
    spans = []
    for number, element in enumerate(elements):
        content += ((joint if number else "") + joints[number % len(joints)]).encode()
        raw = json.dumps(element, ensure_ascii=False).encode()
        spans.append((len(content), len(content) + len(raw)))
        content += raw
    return bytes(content), spans


_LISTS = st.lists(_ELEMENTS, max_size=30)
_DOCUMENTS = st.one_of(
    st.builds(_array, _LISTS, st.lists(st.sampled_from(["", " ", "\r\n  ", "\t"]), min_size=1), st.just("")),
    st.builds(_array, _LISTS, st.just([" "]), st.just("entries.item")),
    st.builds(_lines, _LISTS, st.lists(st.sampled_from(["", " ", "\r\n", "\n"]), min_size=1)),
)


def _divided(document: _Document, shards: int, blocks: int, segment_bytes: int) -> Divided:
    with TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "source"
        file.write_bytes(document.content)
        reading = {"segment_bytes": segment_bytes, "path": document.path, "lines": document.is_lines}
        return asyncio.run(divided(file, shards, blocks=blocks, folder=folder, **reading))


@given(_DOCUMENTS, st.integers(1, 9), st.sampled_from([2, 5, 1024]), st.sampled_from([30, 150, 1 << 20]))
def test_a_division_loses_nothing_and_keeps_each_media_together(
    document: _Document, shards: int, blocks: int, segment_bytes: int
) -> None:
    """Whatever the input looks like, however it is read, and however coarse the cuts are."""
    if not document.elements:
        return
    found = _divided(document, shards, blocks, segment_bytes)
    assert found.report.entries == len(document.elements)
    shard_of = _each_position_once(document, found)
    assert 1 <= len(found.pieces) <= shards
    assert all(found.pieces)
    _each_media_together(document, found, shard_of)
    _sums_are_right(found, shard_of)


def _each_position_once(document: _Document, found: Divided) -> dict[int, int]:
    """The shard of each position."""
    shard_of: dict[int, int] = {}
    for shard, pieces in enumerate(found.pieces):
        before = -1
        for piece in pieces:
            assert piece.first > before
            before = piece.first + piece.count - 1
            assert piece.count > 0
            for position in range(piece.first, piece.first + piece.count):
                assert position not in shard_of
                shard_of[position] = shard
            begin, stop = document.spans[piece.first][0], document.spans[before][1]
            assert (piece.offset, piece.offset + piece.length) == (begin, stop)
            assert piece.digest == xxh3_128_hexdigest(document.content[begin:stop])
    assert sorted(shard_of) == list(range(len(document.elements)))
    return shard_of


def _each_media_together(document: _Document, found: Divided, shard_of: dict[int, int]) -> None:
    """All entries of a media are in the shard in whose stretch the first of them stands; the others stay."""
    owners: dict[str, int] = {}
    for position, element in enumerate(document.elements):
        home = bisect_right(found.begins, position) - 1
        media_id = element.get("internal_media_ID") if isinstance(element, dict) else None
        owner = owners.setdefault(lane_of(media_id), home) if isinstance(media_id, str) else home
        assert shard_of[position] == owner


def _sums_are_right(found: Divided, shard_of: dict[int, int]) -> None:
    for shard, (share, pieces) in enumerate(zip(found.shares, found.pieces, strict=True)):
        away = [
            position
            for position, owner in shard_of.items()
            if owner == shard and bisect_right(found.begins, position) - 1 != shard
        ]
        assert share.entries == sum(piece.count for piece in pieces)
        assert share.bytes == sum(piece.length for piece in pieces)
        assert share.moved == len(away)
