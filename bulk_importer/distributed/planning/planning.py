"""Makes the plan for one source: checks it in one pass, chooses the cuts, gives each media to one shard.

Memory: that of a check (see `pipeline.check.checking`); and behind it, when the workers are gone, 120 MB at most for
the media that are looked for, 8 MB of pieces, and what a shard has of these, 160 bytes each. A million of them in one
shard come to be only where nearly all entries have to move (see `division.moving`); more shards make fewer in each. On
disk, in the temporary folder, 24 bytes for each entry, and where they are more than half a million, for a time, 8 more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Event

from msgspec.structs import replace

from bulk_importer.checkpoint.log.file import log_path
from bulk_importer.datagym.reads.opening import opened_catalog
from bulk_importer.datagym.routes import server_url
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.places.open import try_place
from bulk_importer.distributed.planning.asked import place_of_source, settings_kept
from bulk_importer.distributed.planning.differences import differences
from bulk_importer.distributed.planning.division.columns import Columns
from bulk_importer.distributed.planning.division.cutting import Blocks, blocks_of, chosen_cuts, most_blocks
from bulk_importer.distributed.planning.division.dividing import Shares, divide
from bulk_importer.distributed.planning.division.moving import Moves
from bulk_importer.distributed.planning.division.survey import SourceSurvey
from bulk_importer.distributed.planning.limits import budgets_of, seats_of, shards_asked
from bulk_importer.distributed.planning.opening import opened_for_many
from bulk_importer.distributed.planning.reading import read_plan
from bulk_importer.distributed.planning.writing import another_plan, put_pieces, put_plan
from bulk_importer.distributed.values import PLAN, Plan, Shard
from bulk_importer.errors import ExitCode, InputError, Interrupted, UsageError
from bulk_importer.events import Advanced, Observer
from bulk_importer.intake import IntakeOptions
from bulk_importer.library.rulesets import scratch_folder
from bulk_importer.pipeline.check.checking import Check, CheckReport
from bulk_importer.pipeline.guards.config_watch import digest_of
from bulk_importer.pipeline.resume.source_identity import identity_of
from bulk_importer.pipeline.ruleset import RuleSet, Target, find_target, label_config_of, ruleset_of
from bulk_importer.settings import Settings
from bulk_importer.sources import Source
from bulk_importer.transfer.options import require_sound

__all__ = ["make_plan"]


def _unheard(_: CheckReport) -> None:
    """Nobody wants to know."""


async def make_plan(
    source: str,
    settings: Settings,
    place: Place,
    *,
    token: Token,
    emit: Observer,
    checked: Callable[[CheckReport], None] = _unheard,
) -> Plan:
    """Make the plan for a source and put it at a place; where the plan that is asked for lies there already, read it.

    It sends no label, and may be cancelled at any time: no plan is there then, and the same call makes it.

    Args:
        source: a path or a URL, as a person gives it.
        settings: those of the import; without a server entries are checked against what a check has then, and the plan
            is good for nothing else.
        emit: receives how far it is, and that the server does not answer.
        checked: receives what the check found, where one was made.

    Raises:
        UsageError: the source cannot be divided, the settings cannot be meant, or another plan lies there.
        InputError: the source cannot be read to its end.
        ServerError: the server cannot be asked.
        CheckpointError: the place cannot be used.
    """
    require_sound(settings)
    seats = seats_of(settings)
    kept, named = settings_kept(settings), place_of_source(source)
    with scratch_folder() as folder:
        async with opened_for_many(source, settings, folder) as opened:
            draft = Plan(
                id="",
                source=named,
                identity=await asyncio.to_thread(identity_of, opened),
                lines=False,
                entries=0,
                accepted=0,
                rejected=0,
                skipped=0,
                bytes=0,
                server=server_url(settings.server or ""),
                project="",
                project_name="",
                label_config=None,
                settings=kept,
                seats=seats,
                shards=(),
            )
            async with _target_of(settings, token, emit) as target:
                if target is not None:
                    draft = replace(draft, project=target.project.id, project_name=target.project.name)
                # Before the rules, which may read long lists.
                known = await asyncio.to_thread(_known, place, draft)
                if known is not None:
                    return known
                config = await label_config_of(settings, target)
                ruleset = await ruleset_of(settings, config, folder, target)
            draft = replace(draft, label_config=None if config is None else digest_of(config))
            with Columns(folder) as columns:
                return await _Making(opened, settings, columns, emit).plan(draft, ruleset, place, checked)


@asynccontextmanager
async def _target_of(settings: Settings, token: Token, emit: Observer) -> AsyncIterator[Target | None]:
    """The project, while its server may be asked; None where none is named."""
    if not (settings.server and settings.project):
        yield None
        return
    async with opened_catalog(settings, token, emit) as catalog:
        yield await find_target(settings, catalog)


def _known(place: Place, draft: Plan) -> Plan | None:
    """The plan that lies at a place, where the same is asked for; None where there is none. Blocks.

    Raises:
        UsageError: another one lies there, or the checkpoint of an import.
        PlanUnusable: it is not what was written.
        CheckpointUnusable: the place cannot be read, or not be written.
    """
    if place.read(PLAN) is None:
        if place.folder is not None and log_path(place.folder).exists():
            raise UsageError(
                f"{place.name} is the checkpoint of an import, and a plan there would send again what that delivered. "
                "Nothing was sent. To resume that import, run 'bulk-importer import' without --engine dask; for a "
                "plan name another place (--output of 'plan', --checkpoint of 'import')."
            )
        try_place(place)
        return None
    plan = read_plan(place)
    if differing := differences(plan, draft):
        raise another_plan(place, differing)
    return plan


class _Making:
    """The making of one plan. Construct it, call `plan` once.

    Args:
        source: open.
        columns: where they can be had.
    """

    def __init__(self, source: Source, settings: Settings, columns: Columns, emit: Observer) -> None:
        self._source = source
        self._settings = settings
        self._columns = columns
        self._emit = emit
        self._survey = SourceSurvey(columns)
        # Set where nobody waits any more for a thread that looks for media.
        self._is_over = Event()

    async def plan(
        self, draft: Plan, ruleset: RuleSet, place: Place, checked: Callable[[CheckReport], None]
    ) -> Plan:
        """Check, choose, divide, write."""
        report, is_lines = await self._checked(ruleset)
        checked(report)
        blocks, moves, cuts = await self._cut(report, shards_asked(self._settings, len(draft.seats)))
        shares = await divide(self._source, self._survey, blocks, cuts, moves, self._columns.new())
        self._source.check_unchanged()
        draft = replace(
            draft,
            lines=is_lines,
            entries=report.entries,
            accepted=report.accepted,
            rejected=report.rejected,
            skipped=report.skipped,
            bytes=report.bytes,
        )
        return await self._written(place, draft, blocks, cuts, shares)

    async def _checked(self, ruleset: RuleSet) -> tuple[CheckReport, bool]:
        """What a check finds, and whether the source is JSON Lines. What it followed media with is let go of."""
        check = Check(self._source, ruleset, IntakeOptions.of(self._settings), survey=self._survey)
        report = await check.run(passed=self._passed)
        if report.exit_code == ExitCode.INPUT:
            raise InputError(report.message)
        return report, check.is_lines

    def _passed(self, entries: int, rejected: int, read_bytes: int) -> None:
        beside = {"rejected": rejected, "entries": entries}
        name = self._source.name.rsplit("/", 1)[-1]
        self._emit(
            Advanced(
                work=f"planning {name}", done=read_bytes, total=self._source.size, unit="bytes", beside=beside
            )
        )

    async def _cut(self, report: CheckReport, shards: int) -> tuple[Blocks, Moves, list[int]]:
        # Where each media came once, which a check knows of three million, nothing can have to move.
        each_once = report.media_accepted == report.accepted and not report.rejected
        try:
            return await asyncio.to_thread(self._cut_here, shards, each_once=each_once)
        finally:
            self._is_over.set()

    def _cut_here(self, shards: int, *, each_once: bool) -> tuple[Blocks, Moves, list[int]]:
        self._survey.end()
        blocks = blocks_of(self._survey, most_blocks(shards))
        moves = Moves(blocks)
        if not each_once:
            moves.find(self._survey, self._columns, self._go_on)
        return blocks, moves, chosen_cuts(moves.owned(), shards)

    def _go_on(self) -> None:
        if self._is_over.is_set():
            raise Interrupted("nobody waits for it any more", ExitCode.INTERRUPTED)

    async def _written(
        self, place: Place, draft: Plan, blocks: Blocks, cuts: list[int], shares: Shares
    ) -> Plan:
        budgets = budgets_of(self._settings.max_errors, [shares.share(at).entries for at in range(len(cuts))])
        shards = []
        for index, (cut, behind) in enumerate(zip(cuts, [*cuts[1:], len(blocks)], strict=True)):
            share = shares.share(index)
            shards.append(
                Shard(
                    index=index,
                    first=blocks.firsts[cut],
                    offset=blocks.offsets[cut],
                    length=blocks.offsets[behind] - blocks.offsets[cut],
                    entries=share.entries,
                    bytes=share.bytes,
                    moved=share.moved,
                    pieces=await asyncio.to_thread(put_pieces, place, shares.pieces(index)),
                    max_errors=budgets[index],
                )
            )
        return await asyncio.to_thread(put_plan, place, replace(draft, shards=tuple(shards)))
