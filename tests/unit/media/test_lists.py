"""Lists of media go through a file into the index, and a task that moves while it is listed is still one task."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.errors import CheckpointUnusable, UsageError
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.lists import first_row, media_names, media_tasks, name_map
from bulk_importer.media.row_spool import RowSpool
from bulk_importer.media.rules import MediaFlag
from support.profiles import examples


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
        index = MediaIndex.write(tmp_path / "index", media_tasks(spool.path, repeated, by_server=True))
    assert index.flags("m1") == MediaFlag.IMPORTABLE | MediaFlag.FINISHED
    assert index.flags("m2") == MediaFlag.IMPORTABLE | MediaFlag.TWICE
    assert index.flags("m3") == MediaFlag.IMPORTABLE


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """In the words of other files of a checkpoint."""
    with pytest.raises(CheckpointUnusable):
        RowSpool(tmp_path / "nowhere" / "rows")


# More than is read at a time, so that what is behind it is looked at by itself.
PLAIN = "".join(f"Media-{number:024}\n" for number in range(8_500))


LINES = st.lists(
    st.text("aZ0\u00e9 ,\"'[\r", max_size=4).map(lambda text: text.strip() and text), min_size=1, max_size=30
)
ENDS = st.sampled_from(["\n", "\r\n"])


def expect_as_csv(before: str, lines: list[str], end: str) -> None:
    """What is read of `lines` behind `before` is what `csv` reads there.

    Where a line holds more than one cell nobody knows which is the id, without a head line.
    """
    text = before.removeprefix("\ufeff") + "m" + end.join(lines)
    rows = [row for row in csv.reader(StringIO(text, newline="")) if any(row)]
    rows = rows[before.strip("\ufeff\r\n ")[:5] in {"media", "id"} :]
    ids = [row[0].strip() for row in rows]
    wrong = [number for number, row in enumerate(rows, 1) if any(row[1:]) or not row[0].strip()]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ids"
        path.write_text(before[: before.startswith("\ufeff")] + text, encoding="utf-8", newline="")
        if not wrong:
            assert keys(path) == [key_of(lane_of(media_id)) for media_id in ids]
            assert first_row(path).keys() == {"mediaId"}
            assert not list(media_names(path))
        else:
            with pytest.raises(UsageError, match=f"at its row {wrong[0]}: "):
                keys(path)


@pytest.mark.parametrize("before", ["", "\ufeff", "\ufeff\r\n mediaId\r\n", "id\n"])
@given(LINES, ENDS)
def test_lists_of_ids_are_read_as_csv_reads_them(before: str, lines: list[str], end: str) -> None:
    """Whatever stands in a line: blanks, capitals, accents, quoted cells over several lines, nothing at all."""
    expect_as_csv(before, lines, end)


@pytest.mark.parametrize("before", [PLAIN, "media_id\r\n" + PLAIN], ids=["without a head", "with a head"])
@settings(max_examples=examples(15))
@given(LINES, ENDS)
def test_so_are_those_behind_what_is_read_in_one_go(before: str, lines: list[str], end: str) -> None:
    """Odd lines may stand far behind plain ones."""
    expect_as_csv(before, lines, end)


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
    assert first_row(tmp_path / "list") == {"mediaName": "a,b", "labelTaskState": "REVIEWED", "mediaId": "A"}
    assert list(media_names(tmp_path / "list")) == [("a,b", "A"), ("c", "d")]
    (run,) = list(media_tasks(tmp_path / "list"))[:1]
    assert run.flags[0] == MediaFlag.IMPORTABLE | MediaFlag.FINISHED


def test_only_the_first_line_of_a_list_can_be_its_head(tmp_path: Path) -> None:
    """Further down the same word is an id like any other."""
    (tmp_path / "list").write_text("id\n" * 100_001 + "\u00e9\n", encoding="utf-8")
    assert keys(tmp_path / "list") == [key_of("id")] * 100_000 + [key_of("e")]


IDS = [f"{number:08x}-0000-4000-8000-00000000000a" for number in range(40)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("said", [True, False])
def test_every_list_may_be_separated_as_a_spreadsheet_does_it(
    tmp_path: Path, separator: str, said: bool
) -> None:
    """With a line that says how, or as its head shows; a head may be in any case, and its words joined or not."""
    if separator == "|" and not said:
        return  # no spreadsheet writes that without saying so
    first = f"sep={separator}\r\n" if said else ""
    head = separator.join(["Name", "Media ID", "HAS_UPLOAD", "State"])
    rows = [
        separator.join([f'"{number}, a{separator}b.jpg"', media_id, "WAHR", ""])
        for number, media_id in enumerate(IDS)
    ]
    listed = tmp_path / "list.csv"
    listed.write_text("\ufeff" + first + "\r\n".join([head, *rows]) + "\r\n", encoding="utf-8", newline="")
    assert keys(listed) == list(map(key_of, IDS))
    assert [flags for run in media_tasks(listed) for flags in run.flags] == [
        MediaFlag.IMPORTABLE | MediaFlag.UPLOADED
    ] * len(IDS)
    expected = [(f"{number}, a{separator}b.jpg", media_id) for number, media_id in enumerate(IDS)]
    assert list(media_names(listed)) == list(name_map(listed)) == expected
    assert "labelTaskState" in first_row(listed)


def test_a_map_without_a_head_is_name_and_id_whatever_separates_them(tmp_path: Path) -> None:
    """As its first line has it."""
    for separator in ",;\t":
        (tmp_path / "map").write_text(f'"a,;b.jpg"{separator} x \nc.jpg{separator}y{separator}\n')
        assert list(name_map(tmp_path / "map")) == [("a,;b.jpg", "x"), ("c.jpg", "y")]


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        ("id;has_upload\na;TRUE\nb;FLASE\n", 2, "'FLASE' in has_upload is neither true nor false"),
        ("id,importable\na,perhaps\n", 1, "'perhaps' in importable"),
        ("id,state\na,Completed\nb,DONE\n", 2, "'DONE' is no state of a media; there are BACKLOG, COMPLETED"),
        ("id,type\na,image/jpeg\n", 1, "'image/jpeg' is no type of a media; there are BENCHMARK_MASTER"),
        ('[{"id": "a", "has_upload": 2}]', 1, "2 in has_upload"),
        ("media_id,id\na,b\n", 1, "its columns 'media_id' and 'id' say the same"),
        ("name\na.jpg\n", 1, "its only column is 'name', and holds no ids"),
        ("file,label\na.jpg,cat\n", 1, "it has 2 columns, and no first line says which holds the ids"),
        ("id    name   has upload\na     b.jpg  no\n", 1, "it is a table as it is printed for people"),
        (f"{IDS[0]}  b.jpg  BACKLOG\n", 1, "it is a row of a table as it is printed for people"),
    ],
)
def test_what_nobody_understands_is_refused_with_its_row(
    tmp_path: Path, text: str, row: int, said: str
) -> None:
    """Rather than taken for a no, or for an id: that rejects all, or appends labels to labels."""
    (tmp_path / "list").write_text(text)
    with pytest.raises(UsageError, match=f"at its row {row}: {said}"):
        keys(tmp_path / "list")


def test_what_only_a_newer_server_says_is_no_mistake_in_a_list(tmp_path: Path) -> None:
    """A state that we do not know is one that nobody has begun to work in; a type is not importable."""
    with RowSpool(tmp_path / "rows") as spool:
        spool.take([row(1, "PAUSED"), TaskRow(task_id="t", media_id="m2", label_task_type="NEW")])
        spool.keep()
        index = MediaIndex.write(tmp_path / "index", media_tasks(spool.path, by_server=True))
        assert index.flags("m1") == MediaFlag.IMPORTABLE
        assert index.flags("m2") == MediaFlag.BENCHMARK
        with pytest.raises(UsageError, match="PAUSED"):
            keys(spool.path)


@pytest.mark.parametrize("form", ["{id}", "a.jpg;{id};BACKLOG;no;{id}", "name,{id}"])
def test_a_list_that_breaks_off_inside_an_id_is_said_to_be_cut_short(tmp_path: Path, form: str) -> None:
    """However many lines it has, and wherever in the last one; what is whole passes, with a line break or without."""
    heads = {1: "id", 2: "name,id", 5: "name;id;state;has_upload;task_id"}
    for count in (3, 3000):
        ids = (IDS * count)[:count]
        lines = [heads[len(form.replace(";", ",").split(","))], *(form.format(id=each) for each in ids)]
        whole = "\n".join(lines)
        for read in (keys, name_map) if "name" in form else (keys,):
            for end in ("", "\n"):
                (tmp_path / "list").write_text(whole + end)
                assert len(list(read(tmp_path / "list"))) == count
            for length in (len(whole) - 1, len(whole) - 11, len(whole) - 35):
                (tmp_path / "list").write_text(whole[:length])
                with pytest.raises(UsageError, match="is cut short: its last line"):
                    list(read(tmp_path / "list"))


@pytest.mark.parametrize("content", [b"\xff\xfei\0d\0", b"i\0d\0\n\0", b"id,name\na,\xfc.jpg\n"])
def test_a_list_in_another_encoding_is_told_so(tmp_path: Path, content: bytes) -> None:
    """In the words of the programs that write such."""
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(UsageError, match=r"Save it as UTF-8|'CSV UTF-8'"):
        keys(tmp_path / "list")
