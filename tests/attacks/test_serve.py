"""Whatever is sent to `serve` by whoever has not opened its link is refused, says nothing, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.attacks.attacked import Attacked, read, that_got_through
from support.attacks.callers import from_others
from support.attacks.raw import request, said_to
from support.attacks.requests import that_are_odd
from support.attacks.scene import TOKEN
from support.commands import Command
from support.entries import entry
from support.serving.process import Serving

_MEDIA = 5
_TEN_GIGABYTES = 10 * 1000**3
_STRANGE = (
    "../../evil.json",
    "/etc/evil.json",
    "..\\evil.json",
    "a\r\nSet-Cookie: evil=1",
    "a\0b",
    "<script>evil</script>",
)


class Served:
    """A `serve` with an upload that waits for somebody to confirm it."""

    def __init__(self, command: Command, sandbox: Any) -> None:
        self.sandbox = sandbox
        self.project = sandbox.prepare(name="watched", media=_MEDIA)
        where = ("--server", sandbox.url, "--project", "watched", "--workers", "0", "--max-upload", "1GB")
        self.serving = Serving(command, *where)
        self.spool = command.folder / "bulk-importer-serve"
        self.path = self.upload("waits.json")
        self.serving.once(self.path, "Checked: waits for you")
        port = int(self.serving.authority.rpartition(":")[2])
        form = b"consent=yes&replaced=0"
        self.attacked = Attacked(
            port, self.serving.cookie, self.path, "/events", f"{self.path}/confirm", form
        )

    def folders(self) -> set[str]:
        """Those of uploads, whole ones."""
        return {each.name for each in self.spool.iterdir() if each.is_dir() and "." not in each.name}

    def upload(self, name: str) -> str:
        """Upload labels for all media, by a name; the path of the page."""
        entries = [entry(media_id) for media_id in self.project["media_ids"]]
        return self.serving.upload(json.dumps(entries).encode(), name)


@pytest.fixture
def served(sandbox_process: Callable[..., Any], tmp_path: Path) -> Iterator[Served]:
    """One that has a token for the server."""
    command = Command(tmp_path)
    command.environment["DATAGYM_TOKEN"] = TOKEN
    yield Served(command, sandbox_process("--seed", "1", "--token", TOKEN))
    for each in command.started:
        each.terminate()
        each.communicate(timeout=60)


def test_each_attack_is_refused_says_nothing_and_changes_nothing(served: Served) -> None:
    """What waited waits, and is imported when its owner says so."""
    at = served.attacked
    secrets = (at.cookie.partition("=")[2], TOKEN, served.sandbox.url, "waits.json", "bulk-importer-serve")
    assert that_got_through(at, (*from_others(at), *that_are_odd(at)), secrets) == []
    assert served.serving.headline(served.path) == "Checked: waits for you"
    assert served.sandbox.commits() == {}
    assert served.serving.post(at.change, consent="yes", replaced="0") == 303
    served.serving.once(served.path, "Imported")
    assert set(served.sandbox.commits().values()) == {1}
    assert sum(map(bool, served.sandbox.labels(served.project["id"]).values())) == _MEDIA


def test_uploads_of_strangers_and_such_as_are_too_large_leave_nothing(served: Served) -> None:
    """They are refused by their head; nobody waits for ten gigabytes."""
    at = served.attacked
    before = served.folders()
    host, cookie, origin = ("Host", at.host), ("Cookie", at.cookie), ("Origin", at.origin)
    small, large = ("Content-Length", "2"), ("Content-Length", str(_TEN_GIGABYTES))
    for target in ("/uploads", "/uploads?name=a.json"):
        for method, body in (("PUT", b"[]"), ("POST", b"[]")):
            for headers, statuses in (
                ([host, origin, small], {401}),
                ([host, cookie, small], {403}),
                ([host, cookie, small, ("Origin", "http://evil.example")], {403}),
                ([host, cookie, small, ("Origin", f"http://127.0.0.1:{at.port ^ 1}")], {403}),
                ([host, cookie, small, origin, ("Sec-Fetch-Site", "cross-site")], {403}),
                ([("Host", "evil.example"), cookie, small, ("Origin", "http://evil.example")], {421}),
                ([host, cookie, large, origin], {413}),
                ([host, cookie, large, origin, ("Expect", "100-continue")], {413}),
                ([host, cookie, small, origin, ("Content-Encoding", "gzip")], {415}),
            ):
                answer = said_to(at.port, request(method, target, headers, body))
                assert answer.status in statuses, (method, headers, answer)
    assert served.folders() == before


def test_a_name_is_no_path_and_no_mark_up(served: Served, tmp_path: Path) -> None:
    """All that was uploaded lies in the spool, in a folder of its own, and the pages show names as text."""
    at, before = served.attacked, served.folders()
    for name in _STRANGE:
        answer = said_to(at.port, read(at, served.upload(name)))
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
        assert b"<script>evil" not in answer.body
    assert len(served.folders() - before) == len(_STRANGE)
    assert [each for each in tmp_path.rglob("*evil*") if served.spool not in each.parents] == []
    for path in (
        "..",
        "..%2fspool.json",
        "%2e%2e%2f%2e%2e%2fspool.json",
        "..%5cspool.json",
        "job.json",
        "log",
    ):
        assert said_to(at.port, read(at, f"{served.path}/{path}")).status == 404
