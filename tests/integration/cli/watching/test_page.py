"""`--page`: a run is seen and steered in a browser, which gets what changes as it does, and the end of it."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import aiohttp
import pytest

from bulk_importer.cli.watching.browsers import opening
from bulk_importer.cli.watching.browsers.foreign_page import CheckpointsSeen
from bulk_importer.cli.watching.watch import Outcome
from bulk_importer.errors import UsageError
from bulk_importer.observe.page.running import live
from bulk_importer.sandbox import Sandbox
from support.watching.stage import MEDIA, Stage

ALIVE = {"page": "127.0.0.1:0"}


@pytest.fixture
async def stage(start_sandbox: Callable[..., Any], tmp_path: Path) -> Stage:
    """A stage on which nothing goes wrong."""
    sandbox: Sandbox = await start_sandbox(seed=1)
    return Stage(sandbox, tmp_path)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The links that are printed."""
    links: list[str] = []
    monkeypatch.setattr(opening, "_hand_over", links.append)
    return links


class Browser:
    """Has opened a link, and keeps the page as it is told."""

    def __init__(self, session: aiohttp.ClientSession, root: str) -> None:
        self.session = session
        self.root = root
        self.pieces: dict[str, str] = {}
        self.head: dict[str, str] = {}
        self.plots: dict[str, Any] = {}
        self.is_over = False

    async def listen(self) -> None:
        """Take what comes until nothing comes any more."""
        async with self.session.get(f"{self.root}/events", timeout=aiohttp.ClientTimeout()) as answer:
            name = ""
            with suppress(aiohttp.ClientError):
                async for raw in answer.content:
                    key, _, value = raw.decode().rstrip("\r\n").partition(": ")
                    if key == "event":
                        name = value
                    elif key == "data":
                        self._take(name, value)

    def _take(self, name: str, value: str) -> None:
        match name:
            case "pieces":
                self.pieces |= json.loads(value)
            case "head":
                self.head = json.loads(value)
            case "plots":
                self.plots = json.loads(value)
            case _:
                self.is_over = name == "over"

    async def press(self, word: str, **more: str) -> int:
        """Press a button, without following where that leads to; the status of the answer."""
        headers = {"Origin": self.root, "Sec-Fetch-Site": "same-origin"}
        async with self.session.post(
            f"{self.root}/do", data={"do": word, **more}, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status


@asynccontextmanager
async def browser(link: str, **more: Any) -> AsyncIterator[Browser]:
    """A browser that has opened this link."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), **more) as session:
        async with session.get(link) as answer:
            assert answer.status == 200
        yield Browser(session, link.partition("/open")[0])


async def test_a_run_is_seen_paused_resumed_and_seen_to_its_end(stage: Stage, printed: list[str]) -> None:
    """What is pressed is seen at the server, and what the server holds in the end is what the page says."""
    [source] = await stage.prepared("l.json")
    async with asyncio.TaskGroup() as tasks:

        async def imported() -> None:
            async with stage.watched(**ALIVE) as (watch, settings):
                summary = await stage.run(source, watch, settings)
                facts = summary.to_builtins()
                await watch.ended(Outcome(exit_code=summary.exit_code, facts=facts, folders=[source]))

        tasks.create_task(imported())
        await stage.until(lambda: bool(printed))
        async with browser(printed[0]) as ours:
            told = tasks.create_task(ours.listen())
            await stage.until(lambda: "delivered" in ours.pieces.get("counts", "") and stage.uploads > 3)
            assert await ours.press("pause") == 303
            await stage.until(lambda: "Paused" in ours.pieces["state"])
            before = stage.uploads
            await stage.until(lambda: 'value="resume"' in ours.pieces["steering"])
            assert "Nothing new is sent" in ours.pieces["steering"]
            await asyncio.sleep(0.15)
            assert stage.uploads <= before + 4
            assert await ours.press("resume") == 303
            await told
        assert ours.is_over
        assert f"All {MEDIA} entries are delivered." in ours.pieces["why"]
        assert "Complete" in ours.pieces["state"]
        assert ours.pieces["steering"] == ""
        assert ours.head["title"] == "✓ l.json: complete"
        assert "<title>Complete</title>" in unquote(ours.head["icon"])
        assert sum(ours.plots["delivered"]) > 0
        assert "paused" in [words for _, _, words, _ in ours.plots["quiet"]]


async def test_a_stop_is_asked_for_twice_and_ends_the_run(stage: Stage, printed: list[str]) -> None:
    """Without the answer to the question there is only the question."""
    [source] = await stage.prepared("l.json")
    async with asyncio.TaskGroup() as tasks, stage.watched(**ALIVE) as (watch, settings):
        importing = tasks.create_task(stage.run(source, watch, settings))
        await stage.until(lambda: stage.uploads > 1)
        async with browser(printed[0]) as ours:
            async with ours.session.get(f"{ours.root}/stop") as answer:
                assert "Stop this run?" in await answer.text()
            assert await ours.press("stop") == 303
            assert not stage.stop.is_requested
            assert await ours.press("stop", sure="yes") == 303
            assert stage.stop.is_requested
            await ours.press("stop", sure="yes")  # it is no second Ctrl-C
            summary = await importing
    assert (summary.state, summary.in_doubt, summary.message.lower()) == ("stopped", 0, "stopped by page")


@pytest.mark.parametrize("word", ["server", "token", "limit", "status", "unlimit", ""])
async def test_nothing_else_can_be_asked_for(stage: Stage, printed: list[str], word: str) -> None:
    """Whatever stands in the form."""
    async with stage.watched(**ALIVE), browser(printed[0]) as ours:
        assert await ours.press(word, server="http://evil.example", limits="9999") == 303
        async with ours.session.get(ours.root) as answer:
            assert "There is no such button." in await answer.text()


async def test_the_end_waits_for_nobody_who_does_not_look(
    stage: Stage, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a moment at most for one who does not take what he is told."""
    with monkeypatch.context() as patch:
        patch.setattr(live, "_LINGER_SECONDS", 1e6)
        async with stage.watched(**ALIVE) as (watch, _):
            await watch.ended(Outcome(exit_code=0, facts={}))
    monkeypatch.setattr(live, "_SEND_SECONDS", 1e6)
    async with stage.watched(**ALIVE) as (watch, _), browser(printed[1]) as ours:
        answer = await ours.session.get(f"{ours.root}/events")
        await watch.ended(Outcome(exit_code=0, facts={}))
        answer.close()


async def test_many_may_look_and_the_first_have_to_leave(stage: Stage, printed: list[str]) -> None:
    """Who looks anew is the one who is there."""
    async with stage.watched(**ALIVE), browser(printed[0]) as ours:
        answers = [await ours.session.get(f"{ours.root}/events") for _ in range(9)]
        async with asyncio.timeout(60):
            first = await answers[0].content.read()
        assert b"event: full" in first
        for each in answers:
            each.close()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"page": "0.0.0.0:0"}, "needs --page-tls FILE and --page-token-file"),
        ({"page": "192.0.2.7:0"}, "needs --page-tls FILE and --page-token-file"),
        ({"page": "127.0.0.1:0", "page_token_file": "short"}, "at least 16 signs"),
        ({"page": "127.0.0.1:0", "page_tls": "short"}, "a certificate and its key"),
    ],
)
async def test_what_others_reach_is_refused_without_tls_and_a_token(
    stage: Stage, tmp_path: Path, asked: dict[str, str], said: str
) -> None:
    """Before anything is sent; and so are a token and a certificate that are none."""
    (tmp_path / "short").write_text("12345")
    given = {name: str(tmp_path / value) if name != "page" else value for name, value in asked.items()}
    with pytest.raises(UsageError, match=said):
        async with stage.watched(**given):
            pass


