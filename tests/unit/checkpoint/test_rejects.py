"""`rejected.jsonl` keeps what was wrong as it came, so that it can be mended and fed again."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.checkpoint import rejected_lines
from bulk_importer.checkpoint.rejects import REJECTED, RejectedLines
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.spans import SpanSet
from support.checkpoints import FailingFile, no_room
from support.entries import rejection_of
from support.profiles import examples


def written(folder: Path, *raws: bytes, max_bytes: int | None = None) -> int:
    """Reject entries with these bytes; the length that the log would count on."""
    lines = RejectedLines(folder, 0, max_bytes=max_bytes)
    lines.append(rejection_of(number, raw) for number, raw in enumerate(raws))
    lines.sync()
    lines.close()
    return lines.size


@pytest.mark.parametrize(
    "raw",
    [
        b'{"x":0.30000000000000004,"y":1e23,"z":100000000000000000000000001}',
        b'{"a":1e400}',
        b'{ "a" : [ 1 , 2 ] }',
        '{"a":"Straße\\u0000"}'.encode(),
        b"17",
    ],
)
def test_an_entry_stands_in_its_line_byte_for_byte(tmp_path: Path, raw: bytes) -> None:
    """No number is rewritten."""
    written(tmp_path, raw)
    (line,) = rejected_lines(tmp_path)
    assert bytes(line.entry) == raw
    assert raw in (tmp_path / REJECTED).read_bytes()


def test_line_breaks_between_tokens_become_blanks(tmp_path: Path) -> None:
    """A pretty-printed entry is one line, and says the same."""
    raw = b'{\r\n  "a": 1,\n\t"b": "c\\nd"\n}'
    written(tmp_path, raw, b"{}")
    first, second = (tmp_path / REJECTED).read_bytes().splitlines()
    assert json.loads(first)["entry"] == json.loads(raw)
    assert json.loads(second)["position"] == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"a":NaN}',
        b'{"a":[1,2,]}',
        b"{'a':1}",
        b'{"a":"one line\nand another"}',
        b'{"a":"\\ud800"}',
        b"[" * 900 + b"]" * 900,
        b"",
        b"1 2",
        b'{"a":01}',
        '{"a":“Straße”}'.encode(),
    ],
)
def test_what_no_reader_takes_for_json_is_kept_as_a_text(tmp_path: Path, raw: bytes) -> None:
    """So that a person can read and mend it; the line stays readable whatever the entry was."""
    written(tmp_path, raw)
    (line,) = rejected_lines(tmp_path)
    assert not bytes(line.entry)
    assert line.entry_text == raw.decode()
    assert json.loads((tmp_path / REJECTED).read_bytes())["entry_text"] == raw.decode()


def test_what_is_no_text_is_kept_as_base64(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 cannot stand in JSON."""
    raw = b'{"a":"\xff"}'
    written(tmp_path, raw)
    (line,) = rejected_lines(tmp_path)
    assert line.entry_base64 is not None
    assert base64.b64decode(line.entry_base64) == raw


def test_a_line_of_yesterday_is_read(tmp_path: Path) -> None:
    """When everything that is not JSON stood there as base64."""
    old = b'{"position":7,"offset":3,"media_id":null,"findings":[],"entry_base64":"eyJhIjpOYU59"}\n'
    (tmp_path / REJECTED).write_bytes(old)
    (line,) = rejected_lines(tmp_path)
    assert (line.entry_text, line.entry_base64) == (None, "eyJhIjpOYU59")


