"""The file is there as a whole, or as it was, and everybody may read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bulk_importer.observe.metrics.textfile import is_free, replace_textfile, succeeded_before


def test_others_may_read_it_whatever_the_umask_says(tmp_path: Path) -> None:
    """The collector is another user."""
    before = os.umask(0o077)
    try:
        replace_textfile(tmp_path / "a.prom", b"x 1\n")
    finally:
        os.umask(before)
    assert (tmp_path / "a.prom").stat().st_mode & 0o777 == 0o644


def test_what_a_crash_left_beside_it_is_no_obstacle(tmp_path: Path) -> None:
    """Nor is a link there, which is not followed."""
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "a.prom.new").symlink_to(tmp_path / "precious")
    replace_textfile(tmp_path / "a.prom", b"x 1\n")
    assert (tmp_path / "a.prom").read_bytes() == b"x 1\n"
    assert (tmp_path / "precious").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.prom", "precious"]


def test_a_full_disk_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing beside it."""
    path = tmp_path / "a.prom"
    path.write_bytes(b"x 1\n")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        replace_textfile(path, b"x 2\n")
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"x 1\n"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'# HELP x y\nbulk_importer_success_timestamp_seconds{textfile="a"} 1.75e+09\n', 1.75e9),
        (b"bulk_importer_success_timestamp_seconds 12.5\n", 12.5),
        (b"bulk_importer_success_timestamp_seconds +.e.\n", None),
        (b"\xff\xfe", None),
        (b"", None),
    ],
)
def test_the_last_success_is_read_from_what_an_earlier_command_left(
    tmp_path: Path, content: bytes, found: float | None
) -> None:
    """What cannot be read tells nothing."""
    (tmp_path / "a.prom").write_bytes(content)
    assert succeeded_before(tmp_path / "a.prom") == found
    assert succeeded_before(tmp_path / "b.prom") is None


def test_only_what_an_earlier_command_left_may_be_lost(tmp_path: Path) -> None:
    """Neither a source, by a slip, nor a pipe or a device."""
    names = {
        "ours": b"# HELP bulk_importer_build_info The version\n",
        "empty": b"",
        "labels.json": b"[]",
        "other.prom": b"# HELP node_x y\n",
    }
    for name, content in names.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "pipe")
    assert {name for name in [*names, "pipe", "nothing"] if is_free(tmp_path / name)} == {
        "ours",
        "empty",
        "nothing",
    }
    assert not is_free(Path("/dev/null"))
