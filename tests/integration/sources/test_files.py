"""Files and pipes are read where they are owed, and are noticed when they change."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.model import ReadPlan
from bulk_importer.sources import open_source
from support.entries import numbered
from support.reading import plain_reading, read_source

CONTENT = json.dumps([numbered(i, labels={"class": ["x" * 1000]}) for i in range(8_000)]).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of some MB."""
    path = tmp_path / "source.json"
    path.write_bytes(CONTENT)
    return path


def bytes_read() -> int:
    """How many bytes this process has read so far, from whatever it was."""
    return int(Path("/proc/self/io").read_text().split()[1])


async def test_a_resume_at_nine_tenths_reads_only_what_it_needs(file: Path) -> None:
    """The first segment comes after reading a fraction of the file."""
    offset = CONTENT.index(b"},", 9 * len(CONTENT) // 10) + 2
    offset = CONTENT.index(b"}, {", offset) + 1
    position = CONTENT[:offset].count(b'"internal_media_ID"')
    source = await open_source(str(file))
    before = bytes_read()
    async with Intake(source, ReadPlan((), position, offset), Rules(), IntakeOptions(workers=0)) as intake:
        segment = await anext(intake)
        taken = bytes_read() - before
    await source.aclose()
    assert (segment.key.first, segment.key.offset) == (position, offset)
    assert taken < len(CONTENT) / 5


async def drain(intake: Intake, most: int) -> None:
    """Take segments until there are no more, at most so many."""
    for _ in range(most):
        await anext(intake)


@pytest.mark.parametrize("change", ["append", "shorten", "touch"])
async def test_a_file_that_changes_while_it_is_read_is_noticed(file: Path, change: str) -> None:
    """Its size or its time says so; what was read before the change is given, nothing else."""
    source = await open_source(str(file))
    async with Intake(source, ReadPlan(), Rules(), IntakeOptions(workers=0, segment_bytes=50_000)) as intake:
        await anext(intake)
        if change == "append":
            with file.open("ab") as opened:
                opened.write(b" ")
        elif change == "shorten":
            os.truncate(file, 1_000_000)
        else:
            os.utime(file, (1, 1))
        with pytest.raises(SourceUnreadable, match="it changed while it was read"):
            await drain(intake, most=3)
    await source.aclose()


async def test_a_file_that_is_replaced_is_read_as_it_was_opened(file: Path) -> None:
    """Workers read it by the descriptor, so a new file of the same name is another file."""
    source = await open_source(str(file))
    options = IntakeOptions(workers=2, segment_bytes=500_000)
    positions = 0
    async with Intake(source, ReadPlan(), Rules(), options) as intake:
        async for segment in intake:
            if not positions:
                other = file.with_name("other")
                other.write_bytes(b"[]")
                other.replace(file)
            positions += segment.key.count
    await source.aclose()
    assert positions == 8_000


async def test_what_is_not_there_or_no_file_is_unreadable(tmp_path: Path) -> None:
    """With a reason."""
    with pytest.raises(SourceUnreadable, match="there is no such file"):
        await open_source(str(tmp_path / "none"))
    with pytest.raises(SourceUnreadable, match="it is a folder"):
        await open_source(str(tmp_path))


async def test_without_a_standard_input_it_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a program has none that was started with it closed."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SourceUnreadable, match="standard input is closed"):
        await open_source("-")


async def test_a_pipe_is_read_as_its_bytes_come(tmp_path: Path) -> None:
    """By a name, as a shell gives one to a process substitution."""
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    copying = "import sys, shutil; shutil.copyfileobj(open(sys.argv[1], 'rb'), open(sys.argv[2], 'wb'), 7777)"
    plain = tmp_path / "plain.json"
    plain.write_bytes(CONTENT)
    with subprocess.Popen([sys.executable, "-c", copying, str(plain), str(fifo)]) as writer:
        source = await open_source(str(fifo))
        seen = await read_source(source, workers=2, segment_bytes=300_000)
        await source.aclose()
        assert writer.wait(timeout=60) == 0
    assert seen.error is None
    assert seen.elements == plain_reading(CONTENT).elements


async def test_waiting_for_a_silent_pipe_can_be_cancelled() -> None:
    """No thread is left that would keep the program from ending."""
    ours, theirs = os.pipe()
    source_path = f"/proc/self/fd/{ours}"
    opening = asyncio.create_task(open_source(source_path))
    for _ in range(10):
        await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    os.close(ours)
    os.close(theirs)
