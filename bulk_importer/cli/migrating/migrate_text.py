"""Says what a migration is about to do, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bulk_importer.readable import agreeing, counted
from bulk_importer.settings import Backup

if TYPE_CHECKING:
    from bulk_importer.errors import ExitCode
    from bulk_importer.migration.moving import Foreseen, Migrated, MigrateSpec
    from bulk_importer.migration.moving.account import MovedLabels
    from bulk_importer.migration.moving.foreseeing import FoundMedia
    from bulk_importer.migration.moving.tasking import MovedStates

__all__ = ["facts_of", "outcome_lines", "preview_lines"]

_MOST_NAMED = 20


def preview_lines(foreseen: Foreseen, spec: MigrateSpec) -> Iterator[str]:
    """What is about to be done, for whoever is asked whether it may be."""
    server, name, project = foreseen.origin
    yield f"Moving the labels of project {name} ({project}) at {server}"
    server, name, project = foreseen.target
    yield f"  into        project {name} ({project}) at {server}"
    yield from _media_lines(foreseen.media)
    if spec.states is not None:
        yield f"  states      only of tasks that are {', '.join(sorted(spec.states)).lower()}"
    yield from _difference_lines(foreseen, spec)
    kept = (
        "are lost (--backup never)"
        if spec.settings.backup == Backup.NEVER
        else "are kept, for 'undo' to bring back"
    )
    yield f"  replaces    what these media hold there, where they get labels; these {kept}"
    if spec.completes:
        yield (
            f"  tasks       up to {foreseen.media.finished:,} are given their states afterwards, which uses as much of "
            "the organisation's label quota, where it has one"
        )
    yield f"  checkpoint  {spec.folder}" + (", which is resumed" if foreseen.is_begun else "")


def _media_lines(media: FoundMedia) -> Iterator[str]:
    yield f"  media       {media.found:,} of {media.media:,} are found there by their names"
    for count, text in (
        (media.missing, "not found: no media there has their name"),
        (media.ambiguous, "ambiguous: several media there, or several of them, have their name"),
        (media.unnamed, "without a name"),
    ):
        if count:
            yield f"              {count:,} {text}"
    if media.examples:
        yield f"              as {', '.join(media.examples)}; --media-map FILE says which media they are"


def _difference_lines(foreseen: Foreseen, spec: MigrateSpec) -> Iterator[str]:
    found = foreseen.differences
    if not found:
        yield "  classes     all are there"
        return
    yield "  classes     what differs there:"
    rows = [(each.path, each.kind.value, each.wanted, each.there or "-") for each in found[:_MOST_NAMED]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row, each in zip(rows, found, strict=False):
        path, kind, wanted, there = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        harm = "" if each.matters else "  (no harm)"
        created = "  (is created)" if each.is_addable and spec.creates_classes else ""
        yield f"    {path}  {kind}  {wanted}  there: {there.rstrip()}{harm}{created}"
    if len(found) > _MOST_NAMED:
        yield f"    and {counted(len(found) - _MOST_NAMED, 'more difference')}"
    if any(each.matters for each in found):
        yield "    What does not fit stays behind, label by label, and is listed."


def outcome_lines(migrated: Migrated, *, dry_run: bool) -> Iterator[str]:
    """What became of it, for a person."""
    from bulk_importer.observe import summary_text

    for each in migrated.added:
        yield f"  created     {each}"
    if migrated.summary is None:
        how = "The same command without --dry-run moves them." if dry_run else _NOT_CONFIRMED
        media = migrated.foreseen.media
        yield f"{media.found:,} of {counted(media.media, 'media')} can be moved. Nothing was sent. {how}"
        return
    yield summary_text(migrated.summary)
    if migrated.moved is None:
        return
    yield from _label_lines(migrated.moved)
    yield from _comparison_lines(migrated.moved)
    yield from _state_lines(migrated.states)
    if migrated.moved.left_behind or migrated.moved.altered:
        yield f"  Every label that stayed behind, and why: {migrated.folder / 'left_behind.jsonl'}"
    if migrated.moved.compared != migrated.moved.equal:
        yield f"  What differs: {migrated.folder / 'differing.jsonl'}"


_NOT_CONFIRMED = (
    "It was not confirmed: the same command asks again where there is a terminal; --yes is the answer."
)


def _label_lines(moved: MovedLabels) -> Iterator[str]:
    read, carried, left = moved.read.total(), moved.carried.total(), moved.left_behind.total()
    yield f"  labels      {read:,} of {counted(moved.media, 'media')} = {carried:,} carried + {left:,} left behind"
    for key in sorted(moved.left_behind):
        yield f"              {key}: {moved.carried[key]:,} of {moved.read[key]:,} carried"
    for why, count in moved.reasons.most_common(_MOST_NAMED):
        yield f"              {count:,} left behind: {why}"
    for why, count in moved.altered.most_common():
        yield f"              {count:,} carried, but: {why}"
    if moved.unread:
        yield f"              {counted(moved.unread, 'media')} could not be read, so their labels are not counted"


def _comparison_lines(moved: MovedLabels) -> Iterator[str]:
    if moved.compared is None or moved.equal is None:
        yield "  compared    nothing (--no-compare)"
    elif moved.compared == moved.equal:
        yield f"  compared    {counted(moved.compared, 'media', 'holds')} just what was sent, to the last bit"
    else:
        differ = moved.compared - moved.equal
        does = agreeing(differ, "does")
        yield f"  compared    {differ:,} of {counted(moved.compared, 'media')} {does} not hold what was sent"


def _state_lines(states: MovedStates | None) -> Iterator[str]:
    if states is None:
        return
    yield f"  tasks       {states.given:,} have been given their states"
    for count, text in (
        (states.already, "had them before"),
        (states.refused, "refused by the server: task-states.jsonl in the checkpoint folder says why"),
        (
            states.left_alone,
            "left alone: their media differ, or people are at work on them or decided otherwise",
        ),
        (states.left, "still to be done"),
    ):
        if count:
            yield f"              {count:,} {text}"
    if states.error is not None:
        yield f"  {states.error}"


def facts_of(migrated: Migrated, code: ExitCode) -> dict[str, Any]:
    """The same for a program."""
    from msgspec import to_builtins

    foreseen, moved, states = migrated.foreseen, migrated.moved, migrated.states
    return {
        "exit_code": int(code),
        "from": dict(zip(("server", "project_name", "project"), foreseen.origin, strict=True)),
        "to": dict(zip(("server", "project_name", "project"), foreseen.target, strict=True)),
        "media": _without(to_builtins(foreseen.media), "repeated"),
        "differences": to_builtins(list(foreseen.differences)),
        "created": list(migrated.added),
        "folder": str(migrated.folder),
        "import": None if migrated.summary is None else migrated.summary.to_builtins(),
        "labels": None if moved is None else _without(to_builtins(moved), "apart"),
        "tasks": None
        if states is None
        else {name: getattr(states, name) for name in ("given", "already", "refused", "left_alone", "left")},
        "message": "" if states is None or states.error is None else str(states.error),
    }


def _without(facts: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key != name}
