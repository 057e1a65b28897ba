"""A resume goes on with the same bytes, with what grew or was mended where that is known, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from xxhash import xxh3_128_hexdigest

from bulk_importer.checkpoint import Checkpoint, FolderOptions, SourceIdentity, identify
from bulk_importer.errors import CheckpointMismatch
from bulk_importer.model import Segment
from support.checkpoints import header
from support.entries import segment_of

PART = 40_000  # bytes of a segment; several blocks of the identity lie in each


class Folder:
    """A source of some hundred kilobytes beside its checkpoint."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.source = place / "labels.json"
        self.source.write_bytes(bytes(range(256)) * 2000)
        self.checkpoint = place / "checkpoint"

    async def read(
        self, segments: int = 3, *, ended: bool = False, broken_at: int | None = None, plain: bool = True
    ) -> None:
        """Record the first segments of the source, and its end or its break."""
        checkpoint = await self.resume(plain=plain)
        for number in range(segments):
            await checkpoint.record_segment(self.segment(number))
        if ended:
            await checkpoint.record_end(10 * segments, self.source.stat().st_size)
        if broken_at is not None:
            await checkpoint.record_broken(10 * segments, broken_at, "it breaks off")
        await checkpoint.close()

    def segment(self, number: int) -> Segment:
        content = self.source.read_bytes()[number * PART : (number + 1) * PART]
        key = {"offset": number * PART, "length": PART, "digest": xxh3_128_hexdigest(content)}
        return segment_of(10 * number, 10, key=key)

    async def resume(self, *, grew: bool = False, plain: bool = True) -> Checkpoint:
        with self.source.open("rb") as source:
            identity = identify(source.fileno(), plain=plain)
            return Checkpoint.open(
                self.checkpoint,
                header(identity=identity),
                FolderOptions(source_file=source.fileno(), source_grew=grew),
            )

    async def goes_on(self, *, grew: bool = False, plain: bool = True) -> None:
        await (await self.resume(grew=grew, plain=plain)).close()

    def alter(self, offset: int, content: bytes = b"?!") -> None:
        altered = bytearray(self.source.read_bytes())
        altered[offset : offset + len(content)] = content
        self.source.write_bytes(altered)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


async def test_the_same_bytes_under_another_name_and_time_are_the_same_source(folder: Folder) -> None:
    """A file may be moved together with its checkpoint."""
    await folder.read()
    folder.source = folder.source.rename(folder.place / "moved.json")
    folder.source.touch()
    await folder.goes_on()


@pytest.mark.parametrize("offset", [0, PART + 7, 3 * PART - 2])
async def test_a_changed_segment_is_refused_and_the_place_is_named(folder: Folder, offset: int) -> None:
    """With what to do, and with what not to."""
    await folder.read()
    folder.alter(offset)
    folder.source.write_bytes(folder.source.read_bytes() + b"x")
    with pytest.raises(CheckpointMismatch) as refused:
        await folder.goes_on()
    said = str(refused.value)
    first = offset // PART * PART
    assert f"differs between byte {first} and byte {first + PART}" in said
    assert f"positions {first // PART * 10} to" in said
    assert "--settled-by" in said
    assert "retry" in said
    assert "Do not delete the folder" in said
    assert "Nothing of it was sent" in said


async def test_a_file_of_another_size_is_refused_with_both_sizes(folder: Folder) -> None:
    """And the way on is named, should it only have grown."""
    await folder.read()
    folder.source.write_bytes(folder.source.read_bytes() + b"more")
    with pytest.raises(CheckpointMismatch, match=r"512,004 bytes and had 512,000.*--source-grew"):
        await folder.goes_on()


async def test_a_file_that_only_grew_goes_on_when_that_is_said(folder: Folder) -> None:
    """Then and ever after; nothing that was read is read anew."""
    await folder.read()
    folder.source.write_bytes(folder.source.read_bytes() + b"more")
    await folder.goes_on(grew=True)
    await folder.goes_on()


async def test_a_file_that_grew_and_changed_is_refused_all_the_same(folder: Folder) -> None:
    """`--source-grew` does not mean that anything goes."""
    await folder.read()
    folder.alter(5)
    folder.source.write_bytes(folder.source.read_bytes() + b"more")
    with pytest.raises(CheckpointMismatch, match="differs between byte 0"):
        await folder.goes_on(grew=True)


async def test_an_array_that_was_closed_may_be_opened_again_to_grow(folder: Folder) -> None:
    """Its end changes, and is not on record any more; its segments may not change."""
    await folder.read(12, ended=True)
    content = folder.source.read_bytes()
    folder.source.write_bytes(content[: 12 * PART] + b"," + b"y" * 50_000)
    with pytest.raises(CheckpointMismatch):
        await folder.goes_on()
    checkpoint = await folder.resume(grew=True)
    assert checkpoint.state.end is None
    assert checkpoint.state.position == 120
    await checkpoint.close()


