"""Adds the events of the runs of a command up to what its page shows of them.

Pure: the times are parameters. Adding an event costs microseconds, whether or not somebody looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bulk_importer.events import BatchDelivered, DoubtsEnded, EntriesRejected, Event, RunEnded, RunStarted
from bulk_importer.observe.page.running.view import Source
from bulk_importer.observe.timeline.accumulating import Timeline
from bulk_importer.observe.timeline.values import Course

__all__ = ["RunsSeen"]


class RunsSeen:
    """What was seen so far of runs that come one after the other; `see` each event, in order.

    Args:
        sources: what each source is called, by its checkpoint, in order.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        # Changed by `see` alone: how each source stands, the checkpoint of the run that began last, what it found.
        self._sources = {
            checkpoint: Source(name=name, state="starting") for checkpoint, name in sources.items()
        }
        self._timeline = Timeline()
        self._codes: Counter[str] = Counter()
        self._checkpoint = ""

    def see(self, event: Event, at: float) -> None:
        """Take an event into account; `at` is the time, in seconds since 1970."""
        self._timeline.see(event, at)
        match event:
            case RunStarted():
                self._begin(event)
            case BatchDelivered():
                self._add(delivered=event.entries)
            case DoubtsEnded():
                self._add(delivered=event.entries if event.delivered else 0)
            case EntriesRejected():
                self._codes.update(event.codes)
                self._add(rejected=sum(span.stop - span.start for span in event.spans))
            case RunEnded():
                self._add(state=event.state)
            case _:
                pass

    def course(self) -> Course:
        """The course of all runs so far."""
        return self._timeline.course()

    def codes(self) -> Mapping[str, int]:
        """What these runs found, by code."""
        return dict(self._codes)

    def sources(self) -> Sequence[Source]:
        """How each source stands, in order."""
        return tuple(self._sources.values())

    def _begin(self, event: RunStarted) -> None:
        self._checkpoint = event.checkpoint
        self._sources[event.checkpoint] = Source(
            name=self._sources[event.checkpoint].name if event.checkpoint in self._sources else event.source,
            state="running",
            delivered=event.settled - event.rejected,
            rejected=event.rejected,
        )

    def _add(self, *, delivered: int = 0, rejected: int = 0, state: str = "") -> None:
        source = self._sources.get(self._checkpoint)
        if source is None:
            return
        self._sources[self._checkpoint] = Source(
            name=source.name,
            state=state or source.state,
            delivered=source.delivered + delivered,
            rejected=source.rejected + rejected,
        )
