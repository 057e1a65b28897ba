"""`bulk-importer demo`: the whole way on a sandbox, with an interruption, in under a minute."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli import terminal
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.levels import Level
from bulk_importer.small_files import reason_of

if TYPE_CHECKING:
    from bulk_importer.sandbox import Prepared, Sandbox

__all__ = ["configure", "run"]

_MARK = ".bulk-importer-demo"
_PROJECT = "demo"


def configure(parser: argparse.ArgumentParser) -> None:
    """What `demo` takes."""
    parser.add_argument(
        "--entries", type=int, default=20_000, metavar="N", help="how many (default: %(default)s)"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("bulk-importer-demo"),
        help="where its files go; what an earlier demo left there is removed (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; 0 when everything came out as it should."""
    if arguments.entries < 100:
        raise UsageError("--entries: with fewer than 100 there is nothing to see.")
    folder = _fresh(arguments.folder)
    try:
        return asyncio.run(_demonstrate(folder, arguments.entries, as_json=arguments.json))
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _fresh(folder: Path) -> Path:
    if folder.exists():
        if not (folder / _MARK).exists():
            raise UsageError(f"{folder} exists and is not from a demo. Name another --folder.")
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True)
        (folder / _MARK).touch()
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}. Name another --folder.") from error
    return folder


async def _demonstrate(folder: Path, entries: int, *, as_json: bool) -> int:
    from bulk_importer.cli.demo_corpus import BROKEN, write_corpus
    from bulk_importer.sandbox import Sandbox, SandboxConfig

    began = time.monotonic()
    labels = folder / "labels.json"
    async with Sandbox(SandboxConfig(database=folder / "sandbox.sqlite", seed=7)) as sandbox:
        project = await sandbox.prepare(name=_PROJECT, media=entries)
        try:
            broken = write_corpus(labels, project.media_ids)
        except OSError as error:
            raise UsageError(
                f"{labels} cannot be written: {reason_of(error)}. Name another --folder."
            ) from error
        size = labels.stat().st_size
        terminal.say(f"A sandbox is at {sandbox.url}, with a project of {entries:,} media.")
        terminal.say(
            f"{labels} holds a label entry for each of them, {size / 1e6:.1f} MB; {broken} are broken:"
        )
        for way in BROKEN:
            terminal.say(f"  - {way}")
        command = ["import", str(labels), "--server", sandbox.url, "--project", _PROJECT]
        terminal.say(f"\n$ bulk-importer {' '.join(command)}     (and Ctrl-C half-way)")
        first = await _import(sandbox, command, interrupt_at=entries // 2, as_json=as_json)
        terminal.say(f"\n$ bulk-importer {' '.join(command)}     (the same command again)")
        second = await _import(sandbox, command, interrupt_at=None, as_json=as_json)
        wrong = await _unexpected(sandbox, project, labels, broken, (first, second))
    seconds = time.monotonic() - began
    if as_json:
        facts = {"entries": entries, "rejected": broken, "seconds": round(seconds, 3), "wrong": wrong}
        terminal.out(json.dumps(facts, indent=2))
    if wrong:
        terminal.say("\nThe demo did not come out as it should:", Level.ERROR)
        for each in wrong:
            terminal.say(f"  - {each}", Level.ERROR)
        return ExitCode.UNFORESEEN
    if not as_json:
        terminal.report(_closing_words(folder, entries, broken, seconds))
    return ExitCode.DELIVERED


async def _import(sandbox: Sandbox, command: list[str], *, interrupt_at: int | None, as_json: bool) -> int:
    """Run the real command in a process of its own; returns its exit code."""
    manner = terminal.manner()
    flags = ["--log-level", manner.level.word, "--log-format", "json" if manner.is_json else "text"]
    flags += ["--color", manner.color]
    # What they are asked for goes where ours goes, unless that is one object or a file.
    is_ours = manner.output is not None or as_json
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bulk_importer",
        *command,
        *flags,
        stdout=asyncio.subprocess.DEVNULL if is_ours else None,
    )
    try:
        if interrupt_at is not None:
            await _interrupt_when(sandbox, process, interrupt_at)
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _interrupt_when(sandbox: Sandbox, process: asyncio.subprocess.Process, uploaded: int) -> None:
    """Send what Ctrl-C sends when the sandbox holds labels of so many media."""
    while process.returncode is None and _uploaded(sandbox) < uploaded:  # noqa: ASYNC110 - a person would look, too
        await asyncio.sleep(0.02)
    if process.returncode is None:
        process.send_signal(signal.SIGINT)


def _uploaded(sandbox: Sandbox) -> int:
    return sum(len(seen.media_ids) for seen in sandbox.requests if seen.committed)


async def _unexpected(
    sandbox: Sandbox, project: Prepared, labels: Path, broken: int, codes: tuple[int, int]
) -> list[str]:
    """What did not come out as it should, in words; nothing where all did."""
    import orjson

    wrong = []
    if codes != (ExitCode.INTERRUPTED, ExitCode.REJECTIONS):
        wrong.append(f"the two runs ended with the codes {codes[0]} and {codes[1]} instead of 130 and 1")
    summary: dict[str, Any] = orjson.loads(
        (labels.parent / "labels.json.checkpoint" / "summary.json").read_bytes()
    )
    expected = {"delivered": len(project.media_ids) - broken, "rejected": broken, "owed": 0, "in_doubt": 0}
    wrong += [
        f"{summary[key]:,} entries are {key}, and should be {count:,}"
        for key, count in expected.items()
        if summary[key] != count
    ]
    held = sum(1 for values in (await sandbox.labels(project.id)).values() if values)
    if held != expected["delivered"]:
        wrong.append(f"{held:,} media hold labels in the sandbox, and {expected['delivered']:,} should")
    twice = sum(1 for count in sandbox.commits.values() if count > 1)
    if twice:
        wrong.append(f"{twice:,} requests were executed twice")
    return wrong


def _closing_words(folder: Path, entries: int, broken: int, seconds: float) -> str:
    checkpoint = folder / "labels.json.checkpoint"
    return f"""
All came out as it should, in {seconds:.0f} s: {entries - broken:,} of {entries:,} entries are in the sandbox, each
once; {broken} were rejected, and each cost nothing but itself.

  {folder / "labels.json"}
      what was imported
  {checkpoint / "rejected.jsonl"}
      what was rejected, and why
  {checkpoint / "summary.json"}
      the summary, for programs
  {checkpoint / "log"}
      the checkpoint, by which an interrupted import goes on

What to run next:
  bulk-importer check {folder / "labels.json"}
  bulk-importer explain option-unknown
  bulk-importer status {checkpoint}
  bulk-importer sandbox --database {folder / "sandbox.sqlite"}
  bulk-importer import LABELS.json --server https://YOUR.DATAGYM --project YOUR_PROJECT"""
