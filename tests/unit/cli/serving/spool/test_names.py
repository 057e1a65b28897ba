"""What a stranger calls a file is never a path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.cli.serving.spool.names import kept_name, shown_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("labels.json", "labels.json"),
        ("labels day 1 (final).json.gz", "labels day 1 (final).json.gz"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\labels.json", "labels.json"),
        ("/", "upload"),
        ("..", "upload"),
        (".", "upload"),
        ("", "upload"),
        (".bashrc", "bashrc"),
        ("-rf.json", "rf.json"),
        ("a\0b\nc.json", "a_b_c.json"),
        ("$(reboot);`x`|&<>*?.json", "_(reboot)__x_______.json"),
        ("\u202egnp.json", "_gnp.json"),
        ("תוויות.json", "תוויות.json"),
        ("Stra\u0308ße.json", "Stra\u0308ße.json"),
        ("\udcff.json", "_xff.json"),
    ],
)
def test_a_name_is_kept_without_what_could_mean_something(given_name: str, kept: str) -> None:
    """A place, a flag, a command, or another direction of writing."""
    assert kept_name(given_name) == kept


@given(st.text(max_size=400))
def test_any_name_becomes_one_file_in_one_folder(given_name: str) -> None:
    """Whatever it is, however long."""
    kept = kept_name(given_name)
    assert kept
    assert kept not in (".", "..")
    assert not set(kept) & set("/\\\0\n:*?\"'<>|$`;&")
    assert kept[0] not in ".-"
    assert len(kept.encode()) <= 150
    assert kept_name(kept) == kept
    assert "/" not in shown_name(given_name)


@pytest.mark.parametrize("ending", [".json", ".json.gz", ".jsonl.zst", ".xml"])
def test_a_long_name_keeps_its_endings(ending: str) -> None:
    """By them formats are known."""
    assert kept_name("ü" * 300 + ending).endswith(f"ü{ending}")
