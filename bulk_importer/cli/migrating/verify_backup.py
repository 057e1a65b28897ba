"""What `bulk-importer verify` does with a backup: proves it whole, and compares it with the server."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli import output
from bulk_importer.cli.parsing.options import gather
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.readable import agreeing, counted

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.migration.proving import BackupProof, Comparison, MediaDifference

__all__ = ["verify_backup"]

_MOST_NAMED = 10


def verify_backup(arguments: argparse.Namespace) -> int:
    """Prove a backup; 0, or 10 where the server holds something else.

    Raises:
        UsageError: a flag that is for checkpoints, or another server is named.
        BackupUnusable: it is not whole, or not what was written.
        ServerError: with `--against-server`: the server cannot be asked.
    """
    import asyncio

    from bulk_importer.migration.proving import prove_backup

    path: Path = arguments.checkpoint
    for flag, given in (("SOURCE", arguments.source), ("--repair", arguments.repair)):
        if given:
            raise UsageError(f"{flag} has no effect on a backup. Leave it out.")
    with progress_display() as observer:
        proof = prove_backup(path, observer)
        found = asyncio.run(_compared(arguments, proof, observer)) if arguments.against_server else None
    code = ExitCode.DIFFERS if found is not None and found.differing else ExitCode.DELIVERED
    output.print_outcome(_facts(path, proof, found, code), _lines(path, proof, found), as_json=arguments.json)
    return code


async def _compared(arguments: argparse.Namespace, proof: BackupProof, observer: Observer) -> Comparison:
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.routes import server_url
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.migration.backup import BackupCaller
    from bulk_importer.migration.proving import compare_backup
    from bulk_importer.transfer.stop import StopSwitch

    settings = gather(arguments).settings
    if settings.server is not None and server_url(settings.server) != proof.header.server:
        raise UsageError(
            f"The backup was made of {proof.header.server}, and --server says {settings.server}. Leave --server out."
        )
    stop = StopSwitch()
    with stopping_on_signals(stop, kept="Nothing was changed"):
        caller = BackupCaller(Token.find(settings.token_file), stop, observer)
        return await compare_backup(arguments.checkpoint, settings, caller, sample=arguments.sample)


def _facts(path: Path, proof: BackupProof, found: Comparison | None, code: ExitCode) -> dict[str, Any]:
    from bulk_importer.migration.report import BackupSummary

    summary = BackupSummary.of(str(path), path.stat().st_size, proof.header, proof.trailer)
    facts: dict[str, Any] = {
        "backup": str(path),
        "proven": True,
        "exit_code": code,
        "server": summary.server,
        "project": summary.project,
        "project_name": summary.project_name,
        "media": summary.media,
        "entries": summary.entries,
        "labels": summary.labels,
        "digest": summary.digest,
    }
    if found is not None:
        facts |= {
            "compared": found.media,
            "differing": found.differing,
            "differences": [_difference(each) for each in found.named],
        }
    return facts


def _difference(each: MediaDifference) -> dict[str, Any]:
    labels = [
        {"pointer": pointer, "only_in_backup": gone, "only_on_server": new}
        for pointer, gone, new in each.labels
    ]
    return {"media_id": each.media_id, "name": each.name, "labels": labels, "why": each.why}


def _lines(path: Path, proof: BackupProof, found: Comparison | None) -> Iterator[str]:
    header, trailer = proof.header, proof.trailer
    yield f"{path}: project {header.name} ({header.project}) at {header.server}, {trailer.ended}"
    labels = counted(sum(trailer.values.values()), "label")
    yield f"  proven  it is whole: {labels} of {counted(trailer.labelled, 'media')}, as they were written"
    if found is None:
        return
    if not found.differing:
        yield f"  proven  {counted(found.media, 'media', 'holds')} on the server what is in it"
        return
    differing = f"{found.differing:,} of {counted(found.media, 'media')}"
    yield f"  DIFFERS {differing} {agreeing(found.differing, 'does')} not hold on the server what is in it"
    for each in found.named[:_MOST_NAMED]:
        yield f"          {each.media_id} {each.name or ''}: {each.why or ', '.join(_said(each))}"
    if found.differing > _MOST_NAMED:
        yield f"          and {found.differing - _MOST_NAMED:,} more; --json lists them"


def _said(each: MediaDifference) -> Iterator[str]:
    for pointer, gone, new in each.labels:
        counts = [f"{gone:,} only in the backup"] * bool(gone) + [f"{new:,} only on the server"] * bool(new)
        yield f"{pointer} ({', '.join(counts)})"
