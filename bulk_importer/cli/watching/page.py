"""Shows the runs of a command in a browser as long as it goes on, and lets them be steered there."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from bulk_importer.cli.reporting.kinds import found_of
from bulk_importer.cli.watching.browsers.latest_rejects import LatestRejects
from bulk_importer.cli.watching.browsers.opening import opened_page
from bulk_importer.cli.watching.watch import Outcome, Watched
from bulk_importer.observe.outcome import next_steps, outcome
from bulk_importer.observe.page.running import RunsSeen, Source, View
from bulk_importer.steering import Command, Standing
from bulk_importer.summary import RunState, Summary

if TYPE_CHECKING:
    from bulk_importer.events import Event
    from bulk_importer.observe.page.running import LivePage

__all__ = ["opened"]


@asynccontextmanager
async def opened(watched: Watched) -> AsyncIterator[_Shown]:
    """What keeps the page of a command up to date.

    Raises:
        UsageError: it cannot be opened as the settings ask for it.
    """
    shown = _Shown(watched)
    async with opened_page(watched.settings, shown.look, watched.controls) as page:
        shown.page = page
        yield shown


class _Shown:
    """A `Watcher` that a page looks at."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._seen = RunsSeen(_sources(watched))
        self._rejects = LatestRejects()
        # Set where it is opened; and by `ended`.
        self.page: LivePage | None = None
        self._outcome: Outcome | None = None

    def __call__(self, event: Event) -> None:
        """Add it up."""
        self._seen.see(event, time.time())

    async def ended(self, outcome: Outcome) -> None:
        """Let whoever looks see what came of it."""
        self._outcome = outcome
        if self.page is not None:
            await self.page.end()

    async def look(self) -> View:
        """How the command stands now."""
        seen, standing = self._seen, self._standing()
        view = View(
            command=self._watched.command,
            standing=standing,
            sources=seen.sources(),
            course=seen.course(),
            found=found_of(seen.codes(), {}),
            examples=await self._rejects.of(standing.checkpoint, standing.rejected),
            may_steer=True,
            said=self.page.said if self.page is not None else "",
        )
        return view if self._outcome is None else _ended(view, self._outcome)

    def _standing(self) -> Standing:
        standing = self._watched.controls.obey(Command(do="status"), by="page").standing
        settings, sources = self._watched.settings, self._watched.sources
        if standing.source:
            return msgspec.structs.replace(standing, project=settings.project or standing.project)
        # Before a run has begun nothing is known of it but what was asked for.
        return msgspec.structs.replace(
            standing,
            state="starting" if standing.state == "running" else standing.state,
            source=sources[0] if sources else self._watched.command,
            server=settings.server or "",
            project=settings.project or "",
        )


def _sources(watched: Watched) -> Mapping[str, str]:
    """What the sources of an import are called, by their checkpoints; of others it is seen when they begin."""
    from bulk_importer.checkpoint.places import checkpoint_folders
    from bulk_importer.observe import source_called

    if watched.command != "import":
        return {}
    folders = checkpoint_folders(watched.sources, watched.settings.checkpoint)
    return {
        str(folder): source_called(source) for folder, source in zip(folders, watched.sources, strict=True)
    }


def _ended(view: View, came: Outcome) -> View:
    """The view of a command that has ended, as what it prints says."""
    summaries = list(_summaries(came.facts))
    if not summaries:
        message = str(came.facts.get("message", "")) or f"It ended with exit code {came.exit_code}."
        standing = msgspec.structs.replace(view.standing, state=came.state, waits_for="")
        return msgspec.structs.replace(view, standing=standing, ended=message)
    of_now = [each for each in summaries if each.checkpoint == view.standing.checkpoint]
    summary = (of_now or summaries)[-1]
    said, why = outcome(summary), summary.message
    return msgspec.structs.replace(
        view,
        standing=_standing_of(summary),
        sources=[
            Source(name=each.source, state=each.state, delivered=each.delivered, rejected=each.rejected)
            for each in summaries
        ],
        ended=" ".join(map(_sentence, filter(None, (said, why)))),
        steps=list(next_steps(summary, plan=str(came.facts["plan"]) if "shard" in came.facts else "")),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _summaries(facts: Mapping[str, Any]) -> Sequence[Summary]:
    """What came of each source; nothing where the command is none that imports, or did not come that far."""
    try:
        return [msgspec.convert(each, Summary) for each in facts.get("sources", [facts])]
    except msgspec.ValidationError:
        return []


def _standing_of(summary: Summary) -> Standing:
    settled = summary.delivered + summary.rejected + summary.skipped
    is_whole = summary.state is RunState.COMPLETE
    return Standing(
        state=summary.state,
        source=summary.source,
        server=summary.server,
        project=summary.project_name or summary.project,
        checkpoint=summary.checkpoint,
        total=summary.entries if is_whole else None,
        settled=settled,
        delivered=summary.delivered,
        rejected=summary.rejected,
        in_doubt=summary.in_doubt,
        percent=100 if is_whole else None,
    )
