"""A shard gives exactly the elements of its pieces, from any byte on, and nothing of a piece that is another one."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh3_128_hexdigest

from bulk_importer.distributed.values import Piece
from bulk_importer.distributed.work import shard_source
from bulk_importer.distributed.work.shard_source import ShardSource
from bulk_importer.errors import CheckpointMismatch
from bulk_importer.sources import Source
from bulk_importer.sources.compressed import unpacked
from bulk_importer.sources.files import FileSource

ELEMENTS = st.lists(
    st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=30), max_size=3), max_size=12
)


class Drawn:
    """A source of elements with odd blanks between, and a shard of it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.elements = draw(ELEMENTS)
        self.lines = draw(st.booleans())
        blank = (
            st.sampled_from(["", " ", "\n \n", "\n" * 40]) if not self.lines else st.sampled_from(["", " "])
        )
        text = "" if self.lines else "["
        spans = []
        for number, each in enumerate(self.elements):
            text += ("" if self.lines or not number else ",") + draw(blank)
            raw = json.dumps(each)
            spans.append((len(text), len(raw)))
            text += raw + draw(blank) + ("\n" if self.lines else "")
        self.content = (text + ("" if self.lines else "]\n")).encode()
        chosen = [draw(st.booleans()) for _ in self.elements]
        self.pieces: list[Piece] = []
        self.wanted = [each for each, is_ours in zip(self.elements, chosen, strict=True) if is_ours]
        for number, (begin, length) in enumerate(spans):
            if not chosen[number]:
                continue
            first, offset, end = number, begin, begin + length
            last = self.pieces[-1] if self.pieces else None
            if last and last.first + last.count == number and draw(st.booleans()):
                first, offset = last.first, last.offset
                self.pieces.pop()
            digest = xxh3_128_hexdigest(self.content[offset:end])
            self.pieces.append(Piece(first, number + 1 - first, offset, end - offset, digest))


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    """Any elements, any of them in the shard, in pieces of any size."""
    return Drawn(draw)


def parsed(content: bytes, *, lines: bool) -> Sequence[object]:
    """What a naive reader finds."""
    return [json.loads(line) for line in content.splitlines()] if lines else json.loads(content)


async def read_all(shard: ShardSource, offset: int, limit: int) -> bytes:
    """The content from a byte on, `limit` bytes at a time."""
    stream, found = await shard.stream(offset), b""
    while piece := await stream.read(limit):
        assert len(piece) <= limit
        found += piece
    await stream.aclose()
    return found


def file_of(path: Path, content: bytes) -> FileSource:
    """The source as a file."""
    path.write_bytes(content)
    return FileSource(str(path), os.open(path, os.O_RDONLY))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the source lies."""
    return tmp_path_factory.mktemp("shard") / "l.json"


@given(drawn(), st.data(), st.integers(1, 40), st.integers(1, 200))
def test_any_stretch_of_a_shard_is_that_of_its_elements_put_together(
    path: Path, drawn: Drawn, data: st.DataObject, limit: int, at_once: int
) -> None:
    """From any byte on, in reads of any size, whatever of the source is read in one go."""
    source = file_of(path, drawn.content)
    shard = ShardSource(source, drawn.pieces, index=0, version="v", lines=drawn.lines)
    offset = data.draw(st.integers(0, shard.size or 0))

    async def check() -> None:
        whole = await read_all(shard, 0, 1 << 20)
        assert parsed(whole, lines=drawn.lines) == drawn.wanted
        assert len(whole) == shard.size
        assert await read_all(shard, offset, limit) == whole[offset:]
        assert await shard.head(limit) == whole[:limit]
        await shard.aclose()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shard_source, "_AT_ONCE", at_once)
        patch.setattr(shard_source, "_GAP", at_once % 7)
        asyncio.run(check())


@given(drawn(), st.data())
def test_nothing_of_a_piece_is_given_that_is_another_one_now(
    path: Path, drawn: Drawn, data: st.DataObject
) -> None:
    """One byte is flipped in the source: all before that piece is given, at most, and the error names the piece."""
    if not drawn.pieces:
        return
    broken = data.draw(st.integers(0, len(drawn.pieces) - 1))
    piece = drawn.pieces[broken]
    at = piece.offset + data.draw(st.integers(0, piece.length - 1))
    content = bytearray(drawn.content)
    content[at] ^= 1
    given_so_far = bytearray()

    async def read(shard: ShardSource) -> None:
        stream = await shard.stream(0)
        while some := await stream.read(7):
            given_so_far.extend(some)

    shard = ShardSource(file_of(path, bytes(content)), drawn.pieces, index=3, version="v", lines=drawn.lines)
    with pytest.raises(CheckpointMismatch, match=rf"\(shard 3\).*byte {piece.offset} and byte"):
        asyncio.run(read(shard))
    before = sum(each.length + 1 for each in drawn.pieces[:broken])
    assert len(given_so_far) <= before
    asyncio.run(shard.aclose())


@pytest.mark.parametrize("kind", ["gzip", "cut short"])
async def test_a_source_that_flows_is_read_forward_and_one_that_is_too_short_is_refused(
    path: Path, kind: str
) -> None:
    """What is packed has no offsets: it is unpacked from its beginning, and what is not wanted is passed over."""
    import gzip

    content = b'[{"a": 1}, {"b": 2}, {"c": 3}]'
    pieces = [Piece(n, 1, at, 8, xxh3_128_hexdigest(content[at : at + 8])) for n, at in ((0, 1), (2, 21))]
    source: Source = file_of(path, gzip.compress(content if kind == "gzip" else content[:25]))
    shard = ShardSource(await unpacked(source), pieces, index=0, version="v", lines=False)
    if kind == "gzip":
        assert await read_all(shard, 0, 5) == b'[{"a": 1},{"c": 3}]'
        assert await read_all(shard, 10, 5) == b'{"c": 3}]'
    else:
        with pytest.raises(CheckpointMismatch, match="positions 2 to 2"):
            await read_all(shard, 0, 100)
    await shard.aclose()
