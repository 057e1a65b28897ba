"""`bulk-importer sandbox`: runs a DataGym server to practise on until it is stopped."""

from __future__ import annotations

import argparse
import json
import math
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bulk_importer.cli import messages, output
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.files.durable import replace_file
from bulk_importer.files.small_files import reason_unwritten, text_of

if TYPE_CHECKING:
    from bulk_importer.sandbox import Prepared, Sandbox, SandboxConfig
    from bulk_importer.sandbox.routes.inspection import ProjectHeld

__all__ = ["configure", "run"]

_F = TypeVar("_F")
_R = TypeVar("_R")

_LARGEST_CONFIG_BYTES = 64 << 20
_MOST_SHOWN = 5
_MEDIA = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Give the parser the arguments of the command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8080, help="port, 0 for a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--database", metavar="FILE", type=Path, help="keep everything in FILE (default: in memory)"
    )
    parser.add_argument(
        "--faults",
        metavar="FILE.toml",
        type=Path,
        help="let happen what this script says; 'bulk-importer help faults' shows how one is written",
    )
    parser.add_argument(
        "--cost-model",
        metavar="FILE.toml|measured",
        help="take as long as this model says; 'measured' is the one that was fitted to a real server; 'bulk-importer "
        "help cost-model' shows how one is written",
    )
    parser.add_argument(
        "--time-scale",
        type=float,
        default=1.0,
        metavar="X",
        help="let X seconds pass in one, for costs and faults",
    )
    parser.add_argument(
        "--flavour",
        choices=("open", "cloud", "open-core"),
        help="which routes answer to whom; a hosted server's, a public image's, or all (default: open, with a "
        "token cloud)",
    )
    parser.add_argument(
        "--token", action="append", default=[], metavar="T", help="accept this token; repeatable"
    )
    parser.add_argument("--seed", type=int, help="make all ids reproducible")
    parser.add_argument(
        "--label-quota",
        type=int,
        metavar="N",
        help="let N tasks be completed or skipped, and answer 402 after that (default: no quota)",
    )
    prepared = parser.add_argument_group("a project to begin with")
    prepared.add_argument("--project", metavar="NAME", help="create a project of this name")
    prepared.add_argument("--media", type=int, metavar="N", help=f"with so many media (default: {_MEDIA})")
    prepared.add_argument(
        "--label-config",
        metavar="FILE.json",
        type=Path,
        help="and this label configuration (default: built in)",
    )
    parser.add_argument(
        "--ready-file", metavar="FILE", type=Path, help="write the line of --json to FILE when it is ready"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal comes. Raises `UsageError` for what cannot be meant."""
    import asyncio

    config = _config(arguments)
    roots = _label_config(arguments.label_config)
    try:
        asyncio.run(_serve(arguments, config, roots))
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return ExitCode.DELIVERED


def _config(arguments: argparse.Namespace) -> SandboxConfig:
    from bulk_importer.sandbox import FaultScript, SandboxConfig, read_cost_model

    if not 0 < arguments.time_scale < math.inf:
        raise UsageError("--time-scale must be above 0: it is how many seconds pass in one.")
    if arguments.media is not None and arguments.media < 0:
        raise UsageError("--media is a number of media, 0 or more.")
    for flag, given in (("--media", arguments.media), ("--label-config", arguments.label_config)):
        if given is not None and not arguments.project:
            raise UsageError(f"{flag} has no effect without --project NAME. Leave it out, or name a project.")
    if arguments.label_quota is not None and arguments.label_quota < 0:
        raise UsageError("--label-quota is a number of tasks, 0 or more.")
    return SandboxConfig(
        host=arguments.host,
        port=arguments.port,
        database=arguments.database,
        seed=arguments.seed,
        flavour=arguments.flavour or ("cloud" if arguments.token else "open"),
        tokens=tuple(arguments.token),
        faults=_explained(FaultScript.read, arguments.faults, "faults"),
        cost_model=_explained(read_cost_model, arguments.cost_model, "cost-model"),
        time_scale=arguments.time_scale,
        label_quota=arguments.label_quota,
    )


def _explained(read: Callable[[_F], _R], file: _F | None, topic: str) -> _R | None:
    """What is read from a file; what is wrong with that leads to the page that shows how one is written."""
    if file is None:
        return None
    try:
        return read(file)
    except UsageError as error:
        raise UsageError(f"{error} See 'bulk-importer help {topic}'.") from error


def _label_config(path: Path | None) -> list[dict[str, Any]] | None:
    if path is None:
        return None
    try:
        roots = json.loads(text_of(path, "The label configuration", most_bytes=_LARGEST_CONFIG_BYTES))
    except ValueError as error:
        raise UsageError(f"The label configuration {path} cannot be read: {error}.") from error
    if isinstance(roots, dict):  # as the server shows it, not as it exports it
        roots = roots.get("entries")
    if not isinstance(roots, list) or not all(isinstance(root, dict) for root in roots):
        raise UsageError(f"The label configuration {path} is no array of classes. Export one from a project.")
    return [_new(root) for root in roots]


def _new(root: dict[str, Any]) -> dict[str, Any]:
    """A class without the id that it has elsewhere."""
    return {**root, "id": None, "children": [_new(child) for child in root.get("children") or []]}


async def _serve(
    arguments: argparse.Namespace, config: SandboxConfig, roots: list[dict[str, Any]] | None
) -> None:
    import asyncio

    from bulk_importer.cli.signals import hearing_signals
    from bulk_importer.sandbox import Sandbox

    stopped = asyncio.Event()
    with hearing_signals(lambda _: stopped.set()):
        async with Sandbox(config) as sandbox:
            project = await _project(sandbox, arguments, roots)
            _announce(arguments, sandbox.url, project, await sandbox.projects())
            await stopped.wait()
    if not arguments.json:
        messages.say("The sandbox has stopped.")


async def _project(
    sandbox: Sandbox, arguments: argparse.Namespace, roots: list[dict[str, Any]] | None
) -> Prepared | None:
    from bulk_importer.sandbox.refusals import Refused

    if not arguments.project:
        return None
    try:
        return await sandbox.find(arguments.project) or await sandbox.prepare(
            name=arguments.project,
            media=_MEDIA if arguments.media is None else arguments.media,
            label_config=roots,
        )
    except Refused as refused:
        raise UsageError(f"The project {arguments.project!r} cannot be created: {refused}.") from refused


def _announce(
    arguments: argparse.Namespace, url: str, project: Prepared | None, held: Sequence[ProjectHeld]
) -> None:
    ready: dict[str, object] = {"url": url}
    if project:
        ready |= {"project": project.id, "name": project.name, "media": len(project.media_ids)}
    line = json.dumps(ready)
    if arguments.ready_file:
        # Whoever waits for the file must not read half of it.
        try:
            replace_file(arguments.ready_file, f"{line}\n".encode())
        except OSError as error:
            raise UsageError(
                f"--ready-file {arguments.ready_file} cannot be written: {reason_unwritten(error)}."
            ) from error
    if arguments.json:
        output.print_line(line)
    else:
        output.print_report(_usage(arguments, url, project, held))


def _usage(
    arguments: argparse.Namespace, url: str, project: Prepared | None, held: Sequence[ProjectHeld]
) -> str:
    said = [f"A DataGym to rehearse on listens at {url}. Look at it in a browser; stop it with Ctrl-C."]
    said.append(
        f"Its labels are kept in {arguments.database}."
        if arguments.database
        else "It forgets all when it stops."
    )
    for each in held[-_MOST_SHOWN:]:
        labelled = f", {each.labelled:,} of them with labels" if each.labelled else ""
        said.append(f"Project {each.name!r} ({each.id}) has {each.media:,} media{labelled}.")
    if project:
        route = "api/v1/dataset/{}" if arguments.token else "api/dataset/{}/file"
        said.append(f"Their ids: {url}/{route.format(project.dataset_id)}")
    elif not held:
        said.append("It has no project yet; --project NAME --media N makes one.")
    if arguments.token:
        said.append("Put the token into the variable DATAGYM_TOKEN.")
    name = project.name if project else held[-1].name if held else "NAME"
    said.append(
        f"Import into it: bulk-importer import FILE.json --server {url} --project {shlex.quote(name)}"
    )
    return "\n".join(said)
