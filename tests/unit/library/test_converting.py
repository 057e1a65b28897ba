"""A conversion is open as long as somebody waits for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.errors import Interrupted
from bulk_importer.events import Advanced, Event
from bulk_importer.library.converting import opened_conversion
from bulk_importer.settings import Settings


async def test_a_conversion_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    """It runs in a thread, which no cancellation ends: it is told when it says how far it is."""
    path = tmp_path / "coco.json"
    path.write_text('{"images": [], "annotations": [], "categories": []}')
    heard: list[Event] = []
    async with opened_conversion(
        str(path), Settings(source_format="coco"), tmp_path, token=Token("secret"), emit=heard.append
    ) as conversion:
        assert conversion is not None
        conversion.passed("converting", 1, 2, "bytes", 3)
        await asyncio.sleep(0)
    work = "converting coco.json (coco)"
    assert heard == [Advanced(work=work, done=1, total=2, unit="bytes", beside={"entries": 3})]
    with pytest.raises(Interrupted):
        conversion.passed("converting", 2, 2, "bytes", 3)
