"""`bulk-importer demo`: the whole way on a sandbox, with an interruption, in under a minute."""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import shutil
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bulk_importer.cli import messages, output
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.page_flags import add_page_flags, page_settings
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.files.small_files import reason_of
from bulk_importer.levels import Level
from bulk_importer.readable import counted
from bulk_importer.settings import CONFIG_VARIABLE, VARIABLE_PREFIX, Settings

if TYPE_CHECKING:
    from bulk_importer.sandbox import Prepared, Sandbox

__all__ = ["configure", "run"]

_MARK = ".bulk-importer-demo"
_PROJECT = "demo"
_DATABASE = "sandbox.sqlite"
# The checkpoint is bound to the address of the sandbox. These are below the range from which systems give out ports by
# themselves (from 32768 or 49152 on), so that nothing else gets the port meanwhile by chance.
_PORTS = range(8730, 8740)
# Measured: 1.4 kB an entry in all files together; and what the database writes ahead.
_ENTRY_BYTES = 2000
_FIXED_BYTES = 16 << 20
_ELSEWHERE = "Make room, or name another --folder."


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `demo`."""
    parser.add_argument(
        "--entries", type=int, default=20_000, metavar="N", help="how many (default: %(default)s)"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("bulk-importer-demo"),
        help="where its files go; what an earlier demo left there is removed (default: %(default)s)",
    )
    add_page_flags(
        parser,
        "show it in a browser, too; on a terminal it waits until the page is open, and in the end until Enter",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; 0 when everything came out as it should."""
    if arguments.entries < 100:
        raise UsageError("--entries: with fewer than 100 there is nothing to see.")
    page = page_settings(arguments)
    folder = _fresh(arguments.folder)
    _require_room(folder, arguments.entries)
    try:
        return asyncio.run(_demonstrate(folder, arguments.entries, page, as_json=arguments.json))
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


def _require_room(folder: Path, entries: int) -> None:
    """Raise `UsageError` where the disk is too small: a server whose disk is full is one that never comes back."""
    needed, free = entries * _ENTRY_BYTES + _FIXED_BYTES, shutil.disk_usage(folder).free
    if free < needed:
        raise UsageError(
            f"{folder}: the demo takes up to {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free. {_ELSEWHERE}"
        )


async def _demonstrate(folder: Path, entries: int, page: Settings | None, *, as_json: bool) -> int:
    """The demo, and beside it its page where one is asked for."""
    if page is None:
        return await _both_imports(folder, entries, as_json=as_json)
    from bulk_importer.cli.practice.demo_page import beside_a_page

    async with beside_a_page(folder / "labels.json.checkpoint", page):
        return await _both_imports(folder, entries, as_json=as_json)


