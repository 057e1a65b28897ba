"""What a worker tells of is read at another machine, and says so where that makes a difference."""

from __future__ import annotations

import pytest

from bulk_importer.distributed.work.summaries import told_elsewhere
from bulk_importer.errors import ExitCode, NotAuthorised
from bulk_importer.summary import RunState, Summary


@pytest.mark.parametrize(("has_token", "lacks"), [(True, ""), (False, ", which has none")])
def test_a_refused_token_is_that_of_the_worker(has_token: bool, lacks: str) -> None:
    """It is named where to give it one; that of whoever reads this is not the matter."""
    refused = NotAuthorised("http://127.0.0.1:1", "it answers 401")
    summary = Summary(
        state=RunState.FAILED,
        exit_code=ExitCode.SERVER,
        source="l.json",
        project="p",
        server="http://127.0.0.1:1",
        checkpoint="c",
        message=str(refused),
    )
    told = told_elsewhere(summary, "node-7", has_token=has_token).message
    assert f"it answers 401. Check the token of the worker on node-7{lacks} (DATAGYM_TOKEN in its " in told
    assert "workers are never sent one) and that it belongs" in told
