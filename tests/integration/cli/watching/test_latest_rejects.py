"""The entries that a page shows of those that were rejected last."""

from __future__ import annotations

import json
from pathlib import Path

from bulk_importer.cli.watching.browsers.latest_rejects import LatestRejects


def line(position: int, code: str) -> str:
    """A line of `rejected.jsonl`."""
    finding = {"position": position, "offset": 0, "media_id": "m", "code": code, "severity": "error"}
    finding |= {"pointer": "/labels", "found": "1", "expected": "2", "advice": "Fix it."}
    entry = {"internal_media_ID": "m", "labels": {}}
    return json.dumps(
        {"position": position, "offset": 0, "media_id": "m", "findings": [finding], "entry": entry}
    )


async def test_the_latest_of_each_code_are_shown_also_where_most_have_the_same(tmp_path: Path) -> None:
    """Whatever room is left has those that came last."""
    codes = ["media-unknown", "class-unknown", *["schema-type"] * 300]
    lines = [line(position, code) for position, code in enumerate(codes)]
    (tmp_path / "rejected.jsonl").write_text("\n".join(lines) + "\n")
    shown = await LatestRejects().of(str(tmp_path), len(lines))
    assert [each.position for each in shown] == [301, 300, 299, 298, 1, 0]
