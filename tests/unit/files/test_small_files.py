"""What people write into small files is read as their editors save it, or they are told what to do."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import opened, text_of


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("text", ["", "é", "a\nb", "x" * 10_000])
def test_a_byte_order_mark_is_no_part_of_a_text(tmp_path: Path, mark: bytes, text: str) -> None:
    """From a file as from a pipe; and a file can be wound back to behind it."""
    path = tmp_path / "file"
    path.write_bytes(mark + text.encode())
    assert text_of(path, "It") == text
    with opened(path, "It") as file:
        assert file.tell() == len(mark)
        assert file.read() == text.encode()
    path.unlink()
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=[mark + text.encode()])
    writer.start()
    assert text_of(path, "It") == text
    writer.join()


@pytest.mark.parametrize("text", ["token", "a", '{"a": 1}'])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_recognised_with_a_mark_and_without(tmp_path: Path, encoding: str, text: str) -> None:
    """As a shell on Windows writes what it is told to keep."""
    path = tmp_path / "file"
    path.write_bytes(f"{text}\r\n".encode(encoding))
    with pytest.raises(UsageError, match=r"It .*file is written in UTF-16, .* Save it as UTF-8\."):
        text_of(path, "It")


def test_what_cannot_be_read_is_named_with_its_reason(tmp_path: Path) -> None:
    """Missing, a folder, too large, or in an older encoding; and nothing of what it holds is said."""
    with pytest.raises(UsageError, match=r"It .*nothing cannot be read: there is no such file\."):
        text_of(tmp_path / "nothing", "It")
    with pytest.raises(UsageError, match=rf"It {tmp_path} cannot be read: it is a folder\."):
        text_of(tmp_path, "It")
    with pytest.raises(UsageError, match=r"It /dev/zero is (larger|written)"):
        text_of("/dev/zero", "It")
    large = tmp_path / "large"
    large.write_bytes(b"abcde")
    assert text_of(large, "It", most_bytes=5) == "abcde"
    with pytest.raises(UsageError, match=r"large is larger than 4 bytes\. Is it the right file\?"):
        text_of(large, "It", most_bytes=4)
    large.write_bytes("naïve".encode("latin-1"))
    with pytest.raises(UsageError, match=r"not written in UTF-8, from byte 2 on"):
        text_of(large, "It")