async def _both_imports(folder: Path, entries: int, *, as_json: bool) -> int:
    import sqlite3

    from bulk_importer.cli.practice.demo_corpus import BROKEN, write_corpus

    began = time.monotonic()
    labels = folder / "labels.json"
    async with AsyncExitStack() as opened:
        try:
            sandbox = await _opened_sandbox(opened, folder / _DATABASE)
            project = await sandbox.prepare(name=_PROJECT, media=entries)
            broken = write_corpus(labels, project.media_ids)
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"{folder} cannot be written: {reason_of(error)}. {_ELSEWHERE}") from error
        size = labels.stat().st_size
        messages.say(f"A sandbox is at {sandbox.url}, with a project of {entries:,} media.")
        messages.say(
            f"{labels} holds a label entry for each of them, {size / 1e6:.1f} MB; {broken} are broken:"
        )
        for way in BROKEN:
            messages.say(f"  - {way}")
        command = ["import", str(labels), "--server", sandbox.url, "--project", _PROJECT]
        shown = f"{_program()} {shlex.join(command)}"
        messages.say(f"\n$ {shown}     (and Ctrl-C half-way)")
        first = await _import(sandbox, command, interrupt_at=entries // 2, as_json=as_json)
        if first == ExitCode.CHECKPOINT:
            raise UsageError(f"The import could not write its checkpoint in {folder}. {_ELSEWHERE}")
        if first == ExitCode.REJECTIONS:
            messages.say(
                "(It had come to its end before the Ctrl-C came. With more --entries there is time for it.)"
            )
        messages.say(f"\n$ {shown}     (the same command again)")
        second = await _import(sandbox, command, interrupt_at=None, as_json=as_json)
        wrong = await _unexpected(sandbox, project, labels, broken, (first, second))
    seconds = time.monotonic() - began
    if as_json:
        facts = {"entries": entries, "rejected": broken, "seconds": round(seconds, 3), "wrong": wrong}
        output.print_json(facts)
    if wrong:
        messages.say("\nThe demo did not come out as it should:", Level.ERROR)
        for each in wrong:
            messages.say(f"  - {each}", Level.ERROR)
        return ExitCode.UNFORESEEN
    if not as_json:
        output.print_report(_outcome(folder, entries, broken, seconds) + _next_steps(folder, sandbox.url))
    return ExitCode.DELIVERED


async def _opened_sandbox(opened: AsyncExitStack, database: Path) -> Sandbox:
    """A sandbox at an address that will be free again when somebody goes on with what the demo leaves."""
    from bulk_importer.sandbox import Sandbox, SandboxConfig

    for port in _PORTS:
        try:
            return await opened.enter_async_context(
                Sandbox(SandboxConfig(port=port, database=database, seed=7))
            )
        except UsageError:
            continue  # it is taken, or the database is of no use, which is said below
    return await opened.enter_async_context(Sandbox(SandboxConfig(database=database, seed=7)))


async def _import(sandbox: Sandbox, command: list[str], *, interrupt_at: int | None, as_json: bool) -> int:
    """Run the real command in a process of its own; returns its exit code. What is set for real imports is left out."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(VARIABLE_PREFIX)}
    environment[CONFIG_VARIABLE] = "none"
    options = output_options()
    flags = ["--log-level", options.level.word, "--log-format", "json" if options.is_json else "text"]
    flags += ["--color", options.color]
    # What they are asked for goes where ours goes, unless that is one object or a file.
    is_ours = options.output is not None or as_json
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bulk_importer",
        *command,
        *flags,
        stdout=asyncio.subprocess.DEVNULL if is_ours else None,
        env=environment,
    )
    try:
        if interrupt_at is not None:
            await _interrupt_when(sandbox, process, interrupt_at)
        code = await process.wait()
        # A signal that comes when all is done, and nothing heeds it any more, is told as a shell tells it.
        return 128 - code if code < 0 else code
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
    # A run whose last request was on its way when it was interrupted has come to its end.
    if codes[0] not in (ExitCode.INTERRUPTED, ExitCode.REJECTIONS) or codes[1] != ExitCode.REJECTIONS:
        wrong.append(f"the two runs ended with the codes {codes[0]} and {codes[1]} instead of 130 and 1")
    summary: dict[str, Any] = orjson.loads(
        (labels.parent / "labels.json.checkpoint" / "summary.json").read_bytes()
    )
    expected = {"delivered": len(project.media_ids) - broken, "rejected": broken, "owed": 0, "in_doubt": 0}
    wrong += [
        f"{counted(summary[key], 'entry', 'is')} {key}, and should be {count:,}"
        for key, count in expected.items()
        if summary[key] != count
    ]
    held = sum(1 for values in (await sandbox.labels(project.id)).values() if values)
    if held != expected["delivered"]:
        wrong.append(f"{held:,} media hold labels in the sandbox, and {expected['delivered']:,} should")
    twice = sum(1 for count in sandbox.commits.values() if count > 1)
    if twice:
        wrong.append(f"{counted(twice, 'request', 'was')} executed twice")
    return wrong


def _outcome(folder: Path, entries: int, broken: int, seconds: float) -> str:
    report = folder / "labels.json.checkpoint" / "report.html"
    return f"""
All came out as it should, in {seconds:.0f} s: {entries - broken:,} of {entries:,} entries are in the sandbox, each
once; {broken} were rejected, and each cost nothing but itself.

Its report is a page, with a picture of each rejected entry. A browser shows it:
file://{quote(str(report.absolute()))}
"""


def _next_steps(folder: Path, url: str) -> str:
    """What to type next; each line that begins with two blanks can be, as it stands."""
    program = _program()
    labels, checkpoint, rejected, corrected, database = (
        shlex.quote(str(folder / name))
        for name in (
            "labels.json",
            "labels.json.checkpoint",
            "labels.json.checkpoint/rejected.jsonl",
            "corrected.jsonl",
            _DATABASE,
        )
    )
    server = f"--server {url} --project {_PROJECT}"
    return f"""
To see what it left behind:
  {program} status {checkpoint}
  {program} verify {checkpoint} {labels}
  {program} explain option-unknown

The sandbox has stopped. This starts it again with all that it holds; leave it running:
  {program} sandbox --port {url.rpartition(":")[2]} --database {database}

Then, in another terminal: find all that is broken, fix it in a copy of what was rejected, and feed that again:
  {program} check {labels} {server}
  cp {rejected} {corrected}
  {program} retry {checkpoint} {corrected}

With labels and a server of your own:
  {program} import LABELS.json --server https://YOUR.DATAGYM --project YOUR_PROJECT"""


def _program() -> str:
    """What a person types here to run this program."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m bulk_importer"
    found = shutil.which(called.name)
    return called.name if found and Path(found).resolve() == called.resolve() else shlex.quote(sys.argv[0])
