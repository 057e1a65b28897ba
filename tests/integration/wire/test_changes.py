"""A PUT whose answer is lost leaves once more when somebody has looked, and not behind the back of who counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bulk_importer.datagym.answers.judging import FailureKind
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client, RequestFailed, Timeouts
from bulk_importer.sandbox import Fault, FaultScript, Sandbox


@pytest.mark.parametrize("what", ["reset after commit", "reset before commit"])
async def test_a_put_is_sent_once(start_sandbox: Callable[..., Any], what: str) -> None:
    """Also on a connection that served before."""
    fault = Fault(what, route="/api/task/*")
    sandbox: Sandbox = await start_sandbox(seed=1, faults=FaultScript([fault]))
    project = await sandbox.prepare(media=1)
    async with Client(sandbox.url, Token(), Timeouts()) as client:
        assert (await client.get("/api/project")).status == 200
        with pytest.raises(RequestFailed) as failed:
            await client.put(f"/api/task/{project.task_ids[0]}/skipTask", b"{}")
        assert failed.value.kind is not FailureKind.REFUSED
        assert (await client.put(f"/api/task/{project.task_ids[0]}/skipTask", b"{}")).status == 200
    puts = [each.fault for each in sandbox.requests if each.method == "PUT"]
    assert puts == [what, ""]