async def test_with_tls_a_token_opens_it_and_the_cookie_is_for_that(
    stage: Stage, printed: list[str], tmp_path: Path
) -> None:
    """And the link does, too."""
    token, certificate, key = (tmp_path / name for name in ("token", "page.pem", "key.pem"))
    token.write_text("0123456789abcdef0123\n")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    trusted = ssl.create_default_context(cafile=str(certificate))
    certificate.write_text(certificate.read_text() + key.read_text())
    safe = {"page": "0.0.0.0:0", "page_tls": str(certificate), "page_token_file": str(token)}
    async with stage.watched(**safe):
        port = re.search(r"^https://[^/]+:(\d+)/open\?code=", printed[0])
        assert port is not None
        root = f"https://127.0.0.1:{port[1]}"
        link = f"{root}/open{printed[0].partition('/open')[2]}"
        connector = aiohttp.TCPConnector(ssl=trusted)
        async with browser(link, connector=connector) as ours:
            ours.session.cookie_jar.clear()
            headers = {"Origin": root, "Sec-Fetch-Site": "same-origin"}
            cookie = ""
            for typed, status in (("wrong", 403), ("0123456789abcdef0123", 200)):
                async with ours.session.post(f"{root}/sign-in", data={"token": typed}, headers=headers) as it:
                    assert it.status == status
                    cookie = it.headers.get("Set-Cookie", "")
            assert re.match(
                rf"__Host-bulk-importer-{port[1]}=\S+; HttpOnly; Path=/; SameSite=Strict; Secure", cookie
            )
            async with ours.session.get(root, headers={"Host": f"evil.example:{port[1]}"}) as it:
                assert it.status == 421
            async with ours.session.get(root, headers={"Cookie": cookie.partition(";")[0]}) as it:
                assert it.status == 200


async def test_a_checkpoint_is_shown_as_it_is_and_becomes(stage: Stage, tmp_path: Path) -> None:
    """First it is not there yet, then it is written to, then it has ended; nothing is to be steered."""
    from contextlib import ExitStack

    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    now = [0.0]
    with ExitStack() as opened:
        seen = CheckpointsSeen("status", [folder], opened, clock=lambda: now[0])
        standing = (await seen.look()).standing
        assert (standing.state, f"no checkpoint at {folder} yet" in standing.waits_for) == ("absent", True)
        await stage.imported([source])
        assert (await seen.look()).standing.state == "absent"  # it has looked a moment ago
        now[0] = 100.0
        view = await seen.look()
        assert (view.standing.state, view.standing.delivered, view.may_steer) == ("complete", MEDIA, False)
        assert sum(each.entries for each in view.course.stretches) == MEDIA
        (folder / "log").write_bytes(b"no log")
        now[0] = 200.0
    with ExitStack() as opened:
        unusable = await CheckpointsSeen("status", [folder], opened).look()
        assert unusable.standing.state == "unusable"
        assert unusable.standing.waits_for
