"""`bulk-importer verify`: proves that every entry of a checkpoint is accounted for, once; or a backup whole."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli import messages, output
from bulk_importer.cli.checkpoints.combined import combined
from bulk_importer.cli.checkpoints.comparing import Opening, compared_with_server, compared_with_source
from bulk_importer.cli.checkpoints.reading_again import opened_again
from bulk_importer.cli.migrating.verify_backup import verify_backup
from bulk_importer.cli.parsing.options import add_settings
from bulk_importer.cli.parsing.plan_or_checkpoint import is_plan
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import (
    BulkImporterError,
    CheckpointError,
    ExitCode,
    UsageError,
    most_important,
)
from bulk_importer.readable import counted, readable

if TYPE_CHECKING:
    from bulk_importer.checkpoint import Claim, Proof

__all__ = ["configure", "run"]

_SERVER = "server"
_SOURCE = "source"


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `verify`."""
    parser.add_argument(
        "checkpoint",
        metavar="CHECKPOINT",
        help="the checkpoint folder of a run, or the one that holds those of several sources; or a backup, which is "
        "proven whole; or a plan, of which each shard is proven, and their sum",
    )
    parser.add_argument(
        "source",
        nargs="*",
        metavar="SOURCE",
        help="what was imported, as 'import' takes it: each segment is compared with its digest; of several "
        "checkpoints it belongs to the one whose source had the same name",
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="fix a damaged log first, and keep what is provable: what may have been sent is unconfirmed then",
    )
    parser.add_argument(
        "--against-server",
        action="store_true",
        help="read labels back from the server, and compare them with what was delivered, or with a backup; by token "
        "the server then writes the empty rows that a media is missing",
    )
    parser.add_argument(
        "--sample", type=int, metavar="N", help="with --against-server: look at so many media (default: all)"
    )
    add_settings(parser, {"server"}, {"server_moved", "max_reads"})


def run(arguments: argparse.Namespace) -> int:
    """Print what is proven and what is not, of each checkpoint in the folder, or of a backup.

    Returns:
        0 where the source may be deleted: it was read to its end, and all of it is delivered. Else 7 where something is
        not as it must be, 10 where only the server is not, 5 with entries in doubt, 9 with entries that are left to
        send, 1 with rejected ones.
    """
    from bulk_importer.checkpoint.places import MIGRATION, checkpoints_in

    if is_plan(arguments.checkpoint):
        return _of_plan(arguments)
    arguments.checkpoint = Path(arguments.checkpoint)
    if arguments.checkpoint.is_file():
        return verify_backup(arguments)
    folders = checkpoints_in(arguments.checkpoint) or [arguments.checkpoint]
    sources = _sources(folders, arguments.source)
    if arguments.against_server and any((folder / MIGRATION).exists() for folder in folders):
        raise UsageError(
            "This is the checkpoint of a migration: the same migrate command again reads back what arrived, and "
            "compares it."
        )
    is_there = arguments.checkpoint.exists()  # otherwise that is what there is to say
    if is_there and arguments.against_server and len(sources) < len(folders):
        raise UsageError(
            "--against-server needs SOURCE: what was delivered is read from it again."
            + (" Give that of each checkpoint." if len(folders) > 1 else "")
        )
    found = []
    for folder in folders:
        source = sources.get(folder)
        opening = None if source is None else partial(opened_again, source, folder)
        facts = _proven(folder, opening, arguments)
        found.append(facts)
        if "message" in facts:
            messages.complain(facts["message"])
        elif not arguments.json:
            for line in _lines(facts):
                output.print_report(line)
    code = most_important(ExitCode(facts["exit_code"]) for facts in found)
    if arguments.json:
        output.print_json(
            combined(found, {"proven": all(facts["proven"] for facts in found), "exit_code": code})
        )
    return code


def _of_plan(arguments: argparse.Namespace) -> int:
    """Prove each shard of a plan that was begun, and that all of them are the whole."""
    from bulk_importer.cli.fleet.together.proof import ProofOfAll

    if arguments.repair or len(arguments.source) > 1:
        raise UsageError(
            "A plan has one SOURCE, and --repair is for the checkpoint of one shard that nobody works on, in PLAN/work."
        )
    source = next(iter(arguments.source), None)
    if arguments.against_server and source is None:
        raise UsageError("--against-server needs SOURCE: what was delivered is read from it again.")
    whole = ProofOfAll(arguments.checkpoint)
    for index, folder in whole.folders():
        opening = None if source is None else whole.opening(index, source)
        whole.add(index, _proven(folder, opening, arguments))
    code = whole.exit_code
    output.print_outcome(whole.facts(), whole.lines(), as_json=arguments.json)
    return code


def _sources(folders: list[Path], given: list[str]) -> dict[Path, str]:
    """Which source belongs to which checkpoint.

    Raises:
        UsageError: it cannot be told, or belongs to none.
    """
    if len(folders) == 1 and len(given) <= 1:
        return dict(zip(folders, given, strict=False))
    sources: dict[Path, str] = {}
    for source in given:
        fitting = [folder for folder in folders if _source_name(folder) == _name(readable(source))]
        if len(fitting) != 1 or fitting[0] in sources:
            listed = ", ".join(f"{folder} ({_source_name(folder) or 'unknown'})" for folder in folders)
            raise UsageError(
                f"It cannot be told by its name to which checkpoint {source} belongs: {listed}. Verify that checkpoint "
                "alone."
            )
        sources[fitting[0]] = source
    return sources


