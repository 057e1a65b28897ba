"""The source of a checkpoint is found again by what it is, and never taken for something that has its name."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bulk_importer.checkpoint import CheckpointState, SourceIdentity, identify
from bulk_importer.errors import SourceUnreadable
from bulk_importer.pipeline.resume.recorded_source import open_again
from bulk_importer.sources import open_source
from support.checkpoints import header

CONTENT = b'[{"internal_media_ID": "a"}]'


@pytest.mark.parametrize(
    ("name", "identity", "why"),
    [
        ("-", SourceIdentity(), "it came as a stream"),
        ("-", SourceIdentity(size=len(CONTENT), plain=True), "it came as a stream"),
        ("entries", SourceIdentity(), "it came as a stream"),
        (
            "https://example.org/l.json?...",
            SourceIdentity(size=7),
            "behind the question mark is not on record",
        ),
    ],
)
async def test_a_name_on_record_is_not_taken_for_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, identity: SourceIdentity, why: str
) -> None:
    """Where it is that of something else, and a file has it, too."""
    monkeypatch.chdir(tmp_path)
    if "/" not in name:
        Path(name).write_bytes(CONTENT)
    told = msgspec.structs.replace(header(), source=name)
    with pytest.raises(SourceUnreadable, match=why):
        await open_again(tmp_path / "c", told, CheckpointState(identity), None)


async def test_a_file_is_found_beside_its_checkpoint(tmp_path: Path) -> None:
    """Both were moved together."""
    file = tmp_path / "labels.json"
    file.write_bytes(CONTENT)
    opened = await open_source(str(file))
    assert opened.file is not None
    state = CheckpointState(identify(opened.file))
    await opened.aclose()
    told = msgspec.structs.replace(header(), source="elsewhere/labels.json")
    source = await open_again(tmp_path / "labels.json.checkpoint", told, state, None)
    assert source.size == len(CONTENT)
    await source.aclose()
