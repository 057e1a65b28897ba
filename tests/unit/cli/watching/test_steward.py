"""What steers the run of a command keeps it to the limits of that run, not to those of the command."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.cli.watching.steward import Steward
from bulk_importer.settings import Settings
from bulk_importer.steering.values import Command, Limits
from bulk_importer.transfer.stop import StopSwitch


async def test_a_worker_in_a_seat_sends_no_more_than_the_seat_allows(tmp_path: Path) -> None:
    """Its machine says nothing of limits; those of the plan are divided among the seats."""
    steward = Steward(StopSwitch(), Settings())
    steward.follow(tmp_path / "not there yet", [], Settings(max_in_flight=2, max_entries_per_second=50.0))
    assert steward.steering.limits == Limits(max_in_flight=2, entries_per_second=50.0)
    asked = steward.obey(Command(do="limit", limits=Limits(max_in_flight=3)), by="a person")
    assert "above the 2 that the run was started with" in asked.refused