def _source_name(folder: Path) -> str:
    """The name of what a checkpoint was begun with; nothing where it cannot be read, which is said later."""
    from bulk_importer.checkpoint import read_state

    try:
        return _name(read_state(folder)[0].source)
    except CheckpointError:
        return ""


def _name(source: str) -> str:
    from urllib.parse import urlsplit

    return Path(urlsplit(source).path if "://" in source else source).name


def _proven(folder: Path, opening: Opening | None, arguments: argparse.Namespace) -> dict[str, Any]:
    """What is proven of one checkpoint; where nothing is, a `message` says why.

    Args:
        opening: of what was imported, where that is to be compared.
    """
    from bulk_importer.checkpoint import verify
    from bulk_importer.checkpoint.retry_claims import claim_of_retries, retries_in_doubt
    from bulk_importer.pipeline.resume.recorded_source import claim_of_place

    try:
        if arguments.repair:
            _repair(folder)
        proof = verify(folder)
        retries, doubted = claim_of_retries(folder, proof.state), retries_in_doubt(folder)
        claims = [*proof.claims, *([] if retries is None else [retries])]
        if opening is not None:
            with progress_display() as observer:
                claims.append(asyncio.run(compared_with_source(opening, proof.state, observer)))
                if arguments.against_server and all(claim.holds for claim in claims):
                    claims.append(
                        asyncio.run(compared_with_server(arguments, folder, opening, proof, observer))
                    )
        elif (unread := claim_of_place(folder, proof.state)) is not None:
            claims.append(unread)
    except BulkImporterError as error:
        return {
            "checkpoint": str(folder),
            "proven": False,
            "exit_code": error.exit_code,
            "message": str(error),
        }
    is_compared = arguments.sample is None and any(claim.name == _SERVER for claim in claims)
    code = _exit_code(proof, claims, is_compared=is_compared)
    if doubted:
        code = most_important([code, ExitCode.IN_DOUBT])
    return _facts(folder, proof, claims, code, doubted)


def _repair(folder: Path) -> None:
    import secrets
    import time

    from bulk_importer.checkpoint import repair_log

    salvaged = repair_log(folder, secrets.token_hex(8), time.time())
    if salvaged is None:
        messages.say("The log is not damaged; nothing was changed.")
        return
    messages.say(
        f"The log was repaired: {counted(salvaged.corrected, 'flipped bit', 'was')} turned back, "
        f"{counted(salvaged.lost, 'record', 'is')} lost, and {counted(salvaged.doubted, 'entry', 'is')} unconfirmed "
        "because of that. The damaged log is kept as log.damaged."
    )


def _exit_code(proof: Proof, claims: list[Claim], *, is_compared: bool) -> ExitCode:
    from bulk_importer.pipeline.resume.advice import lasting_codes
    from bulk_importer.pipeline.summarizing import standing_codes

    codes = [
        ExitCode.DIFFERS if claim.name == _SERVER else ExitCode.CHECKPOINT
        for claim in claims
        if not claim.holds
    ]
    codes += [ExitCode.INPUT] if proof.state.broken is not None else []
    if not is_compared:  # what the server holds now is known better than what it held then
        codes += lasting_codes(proof.state, about_delivered=True)
    return most_important([*codes, *standing_codes(proof.state)])


def _facts(
    folder: Path, proof: Proof, claims: list[Claim], code: ExitCode, doubted: Mapping[Path, int]
) -> dict[str, Any]:
    from bulk_importer.pipeline.notes import PROJECT_NAME
    from bulk_importer.pipeline.resume.advice import advice

    counts = proof.counts
    return {
        "checkpoint": str(folder),
        "proven": all(claim.holds for claim in claims),
        "exit_code": code,
        "source": proof.header.source,
        "server": proof.header.server,
        "project": proof.header.project,
        "project_name": str(proof.state.notes.get(PROJECT_NAME, "")),
        "entries": counts.entries,
        "delivered": counts.delivered,
        "rejected": counts.rejected,
        "skipped": counts.skipped,
        "in_doubt": counts.in_doubt,
        "in_doubt_in_retries": sum(doubted.values()),
        "owed": counts.owed,
        "is_read_to_the_end": proof.state.end is not None,
        "advice": advice(folder, proof.header, proof.state, doubted),
        "claims": [{"claim": claim.name, "holds": claim.holds, "text": claim.text} for claim in claims],
    }


def _lines(facts: dict[str, Any]) -> list[str]:
    from bulk_importer.observe import route_text
    from bulk_importer.pipeline.resume.recorded_source import PLACE

    lines = [route_text(facts)]
    lines += [f"  {'proven' if each['holds'] else 'WRONG':7}  {each['text']}" for each in facts["claims"]]
    if not facts["proven"]:
        wrong = {each["claim"] for each in facts["claims"] if not each["holds"]}
        lines.append(
            "  The server does not hold what was delivered: somebody changed it since, or it lost it."
            if wrong == {_SERVER}
            else "  The source is not what was imported. Keep it, and the checkpoint, until that is sorted out."
            if wrong <= {_SERVER, _SOURCE, PLACE}
            else "  The checkpoint does not hold what it must. Do not delete it; restore it from a copy."
        )
    elif facts["in_doubt"] or facts["owed"] or not facts["is_read_to_the_end"]:
        lines.append(f"  Not finished; keep the source. {facts['advice']}")
    else:
        lines.append("  Every entry is accounted for, once.")
        if facts["advice"]:
            lines.append(f"  {facts['advice']}")
        if facts["rejected"]:
            lines.append("  Keep the source until what is rejected was fed again, or is given up.")
    return lines
