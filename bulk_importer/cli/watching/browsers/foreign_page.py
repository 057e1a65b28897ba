"""Shows checkpoints in a browser that another process may be writing to: where they stand, and nothing to steer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bulk_importer.cli.reporting.kinds import found_of
from bulk_importer.cli.signals import hearing_signals
from bulk_importer.cli.watching.browsers.latest_rejects import LatestRejects
from bulk_importer.cli.watching.browsers.looking import Looks
from bulk_importer.cli.watching.browsers.opening import opened_page
from bulk_importer.machine.aside import aside
from bulk_importer.observe.outcome import Step
from bulk_importer.observe.page.running import Source, View
from bulk_importer.observe.timeline import Course
from bulk_importer.observe.timeline.reading import read_course
from bulk_importer.settings import Settings
from bulk_importer.steering import Standing

__all__ = ["CheckpointsSeen", "shown_until_signal"]

_SECONDS_BETWEEN = 1.0
_PATIENCE = 10.0
"""A log is read again after so many times what that took, so that it is a tenth of the work of a processor at most."""


async def shown_until_signal(roots: Sequence[Path], settings: Settings) -> None:
    """Show checkpoints in a browser until Ctrl-C, or another signal, ends that.

    Raises:
        UsageError: nothing can be served as the settings ask for it.
    """
    stopped = asyncio.Event()
    with hearing_signals(lambda _: stopped.set()), ExitStack() as opened:
        seen = CheckpointsSeen("status", roots, opened)
        async with opened_page(settings, seen.look):
            await stopped.wait()


class CheckpointsSeen:
    """What a page looks at: the checkpoint that is written to, or was last; and beside it all others.

    Args:
        command: what the page is of.
        roots: folders of checkpoints, or of what holds several. Those that are not there yet are waited for.
        clock: monotonic, in seconds.
        is_begun: a run is about to make them; otherwise it is said that there is none yet.
    """

    def __init__(
        self,
        command: str,
        roots: Sequence[Path],
        opened: ExitStack,
        clock: Callable[[], float] = time.monotonic,
        *,
        is_begun: bool = False,
    ) -> None:
        self._command = command
        self._roots = roots
        self._looks = Looks(roots, opened)
        self._clock = clock
        self._is_begun = is_begun
        self._rejects = LatestRejects()
        # Changed by `_read`, in a thread of which there is one at a time: when it is due again; what was read last.
        self._due = self._course_due = 0.0
        self._found: Sequence[Mapping[str, Any]] = ()
        self._course: tuple[str, Course] = ("", Course())

    async def look(self) -> View:
        """How they stand now."""
        if self._clock() >= self._due:
            await aside(self._read)
        shown = _shown(self._found)
        if shown is None or "message" in shown:
            return View(command=self._command, standing=self._unread(shown), sources=self._sources())
        return View(
            command=self._command,
            standing=_standing_of(shown),
            sources=self._sources(),
            course=self._course[1],
            found=found_of(shown["findings"], shown["severities"]),
            examples=await self._rejects.of(shown["checkpoint"], shown["rejected"]),
            steps=[Step(shown["advice"])] if shown["advice"] else [],
        )

    def _read(self) -> None:
        began = self._clock()
        if any(root.exists() for root in self._roots):
            self._found = self._looks.look()
        shown = _shown(self._found)
        if shown is not None and "message" not in shown:
            folder = shown["checkpoint"]
            if folder != self._course[0] or self._clock() >= self._course_due:
                before = self._clock()
                self._course = (folder, read_course(Path(folder)))
                now = self._clock()
                self._course_due = now + max(_SECONDS_BETWEEN, _PATIENCE * (now - before))
        now = self._clock()
        self._due = now + max(_SECONDS_BETWEEN, _PATIENCE * (now - began))

    def _unread(self, facts: Mapping[str, Any] | None) -> Standing:
        """Of a checkpoint that is not there, or cannot be read."""
        if facts is None:
            where = ", ".join(map(str, self._roots))
            return Standing(
                state="starting" if self._is_begun else "absent",
                waits_for="" if self._is_begun else f"there is no checkpoint at {where} yet. {_ABSENT}",
                checkpoint=str(self._roots[0]),
            )
        return Standing(state="unusable", waits_for=facts["message"], checkpoint=facts["checkpoint"])

    def _sources(self) -> Sequence[Source]:
        return [
            Source(
                name=each.get("source", each["checkpoint"]),
                state=each["state"],
                delivered=each.get("delivered", 0),
                rejected=each.get("rejected", 0),
            )
            for each in self._found
        ]


def _shown(found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The one that is written to, or else the one of the latest sign; None without any."""
    return max(
        found, key=lambda each: (each["state"] == "running", _last_sign(each.get("run"))), default=None
    )


def _last_sign(run: Mapping[str, Any] | None) -> str:
    return "" if run is None else str(run["last_sign"] or run["started"])


def _standing_of(facts: Mapping[str, Any]) -> Standing:
    waits = facts["waits_for"]
    state, reason = facts["state"], ""
    if waits is not None:
        state, reason = _WAITS.get(waits["what"], "waiting"), waits["reason"]
    return Standing(
        state=state,
        waits_for=reason,
        source=facts["source"],
        server=facts["server"],
        project=facts["project_name"] or facts["project"],
        checkpoint=facts["checkpoint"],
        total=facts["total"],
        settled=facts["settled"],
        delivered=facts["delivered"],
        rejected=facts["rejected"],
        in_doubt=facts["in_doubt"],
        percent=facts["percent"],
        entries_per_second=facts["entries_per_second"]["last_minute"],
        seconds_left=facts["seconds_left"],
    )


_ABSENT = "The page shows it when a run begins it; else give the folder that a run named as its checkpoint"
_WAITS = {"paused": "paused", "stopping": "stopping"}
"""Other reasons to send nothing are waited for."""
