"""What a file server does in the middle of an import is said with the way on, and that way leads to the end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from support.commands import Command
from support.entries import noted

ENTRIES = 400


class FileServer:
    """A server of one file, which is signed, breaks off, or denies what it has; changed by the test between runs."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.etag: str | None = '"one"'
        self.ranges = True
        self.signature = ""
        # From this byte on nothing is given: the connection breaks, and what is asked for then is refused with
        # `refusal` (status and page).
        self.wall: int | None = None
        self.refusal: tuple[int, str] | None = None

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Give the file, or what is asked for of it, up to the wall."""
        _, _, signature = request.path.partition("X-Amz-Signature=")
        asked = request.headers.get("Range", "").removeprefix("bytes=")
        start = int(asked.partition("-")[0]) if asked and self.ranges else 0
        is_over = signature != self.signature or (self.wall is not None and start >= self.wall)
        if is_over and self.refusal is not None:
            status, page = self.refusal
            request.send_response(status)
            self._finish(request, page.encode())
            return
        stop = int(asked.partition("-")[2] or len(self.content) - 1) + 1 if asked and self.ranges else None
        part = self.content[start:stop]
        request.send_response(206 if asked and self.ranges else 200)
        if self.etag:
            request.send_header("ETag", self.etag)
        if asked and self.ranges:
            request.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(self.content)}")
        self._finish(request, part, len(part) if self.wall is None else max(0, self.wall - start))

    @staticmethod
    def _finish(request: BaseHTTPRequestHandler, body: bytes, given: int | None = None) -> None:
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[:given])
        request.close_connection = True


@contextmanager
def serving(files: FileServer) -> Iterator[str]:
    """Run it; the URL of the file."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            files.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives it
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/labels.json"
        server.shutdown()
        thread.join()


@pytest.fixture
def target(sandbox_process: Callable[..., Any]) -> Any:
    """A sandbox with a project `p`, and an array of entries for its media, of some hundred kilobytes."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.project = sandbox.prepare(name="p", media=ENTRIES)
    sandbox.arguments = ["--server", sandbox.url, "--project", "p", "--segment-bytes", "4000"]
    entries = [noted(media_id, number) for number, media_id in enumerate(sandbox.project["media_ids"])]
    sandbox.content = json.dumps(entries, indent=12).encode()
    return sandbox


def points(target: Any) -> set[int]:
    """How many points the media of the project hold."""
    held = target.labels(target.project["id"])
    return {sum(1 for value in values if value["k"] == "poi") for values in held.values()}


RUN_OUT = (403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")


def test_a_fresh_url_goes_on_where_the_signature_of_the_old_one_ran_out(
    command: Command, target: Any
) -> None:
    """In the same checkpoint, which knows the object by what the server calls it."""
    files = FileServer(target.content)
    files.refusal, files.signature, files.wall = RUN_OUT, "old", 150_000
    with serving(files) as url:
        arguments = ["--checkpoint", "c", *target.arguments]
        done = command("import", f"{url}?X-Amz-Signature=old", *arguments)
        assert done.returncode == 3
        assert "the signature in its URL has run out (the server answers 403 Forbidden)" in done.stdout
        assert "A fresh URL with the same --checkpoint resumes from there." in done.stdout
        assert "The same command again" not in done.stdout
        assert "Signature=" not in done.stdout + done.stderr
        files.signature, files.wall = "new", None
        again = command("import", f"{url}?X-Amz-Signature=old", *arguments)
        assert (again.returncode, "has run out" in again.stderr) == (3, True)
        summary = command.summary(f"{url}?X-Amz-Signature=new", *arguments)
    assert (summary["state"], summary["delivered"]) == ("complete", ENTRIES)
    assert 0 < summary["this_run"]["delivered"] < ENTRIES
    assert points(target) == {1}


@pytest.mark.parametrize(
    ("fault", "said"),
    [("no ranges", "can neither continue nor prove"), ("denial", "the server denies that there is a byte")],
)
def test_what_a_server_does_not_give_is_downloaded_and_imported_as_advised(
    command: Command, target: Any, fault: str, said: str
) -> None:
    """As a file, in the same checkpoint; its segments are held against what was read of the other."""
    files = FileServer(target.content)
    files.wall = 150_000
    if fault == "denial":
        files.refusal = (416, "[]")
    else:
        files.ranges, files.etag = False, None
    arguments = ["--checkpoint", "c", *target.arguments]
    with serving(files) as url:
        done = command("import", url, *arguments)
    assert done.returncode == 3
    assert said in done.stdout
    assert "Download it, and import the file with the same --checkpoint." in done.stdout
    (command.folder / "l.json").write_bytes(target.content.replace(b'"n3"', b'"n?"'))
    assert command("import", "l.json", *arguments).returncode == 7
    (command.folder / "l.json").write_bytes(target.content)
    summary = command.summary("l.json", *arguments)
    assert (summary["state"], summary["delivered"]) == ("complete", ENTRIES)
    assert 0 < summary["this_run"]["delivered"] < ENTRIES
    assert points(target) == {1}


def test_a_source_that_was_put_there_anew_while_it_was_read_goes_on_at_rest(
    command: Command, target: Any
) -> None:
    """Where it only grew; what else changed is refused by what was read last."""
    files = FileServer(target.content)
    files.wall = 150_000
    with serving(files) as url:
        arguments = [url, "--checkpoint", "c", *target.arguments]
        files.refusal = (416, "")
        assert command("import", *arguments).returncode == 3
        files.wall, files.etag = None, '"two"'
        files.content = target.content.replace(b'"n1"', b'"number 1"')
        shifted = command("import", *arguments)
        assert (shifted.returncode, "does not hold what it held" in shifted.stdout) == (7, True)
        files.content, files.etag = target.content + b"\n", '"three"'
        summary = command.summary(*arguments)
    assert (summary["state"], summary["delivered"]) == ("complete", ENTRIES)
    assert points(target) == {1}
