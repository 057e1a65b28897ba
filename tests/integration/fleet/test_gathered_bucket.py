"""Of a plan in a bucket the same is put together, and files go where they are said to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from bulk_importer.cli.fleet.together.whole import put_together
from bulk_importer.distributed.work.working import Worker, work_on
from bulk_importer.errors import ExitCode
from bulk_importer.events import Observer
from bulk_importer.observe import JsonLog
from bulk_importer.pipeline import Caller
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.entries import entry
from support.fleet.memory import MemoryPlace
from support.fleet.plans import planned


@contextmanager
def logged(folder: Path, _: Settings) -> Iterator[Sequence[Observer]]:
    """As `work` keeps what happens."""
    with closing(JsonLog(folder / "run.log")) as log:
        yield [log]


async def test_shards_that_were_worked_on_in_a_bucket_are_gathered(sandbox: Sandbox, tmp_path: Path) -> None:
    """The sums, the rejected entries by their positions in the source, and how it went."""
    project = await sandbox.prepare(name="p", media=6)
    entries = [entry(media_id, n, broken=n in (1, 4)) for n, media_id in enumerate(project.media_ids)]
    place, parts = MemoryPlace(), [[0, 1, 5], [2, 3], [4]]
    plan = planned(place, tmp_path / "l.json", parts, entries, server=sandbox.url, project=project.id)
    worker = Worker(
        settings=Settings(workers=0), said=frozenset({"workers"}), tell=lambda _: None, observing=logged
    )
    for index in (0, 2):
        await work_on(plan, index, place, worker, Caller())
    told = put_together(place, tmp_path / "out", Settings())
    assert told.exit_code is ExitCode.UNFINISHED
    assert told.facts["states"] == {"complete": 2, "not begun": 1}
    assert told.facts["proven"]
    lines = (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()
    assert [json.loads(line)["position"] for line in lines] == [1, 4]
    assert "How it went" in (tmp_path / "out" / "report.html").read_text()
    assert put_together(place, None, Settings()).facts["rejected_file"] is None
