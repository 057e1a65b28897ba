"""`bulk-importer control`: pauses, resumes, limits or stops a run in another process, and says how it stands."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bulk_importer.cli import output
from bulk_importer.cli.parsing.plan_or_checkpoint import require_no_plan
from bulk_importer.errors import ExitCode, NotSteered, UsageError
from bulk_importer.settings import definitions
from bulk_importer.steering.client import NoAnswer, NobodyListens, ask
from bulk_importer.steering.server import SOCKET
from bulk_importer.steering.values import Answer, Command, Limits, Standing

__all__ = ["configure", "run"]

_ACTIONS = ("pause", "resume", "limit", "stop", "status")
_LIMITS = {
    "max_in_flight": "max_in_flight",
    "max_requests_per_second": "requests_per_second",
    "max_entries_per_second": "entries_per_second",
    "max_bytes_per_second": "bytes_per_second",
}
"""Settings that say how much may leave at a time, and what they are as `Limits`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `control`."""
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="the checkpoint folder of a run that is under way"
    )
    parser.add_argument(
        "action",
        choices=_ACTIONS,
        metavar="ACTION",
        help="pause, resume, limit, stop, or status; a second stop gives up what is in flight",
    )
    limits = parser.add_argument_group(
        "limit", "what 'limit' takes; never more than the run was started with"
    )
    for each in definitions():
        if each.name in _LIMITS:
            limits.add_argument(each.flag, dest=each.name, metavar=each.kind.placeholder, help=each.help)
    limits.add_argument(
        "--none", action="store_true", help="back to the limits that the run was started with"
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask the run, and print what it answers.

    Raises:
        UsageError: it cannot be asked for, or the run refuses it.
        NotSteered: there is no run that can be asked.
    """
    require_no_plan(arguments.checkpoint)
    answer = _asked(arguments.checkpoint, _command(arguments))
    if answer.refused:
        raise UsageError(answer.refused)
    output.print_outcome(
        {"said": answer.said, **msgspec.to_builtins(answer.standing)}, _lines(answer), as_json=arguments.json
    )
    return ExitCode.DELIVERED


def _command(arguments: argparse.Namespace) -> Command:
    """What is asked for.

    Raises:
        UsageError: a limit cannot be read, or stands with something that takes none.
    """
    taken = [each for each in definitions() if each.name in _LIMITS]
    given = [each for each in taken if getattr(arguments, each.name) is not None]
    action = arguments.action
    if action != "limit" and (given or arguments.none):
        flags = [*(each.flag for each in given), *(["--none"] if arguments.none else [])]
        raise UsageError(f"{action} takes no limits: leave out {', '.join(flags)}, or say 'limit'.")
    if action == "limit" and bool(given) == arguments.none:
        flags = [each.flag for each in taken]
        raise UsageError(f"limit takes either --none, or one or more of {', '.join(flags)}.")
    if arguments.none:
        return Command(do="unlimit")
    values = {_LIMITS[each.name]: each.read(getattr(arguments, each.name), each.flag) for each in given}
    return Command(do=action, limits=Limits(**values))


def _asked(root: Path, command: Command) -> Answer:
    """What the run answers whose checkpoint `root` is, or holds.

    Raises:
        UsageError: there are several.
        NotSteered: there is none that can be asked.
    """
    folders = _listening(root)
    if len(folders) > 1:
        named = ", ".join(map(str, folders[:10]))
        raise UsageError(f"{len(folders)} runs are under way in {root}. Name one of them: {named}.")
    if not folders:
        raise NotSteered(str(root), _why_nobody(root))
    try:
        return ask(folders[0], command)
    except NobodyListens:
        raise NotSteered(str(root), _why_nobody(root)) from None
    except NoAnswer as error:
        raise NotSteered(str(root), f"{error}. If it hangs, Ctrl-C or 'kill' ends it; it resumes") from error


def _listening(root: Path) -> list[Path]:
    """The folders in which a run hears commands: the one that is named, or one of those that it holds."""
    from bulk_importer.checkpoint.places import checkpoints_in

    folders = [root, *checkpoints_in(root)]
    there = [
        each for each in {each.absolute(): each for each in folders}.values() if (each / SOCKET).is_socket()
    ]
    return [each for each in there if _is_alive(each)] if len(there) > 1 else there


def _is_alive(folder: Path) -> bool:
    try:
        ask(folder, Command(do="status"))
    except NobodyListens:
        return False
    except NoAnswer:
        return True
    return True


def _why_nobody(root: Path) -> str:
    """Why nobody can be asked, and what to do, as the rest of a sentence."""
    from bulk_importer.checkpoint import lock_owner
    from bulk_importer.checkpoint.places import checkpoints_in

    if not root.exists():
        return (
            "it does not exist. Name the folder that the import names as its checkpoint; a new one is made when the "
            "server has answered"
        )
    for folder in (root, *checkpoints_in(root)):
        if owner := lock_owner(folder):
            return (
                f"{owner} is at work there and hears no commands: it is only beginning, or about to end, or has said "
                "why it cannot. Try again in a moment; Ctrl-C or 'kill' ends it, and it resumes"
            )
    return f"no run is under way there. 'bulk-importer status {root}' says how it stands; the same command resumes it"


def _lines(answer: Answer) -> Iterator[str]:
    """What became of it, and how the run stands."""
    standing = answer.standing
    if answer.said:
        yield answer.said
    if standing.source:
        yield f"{standing.source} -> {standing.server}, project {standing.project}"
    state, waits = standing.state, standing.waits_for
    yield f"  {waits}" if waits.startswith(state) else f"  {state}" + (f": {waits}" if waits else "")
    yield from _progress_lines(standing)
    yield f"  in flight    {standing.in_flight:,}"
    limited = standing.limits != standing.allowed
    yield f"  limits       {standing.limits.words}" + (
        f"; started with {standing.allowed.words}" if limited else ""
    )
    if standing.changed_by:
        yield f"  changed by   {standing.changed_by}"


def _progress_lines(standing: Standing) -> Iterator[str]:
    if standing.total is not None:
        share = "" if standing.percent is None else f" ({standing.percent}%)"
        yield f"  settled      {standing.settled:,} of {standing.total:,}{share}"
    for word, count in (
        ("delivered", standing.delivered),
        ("rejected", standing.rejected),
        ("unconfirmed", standing.in_doubt),
    ):
        if count or word == "delivered":
            yield f"  {word:11}  {count:,}"
