"""When labels were read is known by the clock of the server, as its answer tells it."""

from __future__ import annotations

import pytest

from bulk_importer.datagym.reads.catalog import Catalog, Project
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.reads.queries import Queries
from bulk_importer.datagym.wire.client import Answer


class _Answering(Queries):
    """Queries to a server that says when it answers, and holds no label."""

    def __init__(self, date: str) -> None:
        self._answer = Answer(200, {"date": date}, b'{"entryValues": []}')

    @property
    def server(self) -> str:
        return "http://gym.test"

    async def ask(self, path: str) -> Answer:
        return self._answer


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize("date", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
async def test_the_date_of_an_answer_is_in_utc(date: str) -> None:
    """Else what became of a lost answer would be judged by a clock that is hours off."""
    queries = _Answering(date)
    reader = LabelReader(queries, Catalog(queries), Project("p", "streets", "IMAGE"), writes=False)
    reading = await reader.read(TaskRow(task_id="t", media_id="m"), dict)
    assert reading.date == 784111777.0
