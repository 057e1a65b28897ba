"""The settings of a shard are those of the plan, with the limits of seat and shard, and the machine's own ways."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bulk_importer.distributed.values import Plan, Seat
from bulk_importer.distributed.work.asked import asked_of, require_same_target
from bulk_importer.errors import CheckpointMismatch
from bulk_importer.model import ErrorBudget
from bulk_importer.settings import Settings
from support.fleet.plans import draft_of

SEAT = Seat(max_in_flight=3, max_entries_per_second=10.0)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A plan that says how entries are checked and sent."""
    settings: dict[str, object] = {"strict": True, "max_errors": "1%", "path": "a.item", "min_in_flight": 5}
    draft, _ = draft_of(tmp_path / "l.json", [[0]], settings=settings)
    shard = msgspec.structs.replace(draft.shards[0], max_errors="7")
    return msgspec.structs.replace(draft, shards=(shard,))


def test_the_plan_says_what_and_seat_and_shard_how_much(plan: Plan) -> None:
    """Where the array was in the source means nothing in a shard, which is one."""
    settings = asked_of(plan, plan.shards[0], SEAT, Settings(), ())
    assert (settings.server, settings.project) == (plan.server, plan.project)
    assert (settings.strict, settings.path, settings.lines) == (True, None, "array")
    assert (settings.max_in_flight, settings.min_in_flight) == (3, 3)
    assert settings.max_entries_per_second == 10.0
    assert settings.max_errors == ErrorBudget(count=7)


def test_the_machine_says_how_it_reaches_the_server_and_nothing_of_what_is_sent(plan: Plan) -> None:
    """A file of settings that all workers have may hold both."""
    own = Settings(ca_file="ca.pem", workers=2, strict=False, max_in_flight=64, grace=25.0)
    said = {"ca_file", "workers", "strict", "max_in_flight", "grace"}
    settings = asked_of(plan, plan.shards[0], SEAT, own, said)
    assert (settings.ca_file, settings.workers, settings.grace) == ("ca.pem", 2, 25.0)
    assert (settings.strict, settings.max_in_flight) == (True, 3)


@pytest.mark.parametrize("own", [Settings(server="http://other.test"), Settings(project="roads")])
def test_a_worker_that_is_told_of_another_target_is_refused(plan: Plan, own: Settings) -> None:
    """What the plan proves holds for its own."""
    with pytest.raises(CheckpointMismatch, match="The plan was made for the"):
        require_same_target(plan, own)


def test_the_same_target_may_be_said_in_other_words(plan: Plan) -> None:
    """With a slash at the end, by name, or as the URL of its page."""
    require_same_target(plan, Settings(server=f"{plan.server}/", project=plan.project_name))
