"""What changes the meaning of an import is noticed whether or not it is finished."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from bulk_importer.errors import CheckpointMismatch
from bulk_importer.sandbox import Sandbox
from support.entries import entry
from support.importing import RunImport


@pytest.fixture
def run_import(run_import: RunImport) -> RunImport:
    """About two entries are a segment."""
    return partial(run_import, segment_bytes=250)


def lines_of(*media_ids: str) -> list[str]:
    """An entry for each media, on a line each."""
    return [json.dumps(entry(media_id)) for media_id in media_ids]


@pytest.mark.parametrize("limit", [None, 3], ids=["finished", "not finished"])
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"path": "data.item"}, "the setting path was not set and is 'data.item'"),
        ({"media_by": "name"}, "the setting media_by was 'id' and is 'name'"),
        ({"settled_by": "other"}, "the setting settled_by was not set and is 'other'"),
        ({"lines": "array"}, "its source was read as by --lines lines, and --lines is array now"),
    ],
    ids=["path", "media_by", "settled_by", "lines"],
)
async def test_what_changes_the_meaning_is_refused(
    sandbox: Sandbox, run_import: RunImport, limit: int | None, changed: dict[str, Any], said: str
) -> None:
    """Nothing is sent, and the summary of the import as it was is not repeated for another one."""
    project = await sandbox.prepare(name="p", media=8)
    content = "\n".join(lines_of(*project.media_ids))
    await run_import(content, limit=limit)
    uploads = len([each for each in sandbox.requests if each.method == "POST"])
    with pytest.raises(CheckpointMismatch, match=said) as refused:
        await run_import(content, **changed)
    assert ("with --settled-by" in str(refused.value)) == ("settled_by" not in changed)
    assert len([each for each in sandbox.requests if each.method == "POST"]) == uploads
    assert (await run_import(content)).delivered == 8


@pytest.mark.parametrize("form", ["lines", "array"])
async def test_what_only_says_what_is_so_already_is_the_same_import(
    sandbox: Sandbox, run_import: RunImport, form: str
) -> None:
    """`--lines auto` and what it finds."""
    project = await sandbox.prepare(name="p", media=4)
    entries = lines_of(*project.media_ids)
    content = "\n".join(entries) if form == "lines" else f"[{','.join(entries)}]"
    assert (await run_import(content, limit=2)).delivered == 2
    assert (await run_import(content, lines=form)).delivered == 4
    again = await run_import(content, lines=form)
    assert (again.delivered, again.this_run.requests) == (4, 0)
