"""`bulk-importer import` reads packed and remote sources, JSON Lines and arrays below a key, and goes on with them."""

from __future__ import annotations

import functools
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.commands import Command
from support.entries import entry


class _Silent(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives it
        """Nothing."""


@pytest.fixture
def web(command: Command) -> Iterator[str]:
    """A web server over the folder of the command; it knows no ranges."""
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Silent, directory=str(command.folder))
    ) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        serving.join()


@pytest.fixture
def target(sandbox_process: Callable[..., Any]) -> Any:
    """A sandbox with a project `p` of twenty media, and an entry for each."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.project = sandbox.prepare(name="p", media=20)
    sandbox.arguments = ["--server", sandbox.url, "--project", "p"]
    sandbox.entries = [
        entry(media_id, number) for number, media_id in enumerate(sandbox.project["media_ids"])
    ]
    return sandbox


def write(path: Path, content: str) -> None:
    """Pack it where the name says so."""
    raw = content.encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


@pytest.mark.parametrize("name", ["l.json", "l.json.gz"])
@pytest.mark.parametrize("remote", [False, True], ids=["file", "url"])
def test_an_import_in_two_parts_delivers_each_entry_once(
    command: Command, target: Any, web: str, name: str, remote: bool
) -> None:
    """Below a key, packed or not, here or there."""
    write(command.folder / name, json.dumps({"version": 1, "entries": target.entries}))
    source = [f"{web}/{name}", "--checkpoint", "c"] if remote else [name]
    arguments = [*source, "--path", "entries.item", "--segment-bytes", "500", *target.arguments]
    first = command.summary(*arguments, "--limit", "7")
    assert (first["delivered"], first["exit_code"]) == (7, 9)
    second = command.summary(*arguments)
    assert (second["state"], second["delivered"], second["this_run"]["delivered"]) == ("complete", 20, 13)
    assert set(target.commits().values()) == {1}
    third = command.summary(*arguments)
    assert third["this_run"]["requests"] == 0


def test_a_packed_file_that_holds_something_else_now_is_refused(command: Command, target: Any) -> None:
    """Its identity is that of the packed bytes."""
    write(command.folder / "l.json.gz", json.dumps(target.entries))
    command.summary("l.json.gz", *target.arguments, "--limit", "7")
    write(command.folder / "l.json.gz", json.dumps(target.entries[1:]))
    done = command("import", "l.json.gz", *target.arguments)
    assert done.returncode == 7
    assert "not the one" in done.stderr


def test_another_path_is_another_import(command: Command, target: Any) -> None:
    """Positions would mean something else."""
    write(command.folder / "l.json", json.dumps({"a": target.entries, "b": []}))
    command.summary("l.json", *target.arguments, "--path", "a.item", "--limit", "7")
    done = command("import", "l.json", *target.arguments, "--path", "b.item")
    assert done.returncode == 7
    assert "path was 'a.item'" in done.stderr


def test_json_lines_can_be_said_and_are_found(command: Command, target: Any) -> None:
    """By `--lines` or by looking."""
    write(command.folder / "l", "\n".join(map(json.dumps, target.entries)))
    assert command.summary("l", *target.arguments)["delivered"] == 20
    done = command("import", "l", *target.arguments, "--lines", "array", "--checkpoint", "other")
    assert done.returncode == 3
    assert "not a JSON array" in done.stderr


def test_check_reads_what_import_reads(command: Command, target: Any) -> None:
    """With the same flags."""
    write(command.folder / "l.json.gz", json.dumps({"entries": target.entries}))
    arguments = ("--path", "entries.item", "--label-config", "none", "--no-check-media")
    done = command("check", "l.json.gz", *arguments, "--json")
    assert (done.returncode, json.loads(done.stdout)["accepted"]) == (0, 20), done.stderr


@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "indented"])
@pytest.mark.parametrize("ended", ["", "\n"])
def test_a_wrapped_document_names_its_path_and_following_that_imports_it(
    command: Command, target: Any, indent: int | None, ended: str
) -> None:
    """In the same checkpoint, in which nothing is on record yet."""
    write(command.folder / "l.json", json.dumps({"data": target.entries}, indent=indent) + ended)
    done = command("import", "l.json", *target.arguments)
    assert done.returncode == 3
    assert "Say --path data.item." in done.stderr
    arguments = ["l.json", *target.arguments, "--path", "data.item"]
    summary = command.summary(*arguments)
    assert (summary["state"], summary["delivered"], summary["entries"]) == ("complete", 20, 20)
    assert command("verify", "l.json.checkpoint", "l.json").returncode == 0
    assert command.summary(*arguments)["this_run"]["requests"] == 0


def test_what_is_no_json_is_named_by_check_and_import(command: Command, target: Any) -> None:
    """And mended under its name, the same command goes on."""
    (command.folder / "l.json").write_bytes(gzip.compress(gzip.compress(json.dumps(target.entries).encode())))
    checked = command("check", "l.json", "--label-config", "none", "--no-check-media")
    assert (checked.returncode, "gzip data inside of packed data" in checked.stdout) == (3, True)
    done = command("import", "l.json", *target.arguments)
    assert (done.returncode, "gzip data inside of packed data" in done.stderr) == (3, True)
    write(command.folder / "l.json", json.dumps(target.entries))
    assert command.summary("l.json", *target.arguments)["delivered"] == 20
