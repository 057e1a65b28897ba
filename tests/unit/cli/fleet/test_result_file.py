"""The result of a worker is compact, and nothing that goes wrong with it is the run's concern."""

from __future__ import annotations

import json
from pathlib import Path

from bulk_importer.cli.fleet.result_file import result_file, write_result_file


def test_it_is_shorter_than_two_kib_whatever_the_message(tmp_path: Path) -> None:
    """Kubernetes cuts what is longer, and half an object is none."""
    write_result_file(tmp_path / "r", {"exit_code": 7, "message": "é\n" * 9_000})
    content = (tmp_path / "r").read_bytes()
    assert len(content) <= 2048
    assert json.loads(content)["message"].endswith("...")


def test_a_file_that_cannot_be_written_is_only_said(tmp_path: Path) -> None:
    """The labels are delivered all the same."""
    write_result_file(tmp_path / "none" / "r", {"exit_code": 0})
    write_result_file(None, {"exit_code": 0})


def test_kubernetes_gets_it_without_being_asked_only_in_an_indexed_job(tmp_path: Path) -> None:
    """Elsewhere nothing is written that nobody asked for."""
    assert result_file(None, {}) is None
    assert result_file(tmp_path / "r", {"JOB_COMPLETION_INDEX": "1"}) == tmp_path / "r"
