"""Divides a document among shards as a plan does, with sizes so small that everything comes to be."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bulk_importer.distributed.planning.division.columns import Columns
from bulk_importer.distributed.planning.division.cutting import blocks_of, chosen_cuts
from bulk_importer.distributed.planning.division.dividing import Share, divide
from bulk_importer.distributed.planning.division.moving import Moves
from bulk_importer.distributed.planning.division.survey import SourceSurvey
from bulk_importer.distributed.values import Piece
from bulk_importer.intake import IntakeOptions, Rules
from bulk_importer.pipeline.check.checking import Check, CheckReport
from bulk_importer.pipeline.ruleset import RuleSet
from bulk_importer.sources import open_source

__all__ = ["Divided", "divided"]


class Divided:
    """What became of a document.

    Attributes:
        begins: the position with which the stretch of each shard begins.
    """

    def __init__(
        self, report: CheckReport, begins: Sequence[int], shares: Sequence[Share], pieces: list[list[Piece]]
    ) -> None:
        self.report = report
        self.begins = begins
        self.shares = shares
        self.pieces = pieces


async def divided(file: Path, shards: int, *, blocks: int, folder: Path, **options: Any) -> Divided:
    """Divide the document in `file` among shards, of so many blocks; `options` are those of reading."""
    async with AsyncExitStack() as opened:
        source = await open_source(str(file))
        opened.push_async_callback(source.aclose)
        columns = opened.enter_context(Columns(folder))
        survey = SourceSurvey(columns)
        check = Check(source, RuleSet(Rules()), IntakeOptions(workers=0, **options), survey=survey)
        report = await check.run()
        survey.end()
        found = blocks_of(survey, blocks)
        moves = Moves(found, most_media=2, most_keys=3)
        moves.find(survey, columns, lambda: None)
        cuts = chosen_cuts(moves.owned(), shards)
        shares = await divide(source, survey, found, cuts, moves, columns.new())
        each = range(len(cuts))
        return Divided(
            report,
            [found.firsts[cut] for cut in cuts],
            [shares.share(shard) for shard in each],
            [list(shares.pieces(shard)) for shard in each],
        )
