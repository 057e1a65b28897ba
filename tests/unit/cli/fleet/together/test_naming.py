"""Commands that are named for shards are short, however many shards there are."""

from __future__ import annotations

from bulk_importer.checkpoint import SourceIdentity
from bulk_importer.cli.fleet.together.naming import shards_text, steps_of
from bulk_importer.distributed.gathering.values import Gathered, ShardState, Standing
from bulk_importer.distributed.values import Plan, Seat, Shard


def gathered(states: list[ShardState]) -> Gathered:
    """A plan whose shards stand so."""
    shards = [
        Shard(
            index=at, first=at, offset=at, length=1, entries=1, bytes=1, moved=0, pieces="", max_errors="5%"
        )
        for at in range(len(states))
    ]
    plan = Plan(
        id="",
        source="l.json",
        identity=SourceIdentity(),
        lines=False,
        entries=len(states),
        accepted=len(states),
        rejected=0,
        skipped=0,
        bytes=len(states),
        server="http://127.0.0.1:1",
        project="p",
        project_name="p",
        label_config=None,
        settings={},
        seats=(Seat(max_in_flight=1),),
        shards=tuple(shards),
    )
    standings = [Standing(shard=shard, state=state) for shard, state in zip(shards, states, strict=True)]
    return Gathered(place="a b.plan", plan=plan, standings=standings, claims=())


def commands(states: list[ShardState]) -> list[str]:
    """What a person may type."""
    return [step.command for step in steps_of(gathered(states), now=0.0)]


def test_a_loop_is_over_the_shards_that_are_left() -> None:
    """With the place as a shell takes it."""
    states = [ShardState.COMPLETE] * 8
    for index in (1, 4, 5, 6):
        states[index] = ShardState.STOPPED
    one, loop = commands(states)
    assert one == "bulk-importer work 'a b.plan' --index 1"
    assert loop == "for index in 1 $(seq 4 6); do bulk-importer work 'a b.plan' --index $index; done"


def test_a_loop_over_very_many_is_one_line() -> None:
    """Finished ones are passed over by the command itself."""
    loop = commands([ShardState.COMPLETE, ShardState.NOT_BEGUN] * 5_000)[-1]
    assert "in $(seq 1 9999);" in loop


def test_the_command_that_goes_on_by_itself_is_named_first() -> None:
    """What works without its scheduler comes after it."""
    first, second = steps_of(gathered([ShardState.STOPPED]), by_engine=True, now=0.0)
    assert (first.text, first.command) == (
        "Shard 0 is left to work on. Run the same command again: it resumes.",
        "",
    )
    assert second.command == "bulk-importer work 'a b.plan' --index 0"


def test_nothing_is_to_be_done_about_what_is_complete() -> None:
    """And nothing is said."""
    assert commands([ShardState.COMPLETE] * 3) == []


def test_very_many_indexes_are_cut() -> None:
    """The first ones, and how many more."""
    assert shards_text([3, 1, 2, 7]) == "1-3, 7"
    assert shards_text(range(0, 100, 2)).endswith("22 and 38 more")
