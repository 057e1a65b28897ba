"""Lists of media go through a file into the index, and a task that moves while it is listed is still one task."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.datagym.entry import key_of, lane_of
from bulk_importer.datagym.listings import TaskRow
from bulk_importer.errors import CheckpointUnusable, UsageError
from bulk_importer.intake.media_index import MediaIndex
from bulk_importer.intake.media_rules import MediaFlag
from bulk_importer.pipeline.media_lists import keys_in, media_names, media_tasks
from bulk_importer.pipeline.row_spool import RowSpool


def row(number: int, state: str = "BACKLOG", task: str = "") -> TaskRow:
    """A row of a task list."""
    name = f"{number}.jpg" if number else None
    return TaskRow(
        task_id=task or f"task {number}", media_id=f"m{number}", media_name=name, label_task_state=state
    )


def keys(path: Path) -> list[int]:
    """Those of the media of a list."""
    return [key for run in media_tasks(path) for key in run.keys]


def test_rows_come_back_in_order_without_what_was_taken_back(tmp_path: Path) -> None:
    """A list that breaks off leaves nothing, and the file goes in the end."""
    with RowSpool(tmp_path / "rows") as spool:
        spool.rewind()
        spool.take([row(0), row(1)])
        spool.keep()
        spool.rewind()
        spool.take([row(2), row(1)])
        spool.rewind()
        spool.take([row(3)])
        spool.keep()
        assert keys(spool.path) == list(map(key_of, ["m0", "m1", "m3"]))
        assert list(media_names(spool.path)) == [("1.jpg", "m1"), ("3.jpg", "m3")]
        assert not spool.repeated()
    assert not (tmp_path / "rows").exists()


def test_a_task_that_moves_meanwhile_counts_as_it_was_seen_last(tmp_path: Path) -> None:
    """Two tasks of one media are two all the same, which the server fails on."""
    with RowSpool(tmp_path / "rows") as spool:
        for state in ("BACKLOG", "WAITING", "IN_PROGRESS"):
            spool.rewind()
            spool.take(
                [row(1, state), row(2, task=f"task of {state}"), row(3)][: 3 if state == "BACKLOG" else 2]
            )
            spool.keep()
        repeated = spool.repeated()
        assert sum(repeated.values()) == 3
        index = MediaIndex.write(tmp_path / "index", media_tasks(spool.path, repeated))
    assert index.flags("m1") == MediaFlag.IMPORTABLE | MediaFlag.FINISHED
    assert index.flags("m2") == MediaFlag.IMPORTABLE | MediaFlag.TWICE
    assert index.flags("m3") == MediaFlag.IMPORTABLE


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """In the words of other files of a checkpoint."""
    with pytest.raises(CheckpointUnusable):
        RowSpool(tmp_path / "nowhere" / "rows")


# More than is read at a time, so that what is behind it is looked at by itself.
PLAIN = "".join(f"Media-{number:024}\n" for number in range(10_000))


@pytest.mark.parametrize(
    "before", ["", "\ufeff", "\ufeff\r\n mediaId\r\n", "id\n", PLAIN, "media_id\r\n" + PLAIN]
)
@given(
    st.lists(
        st.text("aZ0\u00e9 ,\"'[\r", max_size=4).map(lambda text: text.strip() and text),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_lists_of_ids_are_read_as_csv_reads_them(before: str, lines: list[str], end: str) -> None:
    """Whatever stands in a line: blanks, capitals, accents, quoted cells over several lines, nothing at all."""
    text = before.removeprefix("\ufeff") + "m" + end.join(lines)
    rows = [row for row in csv.reader(StringIO(text, newline="")) if any(row)]
    ids = [row[0].strip() for row in rows[before.strip("\ufeff\r\n ")[:5] in {"media", "id"} :]]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ids"
        path.write_text(before[: before.startswith("\ufeff")] + text, encoding="utf-8", newline="")
        if all(ids):
            assert keys(path) == [key_of(lane_of(media_id)) for media_id in ids]
            assert keys_in(path) == {"mediaId"}
            assert not list(media_names(path))
        else:
            with pytest.raises(UsageError, match=f"at its row {ids.index('') + 1}: '' is no id"):
                keys(path)


@pytest.mark.parametrize(
    ("before", "row", "wrong"),
    [
        (PLAIN, "\u00e9{}\n", " \n"),
        ("id,width,height\n", "{},4,3\n", "a,640px,3\n"),
        ("", '{{"id": "{}"}}\n', '{"id": ""}\n'),
        ("", '{{"id": "{}"}}\n', '{"id": \n'),
        ("[", '"{}",', '5, "b"]'),
    ],
)
def test_a_row_that_is_wrong_is_named(tmp_path: Path, before: str, row: str, wrong: str) -> None:
    """However many are right before it."""
    text = before + "".join(map(row.format, range(5000))) + wrong + row.format(5000)
    (tmp_path / "list").write_text(text, encoding="utf-8")
    number = 5001 + before.count("Media")
    with pytest.raises(UsageError, match=f"at its row {number}: "):
        keys(tmp_path / "list")


def test_the_head_of_a_list_says_what_its_columns_are(tmp_path: Path) -> None:
    """In its own words or in the server's, wherever the id stands; rows may be short."""
    (tmp_path / "list").write_text('name , state ,"id"\n"a,b",REVIEWED, A \n\nc,BACKLOG,d,e\n')
    assert keys(tmp_path / "list") == [key_of("a"), key_of("d")]
    assert keys_in(tmp_path / "list") == {"mediaName", "labelTaskState", "mediaId"}
    assert list(media_names(tmp_path / "list")) == [("a,b", "A"), ("c", "d")]
    (run,) = list(media_tasks(tmp_path / "list"))[:1]
    assert run.flags[0] == MediaFlag.IMPORTABLE | MediaFlag.FINISHED


def test_only_the_first_line_of_a_list_can_be_its_head(tmp_path: Path) -> None:
    """Further down the same word is an id like any other."""
    (tmp_path / "list").write_text("id\n" * 100_001 + "\u00e9\n", encoding="utf-8")
    assert keys(tmp_path / "list") == [key_of("id")] * 100_000 + [key_of("e")]
