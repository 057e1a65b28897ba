"""As fixtures: an import in this process, and sandboxes whose time passes when a test says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.pipeline import Announcement
from bulk_importer.sandbox import Sandbox, server
from bulk_importer.settings import Settings
from bulk_importer.summary import Summary
from support.around.stepped_clock import SteppedClock
from support.importing import RunImport, import_file


@pytest.fixture
def run_import(sandbox: Sandbox, tmp_path: Path) -> RunImport:
    """Import `l.json` into the project `p` and the checkpoint `cp`; again whenever it is called again."""

    async def once(
        entries: list[Any] | str,
        *,
        token: str | None = None,
        announce: Callable[[Announcement], None] = lambda _: None,
        **settings: Any,
    ) -> Summary:
        path = tmp_path / "l.json"
        path.write_text(entries if isinstance(entries, str) else json.dumps(entries))
        ours = {"server": sandbox.url, "project": "p", "workers": 0}
        return await import_file(
            path, Settings(**{**ours, **settings}), checkpoint=tmp_path / "cp", token=token, announce=announce
        )

    return once


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> list[SteppedClock]:
    """The clocks of the sandboxes that are started, which stand still until the test moves them on."""
    made: list[SteppedClock] = []

    def clock(*arguments: Any) -> SteppedClock:
        made.append(SteppedClock(*arguments))
        return made[-1]

    monkeypatch.setattr(server, "CostClock", clock)
    return made