async def test_a_file_that_shrank_has_not_grown(folder: Folder) -> None:
    """Whatever is said."""
    await folder.read()
    folder.source.write_bytes(folder.source.read_bytes()[:-9])
    with pytest.raises(CheckpointMismatch):
        await folder.goes_on(grew=True)


async def test_behind_a_break_a_source_may_be_mended_without_a_flag(folder: Folder) -> None:
    """It is the way to go on after exit 3; longer or shorter, as long as what was read is as it was."""
    await folder.read(3, broken_at=3 * PART + 11)
    content = folder.source.read_bytes()
    folder.source.write_bytes(content[: 3 * PART] + b"mended" * 70_000)
    await folder.goes_on()
    folder.source.write_bytes(content[: 3 * PART] + b"]")
    await folder.goes_on()


async def test_before_a_break_nothing_may_change(folder: Folder) -> None:
    """What was read and maybe delivered stays proven."""
    await folder.read(3, broken_at=3 * PART + 11)
    folder.alter(PART + 100)
    folder.source.write_bytes(folder.source.read_bytes() + b"mended")
    with pytest.raises(CheckpointMismatch, match=f"byte {PART} "):
        await folder.goes_on()


async def test_of_a_compressed_file_bytes_and_segments_are_not_compared(folder: Folder) -> None:
    """Offsets of segments are not offsets of its bytes; the segments prove themselves while they are read."""
    await folder.read(3, broken_at=3 * PART + 11, plain=False)
    folder.source.write_bytes(b"packed otherwise")
    await folder.goes_on(plain=False)


async def test_a_stream_is_not_a_file(folder: Folder) -> None:
    """What was begun from a pipe cannot go on from a file that nobody can compare, and the other way."""
    await folder.read()
    with pytest.raises(CheckpointMismatch, match="unknown number of bytes"):
        Checkpoint.open(folder.checkpoint, header(identity=SourceIdentity()))


async def test_while_nothing_is_on_record_any_source_will_do(folder: Folder) -> None:
    """Nothing of it can be doubled."""
    await folder.read(0)
    folder.source.write_bytes(b"[]")
    await folder.goes_on()


def test_an_identity_costs_a_fixed_amount_of_reading(tmp_path: Path) -> None:
    """Whatever the size: head, tail and samples."""
    path = tmp_path / "big"
    with path.open("w+b") as file:
        file.truncate(1 << 33)
        identity = identify(file.fileno())
    assert identity.size == 1 << 33
    assert sum(block.length for block in identity.blocks) <= 192 * 1024


async def test_a_setting_that_changes_meaning_is_refused_by_name(tmp_path: Path) -> None:
    """With both values."""
    checkpoint = Checkpoint.open(tmp_path, header(path="a.item"))
    await checkpoint.record_segment(segment_of(0, 10))
    await checkpoint.close()
    with pytest.raises(CheckpointMismatch, match=r"the setting path was 'a.item' and is 'b.item'"):
        Checkpoint.open(tmp_path, header(path="b.item"))


async def test_while_nothing_is_on_record_the_path_may_change(tmp_path: Path) -> None:
    """Then and there; not so with what protects from sending twice."""
    await Checkpoint.open(tmp_path, header(settled_by="old")).close()
    checkpoint = Checkpoint.open(tmp_path, header(settled_by="old", path="b.item"))
    await checkpoint.record_segment(segment_of(0, 10))
    await checkpoint.close()
    with pytest.raises(CheckpointMismatch, match=r"the setting path was 'b.item' and is 'a.item'"):
        Checkpoint.open(tmp_path, header(settled_by="old", path="a.item"))


async def test_while_nothing_is_on_record_what_was_delivered_before_still_counts(tmp_path: Path) -> None:
    """A run that never began to read has said what it is settled by, and the next must say it, too."""
    await Checkpoint.open(tmp_path, header(settled_by="old", path="a.item")).close()
    with pytest.raises(CheckpointMismatch, match=r"settled_by was 'old' and is not set"):
        Checkpoint.open(tmp_path, header(path="b.item"))


@pytest.mark.parametrize("what", ["server", "project"])
async def test_another_server_or_project_is_refused_by_name(tmp_path: Path, what: str) -> None:
    """What was delivered there was not delivered here."""
    await Checkpoint.open(tmp_path, header()).close()
    with pytest.raises(CheckpointMismatch, match=f"the {what} was .* and is 'other'"):
        Checkpoint.open(tmp_path, msgspec.structs.replace(header(), **{what: "other"}))
