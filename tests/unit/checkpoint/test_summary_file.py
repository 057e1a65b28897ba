"""`summary.json` is a contract with programs that watch the folder of a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bulk_importer.checkpoint.summary_file import write_summary, written_state
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.summary import RunState, Summary


def summary(state: RunState) -> Summary:
    """What a run came to, in that state."""
    return Summary(state=state, exit_code=0, source="l.json", project="p", server="http://s", checkpoint="c")


def test_a_summary_is_replaced_whole_and_has_the_keys_of_the_contract(tmp_path: Path) -> None:
    """Programs read it while a run goes on."""
    write_summary(tmp_path, summary(RunState.RUNNING))
    write_summary(tmp_path, summary(RunState.COMPLETE))
    assert written_state(tmp_path) is RunState.COMPLETE
    read = json.loads((tmp_path / "summary.json").read_text())
    assert read["state"] == "complete"
    counts = {
        "entries",
        "delivered",
        "rejected",
        "skipped",
        "in_doubt",
        "owed",
        "bytes",
        "seconds",
        "requests",
    }
    assert {"state", "exit_code", "retries", "findings", "source", "project", "server", *counts} <= set(read)
    assert {"retries", "findings", *counts} == set(read["this_run"])
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_what_cannot_be_written_is_an_error_and_what_cannot_be_read_is_no_state(tmp_path: Path) -> None:
    """The folder may vanish, and a person may write into the file."""
    assert written_state(tmp_path) is None
    (tmp_path / "summary.json").write_text("{")
    assert written_state(tmp_path) is None
    with pytest.raises(CheckpointUnusable, match="gone"):
        write_summary(tmp_path / "gone", summary(RunState.COMPLETE))
