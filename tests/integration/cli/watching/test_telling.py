"""`--on-finish` and `--ping`: whatever ends a command, others are told."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from integration.cli.conftest import Run

from bulk_importer.cli.watching import pinging, telling
from bulk_importer.cli.watching.watch import Outcome, Watch, watching
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch
from support.around.alone import port_of, reserve_port

COMPLETE = Outcome(
    exit_code=0, facts={"state": "complete", "delivered": 20}, folders=[Path("/a/l.checkpoint")]
)
FAILED = Outcome(exit_code=6, facts={"state": "failed", "message": "The server is away."})
SAYS = 'echo "$BULK_IMPORT_STATE $BULK_IMPORT_EXIT_CODE $BULK_IMPORT_DELIVERED $BULK_IMPORT_CHECKPOINT"'


@asynccontextmanager
async def watched(stop: StopSwitch | None = None, **settings: Any) -> AsyncIterator[Watch]:
    """A command that is watched as the settings say."""
    async with watching("import", ["l.json"], Settings(**settings), stop or StopSwitch()) as watch:
        yield watch


class Called:
    """A service that is called, and answers these statuses in turn, and 200 afterwards."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.pause = asyncio.Event()
        self.pause.set()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Take note of the call."""
        await self.pause.wait()
        self.calls.append((f"{request.method} {request.path_qs}", await request.json()))
        self.headers.append(dict(request.headers))
        return web.Response(status=self._statuses.pop(0) if self._statuses else 200)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Called]:
        """Listen on a port of its own."""
        application = web.Application()
        application.router.add_route("*", "/{rest:.*}", self.answer)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/sesame-uuid"
            yield self
        finally:
            await runner.cleanup()


async def test_a_command_is_told_how_it_ended(capfd: pytest.CaptureFixture[str]) -> None:
    """On standard error, and nothing else is said."""
    async with watched(on_finish=SAYS) as watch:
        await watch.ended(COMPLETE)
        assert capfd.readouterr().err == ""
    assert capfd.readouterr() == ("", "complete 0 20 /a/l.checkpoint\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UsageError("No."), "failed 2  \n"),
        (ZeroDivisionError(), "failed 70  \n"),
        (asyncio.CancelledError(), "stopped 130  \n"),
    ],
)
async def test_whatever_ends_it_is_told(
    error: BaseException, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also what nobody foresaw, and Ctrl-C before signals are listened to."""

    async def broken() -> None:
        async with watched(on_finish=SAYS):
            raise error

    with pytest.raises(type(error)):
        await broken()
    assert capfd.readouterr().err == said


