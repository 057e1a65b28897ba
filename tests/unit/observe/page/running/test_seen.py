"""Events of runs that come one after the other add up to how each source stands."""

from __future__ import annotations

from bulk_importer.events import BatchDelivered, EntriesRejected, Event, RunEnded, RunStarted
from bulk_importer.observe.page.running.seen import RunsSeen
from bulk_importer.observe.page.running.view import Source
from bulk_importer.spans import Span


def started(checkpoint: str, settled: int = 0, rejected: int = 0) -> RunStarted:
    """A run over this checkpoint begins."""
    return RunStarted(
        source=f"{checkpoint}.json",
        size=None,
        server="https://datagym.example",
        project="p",
        checkpoint=checkpoint,
        settled=settled,
        read=settled,
        rejected=rejected,
    )


DELIVERED = BatchDelivered(batch=1, entries=10, bytes=1, weight=1, seconds=0.1, in_flight=1)
REJECTED = EntriesRejected(spans=(Span(0, 2), Span(5, 6)), codes={"option-unknown": 4}, batch=None)


def test_each_source_stands_as_its_run_does() -> None:
    """Those whose turn has not come have not begun."""
    seen = RunsSeen({"a": "a.json", "b": "b.json", "c": "c.json"})
    events: list[Event] = [started("a"), DELIVERED, RunEnded(exit_code=0, state="complete")]
    events += [started("b", settled=7, rejected=2), DELIVERED, REJECTED]
    for event in events:
        seen.see(event, 1.0)
    assert list(seen.sources()) == [
        Source(name="a.json", state="complete", delivered=10),
        Source(name="b.json", state="running", delivered=15, rejected=5),
        Source(name="c.json", state="starting"),
    ]
    assert seen.codes() == {"option-unknown": 4}
    assert sum(each.entries for each in seen.course().stretches) == 20


def test_what_was_not_foreseen_is_called_by_what_it_is() -> None:
    """Sources of a migration are known when they begin."""
    seen = RunsSeen({})
    seen.see(DELIVERED, 1.0)  # of no run that began: it has no place
    seen.see(started("x"), 1.0)
    assert [each.name for each in seen.sources()] == ["x.json"]
