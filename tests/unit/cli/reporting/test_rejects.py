"""Examples of rejected entries, out of a file of any length."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest

from bulk_importer.cli.reporting import rejects
from bulk_importer.cli.reporting.rejects import sampled
from bulk_importer.observe.report import Example


def line(position: int, code: str = "class-unknown", found: str = "bycicle", padding: int = 0) -> bytes:
    """A line of `rejected.jsonl`."""
    finding = {
        "code": code,
        "severity": "error",
        "position": position,
        "offset": 10 * position,
        "media_id": f"m{position}",
        "pointer": f"/labels/{found}",
        "expected": "one of 'bus'",
        "found": found,
        "advice": "Correct the key.",
    }
    written = {
        "position": position,
        "offset": 10 * position,
        "media_id": f"m{position}",
        "findings": [finding],
    }
    entry = {"internal_media_ID": f"m{position}", "labels": {}, "padding": padding * "x"}
    return msgspec.json.encode({**written, "entry": entry}) + b"\n"


def examples(
    folder: Path, lines: list[bytes], *codes: str, counted_bytes: int | None = None
) -> list[Example]:
    """What a report shows of a file with these lines."""
    content = b"".join(lines)
    (folder / "rejected.jsonl").write_bytes(content)
    counted = len(content) if counted_bytes is None else counted_bytes
    return sampled(folder, counted, codes, seen_from=folder).examples(dict.fromkeys(codes, 1))


def test_those_that_differ_are_shown_before_those_that_do_not(tmp_path: Path) -> None:
    lines = [*map(line, range(50)), line(50, found="buss"), line(51, found="<b>")]
    shown = examples(tmp_path, lines, "class-unknown")
    assert [each.position for each in shown] == [0, 50, 51]
    assert [each.line for each in shown] == [1, 51, 52]


def test_a_link_leads_to_the_line(tmp_path: Path) -> None:
    (shown,) = examples(tmp_path, [line(7)], "class-unknown")
    assert shown.href == "rejected.jsonl#:~:text=%22position%22%3A7%2C"
    assert shown.excerpt.startswith('{"internal_media_ID":"m7"')
    elsewhere = sampled(tmp_path, 10_000, ["class-unknown"], seen_from=tmp_path / "a b").examples({})
    assert elsewhere[0].href.startswith("../rejected.jsonl#")


def test_what_the_log_does_not_count_on_is_not_shown(tmp_path: Path) -> None:
    first = line(1)
    shown = examples(tmp_path, [first, line(2, found="other")], "class-unknown", counted_bytes=len(first))
    assert [each.position for each in shown] == [1]


def test_a_line_that_somebody_changed_is_passed_over(tmp_path: Path) -> None:
    shown = examples(tmp_path, [b"{}\n", b"\xff\n", line(3)], "class-unknown")
    assert [(each.position, each.line) for each in shown] == [(3, 3)]


def test_no_file_is_no_example(tmp_path: Path) -> None:
    assert sampled(tmp_path, 100, ["class-unknown"], seen_from=tmp_path).examples({}) == []


def test_an_entry_with_several_errors_is_an_example_of_the_rarest(tmp_path: Path) -> None:
    both = msgspec.json.decode(line(9))
    both["findings"] += msgspec.json.decode(line(9, code="rare"))["findings"]
    lines = [*map(line, range(3)), msgspec.json.encode(both) + b"\n"]
    shown = examples(tmp_path, lines, "class-unknown", "rare")
    assert ("rare", 9) in {(each.code, each.position) for each in shown}


def test_of_a_long_file_only_so_much_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rare and far behind may be found, without a number of its line."""
    path = tmp_path / "rejected.jsonl"
    common = b"".join(line(n, padding=2_000) for n in range(1_000))
    with path.open("wb") as file:
        for _ in range(24):  # 53 MB
            file.write(common)
        file.write(b"".join(line(n, code="rare") for n in range(3_000)))
    size = path.stat().st_size
    assert size > rejects._HEAD_BYTES
    read: list[int] = []

    def line_of(file: BinaryIO) -> bytes:
        read.append(len(found := whole_line(file)))
        return found

    whole_line = rejects._line
    monkeypatch.setattr(rejects, "_line", line_of)
    shown = sampled(tmp_path, size, ["class-unknown", "rare"], seen_from=tmp_path).examples({})
    assert sum(read) < rejects._HEAD_BYTES + rejects._WINDOWS * (rejects._WINDOW_BYTES + 10_000) < size
    assert {each.code for each in shown} == {"class-unknown", "rare"}
    assert {each.line for each in shown if each.code == "rare"} == {None}