async def test_what_else_cannot_be_opened_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    """A night that did not begin because of a port is one that failed."""
    with reserve_port() as held:
        held.listen()
        with pytest.raises(UsageError, match="nothing can listen there"):
            async with watched(on_finish=SAYS, metrics=f"127.0.0.1:{port_of(held)}"):
                pytest.fail("it listens")
    assert capfd.readouterr().err == "failed 2  \n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("exit 3", "The command of --on-finish ended with 3."),
        ("kill -TERM $$", "The command of --on-finish was ended by SIGTERM."),
        ("no-such-program 2>/dev/null", "The command of --on-finish ended with 127."),
    ],
)
async def test_a_command_that_fails_is_said_and_changes_nothing(
    command: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """In one line."""
    async with watched(on_finish=command) as watch:
        await watch.ended(COMPLETE)
    assert capfd.readouterr().err == f"bulk-importer: {said} The exit code does not depend on it.\n"


async def test_a_command_that_hangs_is_ended(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time, with all that it started."""
    monkeypatch.setattr(telling, "_MOST_SECONDS", 0.2)
    async with watched(on_finish="sleep 1000 & sleep 1000") as watch:
        await watch.ended(COMPLETE)
    assert re.search(r"was ended after \d+s, with all that it started\.", capfd.readouterr().err)


async def test_after_a_signal_there_is_what_is_left_of_the_grace_period(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whoever sent the signal kills soon."""
    monkeypatch.setattr(telling, "_LEAST_SECONDS", 0.1)
    monkeypatch.setattr(telling, "_MOST_SECONDS", 1e6)
    stop = StopSwitch()
    async with watched(stop, on_finish="sleep 1000", grace=0.3) as watch:
        stop.request("stopped by SIGTERM", ExitCode.TERMINATED)
        await watch.ended(Outcome(exit_code=143, facts={"state": "stopped"}))
    assert "was ended after" in capfd.readouterr().err


async def test_where_somebody_else_listens_to_signals_they_go_on_to(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As `serve` does; the stop that it requests then shortens what is being told."""
    monkeypatch.setattr(telling, "_LEAST_SECONDS", 0.1)
    monkeypatch.setattr(telling, "_MOST_SECONDS", 1e6)
    stop, loop = StopSwitch(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: stop.request("stopped by SIGTERM", ExitCode.TERMINATED))
    try:
        async with watched(stop, on_finish="kill -TERM $PPID; sleep 1000", grace=0.1) as watch:
            await watch.ended(COMPLETE)
        assert stop.is_requested
    finally:
        assert loop.remove_signal_handler(signal.SIGTERM)
    assert "was ended after" in capfd.readouterr().err


async def test_a_service_is_called_at_the_beginning_and_at_the_end() -> None:
    """With what there is to tell; a failure at an address of its own."""
    async with Called().open() as called:
        for outcome, path in ((COMPLETE, ""), (FAILED, "/fail")):
            called.calls.clear()
            async with watched(ping=called.url + "?rid=1", project="p") as watch:
                await watch.ended(outcome)
            (first, began), (second, ended) = called.calls
            assert (first, second) == ("POST /sesame-uuid/start?rid=1", f"POST /sesame-uuid{path}?rid=1")
            assert began == {"command": "import", "state": "running", "source": "l.json", "project": "p"}
            assert (ended["state"], ended["exit_code"]) == (outcome.state, outcome.exit_code)


async def test_nothing_that_the_server_is_shown_is_told_to_a_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No token, no header, no login."""
    monkeypatch.setenv("DATAGYM_TOKEN", "xyzzy")
    (tmp_path / "login").write_text("ana:xyzzy")
    async with Called().open() as called:
        login = str(tmp_path / "login")
        async with watched(
            ping=called.url, server="http://gym.test", header=("X-Key: xyzzy",), basic_auth_file=login
        ) as watch:
            await watch.ended(COMPLETE)
        assert "xyzzy" not in str((called.calls, called.headers))


async def test_a_service_is_called_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the server is; nothing else reaches the outside in some places."""
    async with Called().open() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.rpartition("/")[0])
        monkeypatch.setenv("no_proxy", "")
        async with watched(ping="http://hc.test/sesame-uuid") as watch:
            await watch.ended(COMPLETE)
        assert {headers["Host"] for headers in proxy.headers} == {"hc.test"}
        assert [path for path, _ in proxy.calls] == ["POST /sesame-uuid/start", "POST /sesame-uuid"]


async def test_the_run_does_not_wait_for_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call that tells of the beginning may take its time; the end is told behind it."""
    async with Called().open() as called:
        called.pause.clear()
        async with watched(ping=called.url) as watch:
            await asyncio.sleep(0.05)
            assert called.calls == []
            await watch.ended(COMPLETE)
            called.pause.set()
        assert [path for path, _ in called.calls] == ["POST /sesame-uuid/start", "POST /sesame-uuid"]


async def test_a_call_that_fails_is_made_once_more(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """And where that fails, too, it is said, without the URL."""
    monkeypatch.setattr(pinging, "_SECONDS_BETWEEN", 0.01)
    async with Called(503, 200, 404, 404).open() as called:
        async with watched(ping=called.url) as watch:
            await watch.ended(COMPLETE)
        assert len(called.calls) == 4
    said = capfd.readouterr().err
    assert said == (
        "bulk-importer: --ping could not be told how it ended: it answers 404. The exit code does not depend on it.\n"
    )


@pytest.mark.parametrize("kind", ["refused", "silent"])
async def test_a_service_that_is_away_holds_up_nothing(
    kind: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is said in a line for the beginning and one for the end."""
    monkeypatch.setattr(pinging, "_SECONDS_BETWEEN", 0.01)
    monkeypatch.setattr(pinging, "_SECONDS", 0.1)
    with reserve_port() as held:
        if kind == "silent":
            held.listen()
        async with watched(ping=f"http://127.0.0.1:{port_of(held)}/sesame-uuid") as watch:
            await watch.ended(COMPLETE)
    said = capfd.readouterr().err
    assert said.count("\n") == 2
    assert "that the run began: it " in said
    assert "sesame" not in said


async def test_settings_show_neither_the_url_nor_the_command(run: Run) -> None:
    """Only the host, and the first word."""
    arguments = ("--ping", "https://hc.test/sesame-uuid", "--on-finish", "curl -H 'X-Key: sesame' x")
    for form in ((), ("--json",)):
        done = await run("settings", *arguments, *form)
        assert "https://hc.test/..." in done.out
        assert "sesame" not in done.out
    for url in ("https://ana:sesame@hc.test/x", "ftp://hc.test/sesame", "sesame"):
        done = await run("settings", "--ping", url)
        assert (done.code, "sesame" in done.err) == (2, False)
