"""`bulk-importer verify`: proves from the checkpoint alone that every entry is accounted for, once."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli import terminal
from bulk_importer.cli.options import add_settings, gather
from bulk_importer.cli.watching import watched
from bulk_importer.errors import CheckpointDamaged, CheckpointError, ExitCode, UsageError, most_important

if TYPE_CHECKING:
    from bulk_importer.checkpoint import CheckpointState, Claim, Proof
    from bulk_importer.events import Observer

__all__ = ["configure", "run"]

_PIECE_BYTES = 1 << 20


def configure(parser: argparse.ArgumentParser) -> None:
    """What `verify` takes."""
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="the checkpoint folder of a run")
    parser.add_argument(
        "source",
        nargs="?",
        metavar="SOURCE",
        help="what was imported, as 'import' takes it: each segment is held against its digest",
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="mend a damaged log first, and keep what is provable: what may have been sent comes into doubt",
    )
    parser.add_argument(
        "--against-server",
        action="store_true",
        help="read labels back from the server, and compare them with what was delivered; by token the server then "
        "writes the empty rows that a media is missing",
    )
    parser.add_argument(
        "--sample", type=int, metavar="N", help="with --against-server: look at so many media (default: all)"
    )
    add_settings(parser, {"server"})


def run(arguments: argparse.Namespace) -> int:
    """Print what is proven and what is not.

    Returns:
        7 where something is not as it must be; else 5 with entries in doubt, 1 with rejected ones, 0 without.
    """
    from bulk_importer.checkpoint import verify

    if arguments.against_server and arguments.source is None:
        raise UsageError("--against-server needs SOURCE: what was delivered is read from it again.")
    try:
        if arguments.repair:
            _repair(arguments.checkpoint)
        proof = verify(arguments.checkpoint)
    except CheckpointError as error:
        if arguments.json:
            _print_json({"proven": False, "exit_code": error.exit_code, "message": str(error)})
        if isinstance(error, CheckpointDamaged) and not arguments.repair:
            terminal.say(
                f"'bulk-importer verify {arguments.checkpoint} --repair' keeps what is provable of it."
            )
        raise
    claims = list(proof.claims)
    with watched() as observer:
        if arguments.source is not None:
            claims.append(asyncio.run(_hold_against(arguments.source, proof.state, observer)))
        if arguments.against_server and all(claim.holds for claim in claims):
            claims.append(asyncio.run(_compare(arguments, proof, observer)))
    code = _exit_code(proof, claims)
    facts = _facts(proof, claims, code)
    if arguments.json:
        _print_json(facts)
    else:
        for line in _lines(facts):
            terminal.report(line)
    return code


def _repair(folder: Path) -> None:
    import secrets
    import time

    from bulk_importer.checkpoint import repair_log

    salvaged = repair_log(folder, secrets.token_hex(8), time.time())
    if salvaged is None:
        terminal.say("The log is not damaged; nothing was changed.")
        return
    terminal.say(
        f"The log was repaired: {salvaged.corrected} flipped bits were turned back, {salvaged.lost} records are lost, "
        f"and {salvaged.doubted} entries are in doubt because of that. The damaged log is kept as log.damaged."
    )


async def _hold_against(source: str, state: CheckpointState, observer: Observer) -> Claim:
    from bulk_importer.checkpoint import SourceProof
    from bulk_importer.events import Advanced
    from bulk_importer.intake import open_source

    proof = SourceProof(state)
    opened = await open_source(source)
    work = f"reading {opened.name.rsplit('/', 1)[-1]}"
    try:
        stream = await opened.stream(0)
        try:
            read = 0
            while piece := await stream.read(_PIECE_BYTES):
                proof.feed(piece)
                read += len(piece)
                done = read if opened.plain else opened.taken or 0
                observer(Advanced(work=work, done=done, total=opened.size, unit="bytes"))
        finally:
            await stream.aclose()
    finally:
        await opened.aclose()
    return proof.finish()


async def _compare(arguments: argparse.Namespace, proof: Proof, observer: Observer) -> Claim:
    import random
    from dataclasses import replace

    from bulk_importer.datagym.access import Token
    from bulk_importer.datagym.catalog import Catalog
    from bulk_importer.datagym.client import Client
    from bulk_importer.datagym.label_reader import LabelReader
    from bulk_importer.intake import open_source
    from bulk_importer.pipeline.comparing import compare_with_server

    header = proof.header
    if header.settings.get("media_by", "id") != "id":
        raise UsageError("--against-server cannot compare an import that named media by file name.")
    settings = replace(gather(arguments).settings, server=header.server, project=header.project)
    async with Client.of(settings, Token.find(settings.token_file)) as client:
        patience = settings.read_timeout
        catalog = Catalog(client, max_seconds=patience, sleep=asyncio.sleep, chance=random.random)
        project = await catalog.find_project(header.project)
        reader = LabelReader(
            client, catalog, project, max_seconds=patience, sleep=asyncio.sleep, chance=random.random
        )
        opened = await open_source(arguments.source)
        try:
            return await compare_with_server(
                opened, proof.state, reader, sample=arguments.sample, emit=observer
            )
        finally:
            await opened.aclose()


def _exit_code(proof: Proof, claims: list[Claim]) -> ExitCode:
    codes = [ExitCode.CHECKPOINT for claim in claims if not claim.holds]
    codes += [ExitCode.IN_DOUBT] if proof.counts.in_doubt else []
    codes += [ExitCode.REJECTIONS] if proof.counts.rejected else []
    return most_important(codes)


def _facts(proof: Proof, claims: list[Claim], code: ExitCode) -> dict[str, Any]:
    counts = proof.counts
    return {
        "proven": all(claim.holds for claim in claims),
        "exit_code": code,
        "source": proof.header.source,
        "server": proof.header.server,
        "project": proof.header.project,
        "entries": counts.entries,
        "delivered": counts.delivered,
        "rejected": counts.rejected,
        "skipped": counts.skipped,
        "in_doubt": counts.in_doubt,
        "owed": counts.owed,
        "is_read_to_the_end": proof.state.end is not None,
        "claims": [{"claim": claim.name, "holds": claim.holds, "text": claim.text} for claim in claims],
    }


def _lines(facts: dict[str, Any]) -> list[str]:
    lines = [f"{facts['source']} -> project {facts['project']} at {facts['server']}"]
    lines += [f"  {'proven' if each['holds'] else 'WRONG':7}  {each['text']}" for each in facts["claims"]]
    if not facts["proven"]:
        wrong = {each["claim"] for each in facts["claims"] if not each["holds"]}
        lines.append(
            "  The server does not hold what was delivered: somebody changed it since, or it lost it."
            if wrong == {"server"}
            else "  The checkpoint does not hold what it must. Do not delete it; restore it from a copy."
        )
    elif facts["in_doubt"] or facts["owed"] or not facts["is_read_to_the_end"]:
        lines.append("  Not finished: the same import command goes on with it.")
    else:
        lines.append("  Every entry is accounted for, once.")
    return lines


def _print_json(facts: dict[str, Any]) -> None:
    import orjson

    terminal.out(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode())