@given(
    st.binary(max_size=30)
    | st.text(alphabet='{}[]",:0123456789.eE-+ \n\r\t\\ué\x00tfn', max_size=30).map(str.encode)
)
@settings(max_examples=examples(300))
def test_whatever_the_entry_each_rejection_is_one_line_that_can_be_read_back(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    """By our reader and by any other."""
    folder = tmp_path_factory.mktemp("rejects")
    written(folder, raw, raw)
    lines = list(rejected_lines(folder))
    assert [line.position for line in lines] == [0, 1]
    for line, text in zip(lines, (folder / REJECTED).read_bytes().splitlines(), strict=True):
        seen = json.loads(text)
        assert set(line.kept()) <= set(seen)
        if line.entry_text is not None:
            assert line.entry_text.encode() == raw
        elif line.entry_base64 is None:
            assert json.dumps(seen["entry"]) == json.dumps(json.loads(raw))
        else:
            assert base64.b64decode(line.entry_base64) == raw


def test_a_full_file_keeps_positions_and_findings_only(tmp_path: Path) -> None:
    """So that a source of garbage does not fill the disk."""
    written(tmp_path, b'{"a":1}', b'{"a":2}', b'{"a":3}', max_bytes=100)
    lines = list(rejected_lines(tmp_path))
    assert [bytes(line.entry) for line in lines] == [b'{"a":1}', b"", b""]
    assert [line.findings[0].code for line in lines] == ["schema"] * 3


def test_lines_that_the_log_does_not_count_on_are_cut_and_never_read(tmp_path: Path) -> None:
    """A crash came between the line and its record; the entry is owed, and will be rejected again."""
    counted = written(tmp_path, b"{}")
    with (tmp_path / REJECTED).open("ab") as file:
        file.write(b'{"position":1,"find')
    assert [line.position for line in rejected_lines(tmp_path, counted)] == [0]
    RejectedLines(tmp_path, counted).close()
    assert (tmp_path / REJECTED).stat().st_size == counted


def test_a_file_that_someone_shortened_is_refused(tmp_path: Path) -> None:
    """People are to edit copies; the message says so."""
    counted = written(tmp_path, b"{}", b"{}")
    (tmp_path / REJECTED).write_bytes((tmp_path / REJECTED).read_bytes()[:-20])
    with pytest.raises(CheckpointUnusable, match="edit copies only"):
        RejectedLines(tmp_path, counted)


def test_a_line_that_someone_broke_is_named_by_its_number(tmp_path: Path) -> None:
    """Reading stops there."""
    written(tmp_path, b"{}", b"{}")
    content = (tmp_path / REJECTED).read_bytes()
    (tmp_path / REJECTED).write_bytes(content.replace(b'"position":1', b'"position":x'))
    with pytest.raises(CheckpointUnusable, match="line 2"):
        list(rejected_lines(tmp_path))


def test_a_checkpoint_without_rejections_has_no_lines(tmp_path: Path) -> None:
    """The file need not even be there."""
    assert list(rejected_lines(tmp_path)) == []


def positions(folder: Path, counted: int) -> list[int]:
    """Of the lines that are read."""
    return [line.position for line in rejected_lines(folder, counted)]


def test_lines_are_taken_out_when_the_log_counts_on_what_is_left(tmp_path: Path) -> None:
    """The others stay as they are, byte for byte, their findings are told, and more can be added behind them."""
    counted = written(tmp_path, b'{"a":1.0}', b"{", b"{}")
    lines = RejectedLines(tmp_path, counted)
    before = (tmp_path / REJECTED).read_bytes().splitlines(keepends=True)
    left = lines.write_without(SpanSet.of([0, 7]))
    assert (left.counts, left.size) == ({"schema": 1}, len(before[1] + before[2]))
    lines.replace_by(left)
    assert (tmp_path / REJECTED).read_bytes() == before[1] + before[2]
    lines.append([rejection_of(9)])
    lines.sync()
    lines.close()
    assert positions(tmp_path, lines.size) == [1, 2, 9]


def test_a_crash_before_the_record_leaves_the_old_lines(tmp_path: Path) -> None:
    """For readers at once, and for the next writer, who removes the rest."""
    counted = written(tmp_path, b"{}", b"{}")
    lines = RejectedLines(tmp_path, counted)
    lines.write_without(SpanSet.of([0])).file.close()
    lines.close()
    assert positions(tmp_path, counted) == [0, 1]
    RejectedLines(tmp_path, counted).close()
    assert [path.name for path in tmp_path.iterdir()] == [REJECTED]
    assert positions(tmp_path, counted) == [0, 1]


@pytest.mark.parametrize("gone", [[0], [0, 1]], ids=["some", "all"])
def test_a_crash_behind_the_record_leaves_the_new_lines(tmp_path: Path, gone: list[int]) -> None:
    """For readers at once, and for the next writer, who gives them the name."""
    lines = RejectedLines(tmp_path, written(tmp_path, b"{}", b"{}"))
    left = lines.write_without(SpanSet.of(gone))
    left.file.close()
    lines.close()
    rest = [position for position in (0, 1) if position not in gone]
    assert positions(tmp_path, left.size) == rest
    RejectedLines(tmp_path, left.size).close()
    assert [path.name for path in tmp_path.iterdir()] == [REJECTED]
    assert positions(tmp_path, left.size) == rest


def test_without_room_for_what_is_left_nothing_is_taken_out(tmp_path: Path) -> None:
    """And nothing lies about."""
    counted = written(tmp_path, b"{}", b"{}")

    def full(step: str, path: Path) -> None:
        if path.name != REJECTED and step == "append":
            no_room()

    lines = RejectedLines(tmp_path, counted, open_file=lambda path: FailingFile(path, full))
    with pytest.raises(OSError, match="No space"):
        lines.write_without(SpanSet.of([0]))
    lines.close()
    assert [path.name for path in tmp_path.iterdir()] == [REJECTED]
    assert positions(tmp_path, counted) == [0, 1]
