"""What an undo says: of a plan, and what came of it; of one import, or of all shards of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bulk_importer.errors import ExitCode, most_important
from bulk_importer.readable import agreeing, counted

if TYPE_CHECKING:
    from bulk_importer.migration.undo.planning import Plan
    from bulk_importer.migration.undo.undoing import Undone

__all__ = ["REFUSED", "exit_code_of", "in_part", "plan_lines"]

REFUSED = (
    "Nothing was sent: it was not confirmed. The same command asks again; --yes is the answer beforehand."
)


def exit_code_of(undone: Undone, *, dry_run: bool) -> ExitCode:
    """What an undo of one import amounts to: 1 where media are left alone."""
    codes = [ExitCode.REJECTIONS] if undone.plan.left_alone or undone.plan.in_part else []
    if undone.summary is not None:
        codes.append(ExitCode(undone.summary.exit_code))
    elif undone.plan.entries and not dry_run:
        codes.append(ExitCode.UNFINISHED)
    return most_important(codes)


def plan_lines(plan: Plan) -> Iterator[str]:
    """What would be done, for a person."""
    yield f"The import sent something to {counted(plan.media, 'media')}."
    yield f"  {plan.restored:,} can be brought back to what they held before"
    yield f"  {plan.as_before:,} {agreeing(plan.as_before, 'holds')} it already" + in_part(plan)
    yield f"  {plan.left_alone:,} {agreeing(plan.left_alone, 'is')} left alone" + (
        ":" if plan.left_alone else ""
    )
    for why, count in sorted(plan.why.items()):
        yield f"      {count:,} x {why}"


def in_part(plan: Plan) -> str:
    """How many of the media that hold what they held do so in part."""
    return (
        f"; {plan.in_part:,} of all these in part, as an import cannot bring back the rest"
        if plan.in_part
        else ""
    )
