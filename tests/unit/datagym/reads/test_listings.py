"""Rows are read out of an answer in pieces, whatever the pieces are, and what is no list is found out."""

from __future__ import annotations

import json
import string
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.datagym.reads.listings import MediaRow, NotAList, RowReader, TaskRow
from support.profiles import examples

_TEXTS = st.text(alphabet=string.ascii_letters + '{}[]",:\\ é\n', max_size=12)
_ROWS = st.lists(
    st.fixed_dictionaries({"id": _TEXTS, "mediaName": st.none() | _TEXTS, "own": _TEXTS}), max_size=20
)


def read(body: bytes, cuts: list[int], **how: Any) -> list[MediaRow]:
    """The rows of a body that comes in pieces which end at `cuts`; a stretch is tried after each."""
    rows: list[MediaRow] = []
    reader = RowReader(MediaRow, rows.extend, **how)
    reader._wanted = 1
    ends = sorted({min(cut, len(body)) for cut in cuts} | {len(body)})
    for start, end in zip([0, *ends], ends, strict=False):
        reader.feed(body[start:end])
    reader.end()
    return rows


@settings(max_examples=examples(300))
@given(_ROWS, st.lists(st.integers(0, 400), max_size=12), st.sampled_from([None, 1]), st.booleans())
def test_rows_are_those_of_the_document(
    given_rows: list[dict[str, Any]], cuts: list[int], indent: int | None, inside: bool
) -> None:
    """Brackets, braces and quotes in texts, white space, and cuts anywhere make no difference."""
    document = {"name": "x", "media": given_rows} if inside else given_rows
    body = json.dumps(document, indent=indent, ensure_ascii=False).encode()
    rows = read(body, cuts, below="media" if inside else None)
    assert [(row.id, row.media_name) for row in rows] == [(row["id"], row["mediaName"]) for row in given_rows]


def test_a_long_list_is_handed_on_before_it_ends() -> None:
    """Nothing but the last stretch is held."""
    taken: list[int] = []
    reader = RowReader(TaskRow, lambda rows: taken.append(len(rows)))
    row = msgspec.json.encode({"taskId": "t", "mediaId": "m" * 200, "labelTaskState": "BACKLOG"})
    reader.feed(b"[" + b",".join([row] * 10_000))
    assert sum(taken) > 9_000
    reader.feed(b"]")
    reader.end()
    assert sum(taken) == 10_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"key":"x"}',
        b"null",
        b"<html></html>",
        b"[1]",
        b'[{"id":1}]',
        b'[{"id":"a"}',
        b'[{"id":"a"},',
        b"[",
    ],
)
def test_what_is_no_list_of_such_rows_is_found_out(body: bytes) -> None:
    """A list that breaks off, too: the server sends what it has under 200."""
    with pytest.raises(NotAList):
        read(body, [])
