"""Says before several sources are imported which labels they delete: what others bring, and what the server holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import messages
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import BulkImporterError, ExitCode, Interrupted, ServerError
from bulk_importer.levels import Level
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.cli.questions import ReplacementQuestion
    from bulk_importer.events import Observer
    from bulk_importer.media.labelled import LabelledMedia
    from bulk_importer.model import Segment
    from bulk_importer.pipeline.ruleset import RuleSet
    from bulk_importer.pipeline.wiped.foreseeing import Foreseen, Upcoming
    from bulk_importer.pipeline.wiped.mentions import Mentions
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["warn_of_wiped_entries"]

_WIPED = "earlier-entry-wiped"


async def warn_of_wiped_entries(
    sources: Sequence[str],
    folders: Sequence[Path],
    mentions: Mentions,
    settings: Settings,
    stop: StopSwitch,
    question: ReplacementQuestion,
) -> Settings:
    """Say before anything is sent what new sources will do to each other, and ask whether they may replace labels.

    The imports go on, unless the answer is no: that requests the stop.

    Args:
        sources, folders: of the command, and the checkpoint folder of each.
        mentions: media of the sources so far; those of the new ones are added.
        question: asked where labels on the server would be deleted; what is answered holds for each import.

    Returns:
        The settings that they go on with.
    """
    from bulk_importer.library.rulesets import scratch_folder
    from bulk_importer.pipeline.wiped.foreseeing import foresee, new_among

    new = new_among(folders)
    is_only_counted = _WIPED in settings.allow and _WIPED not in settings.deny
    if len(new) < 2 or is_only_counted or not (settings.server and settings.project):
        return settings
    before = Path(settings.settled_by) if settings.settled_by else (folders[new[0] - 1] if new[0] else None)
    try:
        async with stop.breaking_off():
            if settings.keep_data and await _are_converted([sources[place] for place in new], settings):
                return settings  # their entries add to what is there, and delete nothing
            with scratch_folder() as scratch, progress_display() as observer:
                upcoming = _Upcoming(
                    dict(zip(sources, folders, strict=True)), settings, scratch, observer, stop
                )
                labelled = await asyncio.to_thread((await upcoming.ruleset(settings, before)).labelled)
                foreseen = await foresee(
                    [sources[place] for place in new],
                    mentions,
                    upcoming.opened,
                    passed=_passed(observer, labelled),
                )
                for each in foreseen:
                    for line in _foreseen_lines(each):
                        messages.say(line, Level.WARNING)
                if labelled is not None and labelled.met:
                    is_exact = settings.limit is None and not any(each.unknown for each in foreseen)
                    await _confirm(labelled, question, stop, observer, is_exact=is_exact)
    except Interrupted:
        return settings  # the first import says so
    except ServerError:
        return replace(settings, wait_for_server=0.0)  # likewise, and it has been waited for
    except BulkImporterError as error:
        messages.say(
            f"Whether the sources wipe labels of each other cannot be said before they are sent: {error}",
            Level.WARNING,
        )
        return settings
    return settings


async def _are_converted(sources: Sequence[str], settings: Settings) -> bool:
    """Whether all of them are label files of other tools, as far as a look at each shows it."""
    from bulk_importer.pipeline.conversion.choosing import is_foreign

    for source in sources:
        if not await is_foreign(source, settings):
            return False
    return True


class _Upcoming:
    """Opens the sources of a command as their imports will; those of other tools are converted for these."""

    def __init__(
        self,
        folders: Mapping[str, Path],
        settings: Settings,
        scratch: Path,
        observer: Observer,
        stop: StopSwitch,
    ) -> None:
        from bulk_importer.datagym.wire.api_token import Token

        self._folders = folders
        self._settings = settings
        self._scratch = scratch
        self._observer = observer
        self._stop = stop
        self._token = Token.find(settings.token_file)
        self._rulesets: dict[Settings, RuleSet] = {}  # filled by `ruleset`

    async def ruleset(self, settings: Settings, sibling: Path | None = None) -> RuleSet:
        """What entries are checked against with these settings; asked for once."""
        from bulk_importer.library.rulesets import ruleset_for

        if settings not in self._rulesets:
            self._rulesets[settings] = await ruleset_for(
                settings, self._token, self._scratch, self._observer, sibling=sibling
            )
        return self._rulesets[settings]

    @asynccontextmanager
    async def opened(self, source: str) -> AsyncIterator[Upcoming]:
        """A source; raises what its import would raise."""
        from bulk_importer.intake import IntakeOptions
        from bulk_importer.library.converting import opened_labels
        from bulk_importer.pipeline.wiped.foreseeing import Upcoming

        async with opened_labels(
            source,
            self._settings,
            self._folders[source],
            token=self._token,
            emit=self._observer,
            stop=self._stop,
        ) as labels:
            gathered = await self.ruleset(labels.settings)
            ruleset = await asyncio.to_thread(gathered.for_source_in, self._folders[source])
            yield Upcoming(labels.source, ruleset.rules, IntakeOptions.of(labels.settings))


async def _confirm(
    labelled: LabelledMedia,
    question: ReplacementQuestion,
    stop: StopSwitch,
    observer: Observer,
    *,
    is_exact: bool,
) -> None:
    """Say how many media lose labels, and ask once for all sources; no requests the stop."""
    from bulk_importer.events import ReplacementForeseen
    from bulk_importer.pipeline import Confirmation
    from bulk_importer.pipeline.guards.replacement import unconfirmed

    foreseen = ReplacementForeseen(
        source="",
        position=0,
        media=labelled.met if is_exact else labelled.holding,
        is_exact=is_exact,
        holding=labelled.holding,
        importable=labelled.importable,
    )
    observer(foreseen)
    if await question(foreseen) is Confirmation.NO:
        stop.request(unconfirmed(is_begun=False), ExitCode.UNFINISHED)


def _passed(observer: Observer, labelled: LabelledMedia | None) -> Callable[[str, Segment], None]:
    """Tells how far the reading before is, and counts media whose labels are deleted."""
    from bulk_importer.events import Advanced

    def passed(source: str, segment: Segment) -> None:
        if labelled is not None:
            labelled.meet(segment.run)
        read_bytes = segment.key.offset + segment.key.length
        work = f"looking first whether {source.rsplit('/', 1)[-1]} wipes labels of the others"
        observer(Advanced(work=work, done=read_bytes, total=None, unit="bytes"))

    return passed


def _foreseen_lines(foreseen: Foreseen) -> Iterator[str]:
    if foreseen.first is not None:
        first = foreseen.first
        fate = "they are rejected" if first.severity == "error" else "what that brings is deleted again"
        yield (
            f"{foreseen.source}: {foreseen.count:,} x keepData false behind an entry for the same media, here or in "
            f"another source: {fate} ({first.code}). The first is at position {first.position} (byte {first.offset}), "
            f"media {first.media_id}. {first.advice}"
        )
    if foreseen.unknown:
        yield (
            f"{foreseen.source}: whether it wipes labels that other sources bring cannot be said before it is sent: "
            f"{foreseen.unknown}"
        )
