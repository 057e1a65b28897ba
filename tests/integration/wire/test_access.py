"""How servers are reached that stand behind tokens, proxies and certificates."""

from __future__ import annotations

import asyncio
import base64
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bulk_importer.datagym.answers.judging import FailureKind
from bulk_importer.datagym.answers.verdicts import Accept, Again, Cause, InDoubt, Stop, StopKind, TurnedAway
from bulk_importer.datagym.diagnosis import diagnose
from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.queries import Patience, Queries
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.uploads import Uploads
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client, RequestFailed
from bulk_importer.errors import ServerUnavailable, UsageError
from bulk_importer.events import AnswerCame, AnswerMissed, Event
from bulk_importer.settings import Settings
from support.around.socks import socks_proxy

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
ACCEPTED = {"errorMessages": ""}


class Server:
    """A server that answers as a test says, and keeps what came."""

    def __init__(self, answer: Answering, url: str) -> None:
        self.answer = answer
        self.url = url
        self.came: list[web.BaseRequest] = []

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        self.came.append(request)
        return await self.answer(request)


StartServer = Callable[..., Awaitable[Server]]


@pytest.fixture
async def start_server() -> AsyncIterator[StartServer]:
    """Start a server on a free port; it stops with the test."""
    async with AsyncExitStack() as stack:

        async def start(answer: Answering, *, tls: ssl.SSLContext | None = None) -> Server:
            server = Server(answer, "")
            runner = web.ServerRunner(web.Server(server), handle_signals=False, shutdown_timeout=0.1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, "localhost", 0, ssl_context=tls)
            await site.start()
            port = runner.addresses[0][1]
            server.url = f"{'https' if tls else 'http'}://localhost:{port}"
            return server

        yield start


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine of the test says about proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def accept(request: web.BaseRequest) -> web.StreamResponse:
    await request.read()
    return web.json_response(ACCEPTED)


async def upload(settings: Settings, token: Token | None = None, *, times: int = 1) -> list[Any]:
    """The verdicts on uploads that leave together."""
    async with Client.of(settings, token or Token()) as client:
        uploads = Uploads(client, "p")
        async with asyncio.TaskGroup() as tasks:
            sent = [tasks.create_task(uploads.upload(b"[{}]")) for _ in range(times)]
        return [each.result() for each in sent]


async def test_a_token_that_is_replaced_in_the_middle_costs_nothing(
    start_server: StartServer, tmp_path: Path
) -> None:
    """Of eight requests that are refused at once each goes again with the new token, not only the first."""
    valid = "old"
    held = asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        if request.headers["Authorization"] == "Token old":
            await held.wait()
        if request.headers["Authorization"] == f"Token {valid}":
            return web.json_response(ACCEPTED)
        return web.json_response({"key": "ex_forbidden", "params": []}, status=403)

    server = await start_server(answer)
    file = tmp_path / "token"
    file.write_text("old\n")
    token = Token.find(str(file))
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(upload(Settings(server=server.url), token, times=8))
        while len(server.came) < 8:
            await asyncio.sleep(0.001)
        valid = "new"
        file.write_text("new\n")
        held.set()
    assert sending.result() == [Accept()] * 8
    assert len(server.came) == 16


async def test_a_token_that_stays_wrong_is_tried_once(start_server: StartServer, tmp_path: Path) -> None:
    """And a file that is empty for the moment, because somebody writes it, is not our end."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        file.write_text("")
        return web.json_response({"key": "ex_forbidden", "params": []}, status=403)

    server = await start_server(answer)
    file = tmp_path / "token"
    file.write_text("wrong")
    [verdict] = await upload(Settings(server=server.url), Token.find(str(file)))
    assert isinstance(verdict, Stop)
    assert verdict.kind is StopKind.NOT_AUTHORISED
    assert len(server.came) == 1


async def test_a_token_in_the_query_is_nowhere_else(start_server: StartServer) -> None:
    """Not in the header, and not in what is said when the server echoes it."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.json_response({"errorMessages": f"no: {request.path_qs}"})

    server = await start_server(answer)
    [verdict] = await upload(Settings(server=server.url, token_in_query=True), Token("se/cret"))
    assert server.came[0].query["token"] == "se/cret"
    assert "Authorization" not in server.came[0].headers
    assert "cret" not in repr(verdict)


async def test_http_basic_lets_a_reverse_proxy_open(start_server: StartServer, tmp_path: Path) -> None:
    """The token then leaves in the query, because both want the same header."""
    server = await start_server(accept)
    login = tmp_path / "login"
    login.write_text("ann:open sesame\n")
    settings = Settings(server=server.url, basic_auth_file=str(login), token_in_query=True)
    assert await upload(settings, Token("a-token")) == [Accept()]
    sent = server.came[0]
    assert base64.b64decode(sent.headers["Authorization"].removeprefix("Basic ")) == b"ann:open sesame"
    assert sent.query["token"] == "a-token"
    with pytest.raises(UsageError, match="--token-in-query"):
        Client.of(Settings(server=server.url, basic_auth_file=str(login)), Token("a-token"))


async def test_extra_headers_come_from_flags_and_files(start_server: StartServer, tmp_path: Path) -> None:
    """A file, because their values may be secrets; those that are ours cannot be set, and none comes twice."""
    server = await start_server(accept)
    file = tmp_path / "headers"
    file.write_text("X-Team: labels\n\nX-Access-Id: 1:2\n")
    await upload(Settings(server=server.url, header=(f"@{file}", "X-Shift: night, early")))
    assert server.came[0].headers["X-Team"] == "labels"
    assert server.came[0].headers["X-Access-Id"] == "1:2"
    assert server.came[0].headers["X-Shift"] == "night, early"
    for wrong in (
        ("nonsense",),
        ("Authorization: Token t",),
        ("content-type: text/plain",),
        ("X: a\nY: b",),
        (f"@{file}", "x-team: others"),
    ):
        with pytest.raises(UsageError, match="--header"):
            Client.of(Settings(server=server.url, header=wrong), Token())


async def test_a_redirect_is_not_followed(start_server: StartServer) -> None:
    """Neither the token nor the labels reach the other server."""
    other = await start_server(accept)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        raise kinds.pop()(f"{other.url}{request.path_qs}")

    kinds = [web.HTTPTemporaryRedirect, web.HTTPPermanentRedirect]
    server = await start_server(answer)
    [verdict] = await upload(Settings(server=server.url), Token("a-token"))
    assert isinstance(verdict, TurnedAway)
    assert verdict.kind is StopKind.NOT_DATAGYM
    [verdict] = await upload(Settings(server=server.url), Token("a-token"))
    assert isinstance(verdict, Again)
    assert not other.came


async def test_the_password_file_of_other_programs_is_left_alone(
    start_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a .netrc holds for the host would take the place of the token."""
    server = await start_server(accept)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login ann password p\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert await upload(Settings(server=server.url), Token("a-token")) == [Accept()]
    assert server.came[0].headers["Authorization"] == "Token a-token"


async def test_a_proxy_of_the_environment_is_used_and_passed_by(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own login, which the server does not see; NO_PROXY names who is reached without it."""
    proxy = await start_server(accept)
    server = await start_server(accept)
    monkeypatch.setenv("http_proxy", proxy.url.replace("://", "://ann:p%40ss@"))
    assert await upload(Settings(server="http://datagym.invalid"), Token("a-token")) == [Accept()]
    [through] = proxy.came
    assert through.raw_path.startswith("http://datagym.invalid/")
    login = through.headers["Proxy-Authorization"].removeprefix("Basic ")
    assert base64.b64decode(login) == b"ann:p@ss"
    monkeypatch.setenv("no_proxy", "localhost")
    assert await upload(Settings(server=server.url)) == [Accept()]
    assert len(proxy.came) == 1
    assert "Proxy-Authorization" not in server.came[0].headers


async def test_a_proxy_that_wants_another_login_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It refuses the tunnel to a server behind TLS: that will not pass by itself, other refusals may."""
    statuses = [b"407 Proxy Authentication Required", b"503 Service Unavailable"]

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + statuses.pop(0) + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://ann:wrong@127.0.0.1:{port}")
        settings = Settings(server="https://datagym.invalid")
        [verdict] = await upload(settings)
        assert isinstance(verdict, Stop)
        assert verdict.kind is StopKind.PROXY_REFUSES
        async with Client.of(settings, Token()) as client:
            said = str(Uploads(client, "p").error(verdict))
        assert "Check the proxy" in said
        assert "token" not in said
        [verdict] = await upload(settings)
        assert isinstance(verdict, Again)


async def test_a_proxy_of_another_kind_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ignored it would reach the network by a way that nobody meant."""
    for url in (
        "gopher://localhost:70",
        "socks5://localhost:seventy",
        "socks5://ann@localhost",
        "socks4://:1080",
    ):
        monkeypatch.setenv("all_proxy", url)
        with pytest.raises(UsageError, match="environment names"):
            Client.of(Settings(server="http://datagym.invalid"), Token())


@pytest.mark.parametrize(
    ("kind", "server", "asked_for"),
    [
        ("socks5", "localhost", "127.0.0.1"),
        ("socks5h", "datagym.invalid", "datagym.invalid"),
        ("socks4", "localhost", "127.0.0.1"),
        ("socks4a", "datagym.invalid", "datagym.invalid"),
    ],
)
async def test_a_socks_proxy_of_the_environment_is_gone_through(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch, kind: str, server: str, asked_for: str
) -> None:
    """Who looks up the address is said by its kind, as for other programs."""
    behind = await start_server(accept)
    port = int(behind.url.rpartition(":")[2])
    async with socks_proxy() as proxy:
        monkeypatch.setenv("ALL_PROXY", f"{kind}://127.0.0.1:{proxy.port}")
        assert await upload(Settings(server=f"http://{server}:{port}"), Token("a-token")) == [Accept()]
    assert proxy.asked == [(asked_for, port)]
    assert behind.came[0].headers["Authorization"] == "Token a-token"


async def test_no_proxy_names_who_is_reached_without_a_socks_proxy(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for proxies that speak HTTP; and a proxy for the scheme comes before one for all."""
    server = await start_server(accept)
    async with socks_proxy() as proxy:
        monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
        monkeypatch.setenv("HTTP_PROXY", f"socks5://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert await upload(Settings(server=server.url)) == [Accept()]
        assert not proxy.asked
        monkeypatch.delenv("NO_PROXY")
        assert await upload(Settings(server=server.url)) == [Accept()]
        assert len(proxy.asked) == 1


async def test_a_socks_proxy_may_want_a_login(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets the login of its URL, and nobody else does; one that it refuses ends the run, with words for `doctor`."""
    server = await start_server(accept)
    async with socks_proxy(login=("ann", "p@ss")) as proxy:
        monkeypatch.setenv("all_proxy", f"socks5h://ann:p%40ss@127.0.0.1:{proxy.port}")
        assert await upload(Settings(server=server.url)) == [Accept()]
        assert proxy.logins == [("ann", "p@ss")]
        assert not {"Authorization", "Proxy-Authorization"} & set(server.came[0].headers)
        for wrong in ("ann:wrong@", ""):
            monkeypatch.setenv("all_proxy", f"socks5h://{wrong}127.0.0.1:{proxy.port}")
            [verdict] = await upload(Settings(server=server.url))
            assert isinstance(verdict, Stop)
            assert verdict.kind is StopKind.PROXY_REFUSES
            assert "authentication" in verdict.reason
            examined = {each.step: each async for each in diagnose(Settings(server=server.url), Token())}
            assert examined["proxy"].found.startswith(f"socks5h://127.0.0.1:{proxy.port}: ")
            assert "login" in examined["proxy"].remedy
    assert len(server.came) == 1


async def test_what_a_socks_proxy_cannot_reach_is_away_and_nothing_was_executed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So is a proxy that is not there, or hangs up: the run waits for either."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.close()

    async with (
        socks_proxy() as proxy,
        await asyncio.start_server(hang_up, "127.0.0.1", 0) as broken,
    ):
        for port, reason in (
            (proxy.port, "refused by destination"),
            (1, "proxy socks5://127.0.0.1:1 cannot be reached: Connection refused"),
            (broken.sockets[0].getsockname()[1], "hung up"),
        ):
            monkeypatch.setenv("all_proxy", f"socks5://127.0.0.1:{port}")
            [verdict] = await upload(Settings(server="http://localhost:1"))
            assert isinstance(verdict, Again)
            assert verdict.cause is Cause.UNREACHABLE
            assert reason in verdict.reason


async def test_a_name_that_is_looked_up_here_and_unknown_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And not put down to the proxy."""
    async with socks_proxy() as proxy:
        monkeypatch.setenv("all_proxy", f"socks5://127.0.0.1:{proxy.port}")
        async with Client.of(Settings(server="http://datagym.invalid"), Token()) as client:
            with pytest.raises(RequestFailed) as failed:
                await client.get("/")
    assert failed.value.kind is FailureKind.NOT_RESOLVED
    assert not proxy.asked


async def test_a_proxy_that_answers_nothing_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit for a connection to come about holds for both of its halves."""
    ended = asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as silent:
        monkeypatch.setenv("all_proxy", f"socks5h://127.0.0.1:{silent.sockets[0].getsockname()[1]}")
        settings = Settings(server="http://datagym.invalid", connect_timeout=0.1)
        async with Client.of(settings, Token()) as client:
            with pytest.raises(RequestFailed) as failed:
                await client.get("/")
        ended.set()
    assert failed.value.kind is FailureKind.CONNECT_TIMEOUT


async def test_without_its_library_a_socks_proxy_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the message says what to install."""
    monkeypatch.setitem(sys.modules, "aiohttp_socks", None)
    monkeypatch.setenv("all_proxy", "socks5://localhost:1080")
    with pytest.raises(UsageError, match=r"pip install .*aiohttp-socks"):
        await upload(Settings(server="http://datagym.invalid"))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate of our own for localhost, and one for a client."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("localhost", "client"):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"),
                *("-keyout", f"{name}.key", "-out", f"{name}.pem"),
            ],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    return folder


async def test_a_certificate_of_ones_own_is_trusted_only_when_named(
    start_server: StartServer, certificates: Path
) -> None:
    """Without --ca-file nothing is sent, and the run is told why."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "localhost.pem", certificates / "localhost.key")
    server = await start_server(accept, tls=context)
    [verdict] = await upload(Settings(server=server.url), Token("a-token"))
    assert isinstance(verdict, Stop)
    assert verdict.kind is StopKind.NOT_TRUSTED
    assert "self-signed" in verdict.reason or "self signed" in verdict.reason
    assert not server.came
    trusting = Settings(server=server.url, ca_file=str(certificates / "localhost.pem"))
    assert await upload(trusting, Token("a-token")) == [Accept()]


async def test_a_certificate_that_is_not_trusted_is_not_waited_for(
    start_server: StartServer, certificates: Path
) -> None:
    """It does not come to be trusted by waiting, and the remedy is named."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "localhost.pem", certificates / "localhost.key")
    server = await start_server(accept, tls=context)
    missed = await missed_by_look_up(
        Settings(server=server.url, wait_for_server=3600.0), "self-signed.*--ca-file"
    )
    assert not missed


async def test_plain_http_at_a_port_that_speaks_tls_has_its_remedy(
    start_server: StartServer, certificates: Path
) -> None:
    """The server hangs up, which by itself says little."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "localhost.pem", certificates / "localhost.key")
    server = await start_server(accept, tls=context)
    settings = Settings(server=server.url.replace("https:", "http:"), wait_for_server=0.1)
    assert len(await missed_by_look_up(settings, "write https://")) == 1


async def test_a_redirect_names_where_it_leads(start_server: StartServer) -> None:
    """And not what stands behind the host, which may be a secret."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=301, headers={"Location": "https://u:p@other.invalid/api?token=a-token"})

    server = await start_server(answer)
    assert not await missed_by_look_up(
        Settings(server=server.url), "sends us to https://other.invalid. If that"
    )


async def test_a_proxy_that_cannot_reach_the_server_does_not_speak_for_it(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads what goes to a server in plain HTTP, and answers in its place; the wait is that for a wrong address."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=503)

    proxy = await start_server(answer)
    monkeypatch.setenv("http_proxy", proxy.url)
    settings = Settings(server="http://datagym.invalid", wait_for_server=0.1, max_outage=3600.0)
    [missed] = await missed_by_look_up(settings, "it answers 503")
    assert not missed.has_answered
    assert missed.patience_seconds <= 0.1


async def test_a_silent_catalog_knows_the_same_and_tells_nobody(start_server: StartServer) -> None:
    """What reads on while uploads go on leaves it to them to say that the server is away."""
    statuses = [200, 503, 503, 200, 503, 200]

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.json_response([], status=statuses.pop(0))

    server = await start_server(answer)
    told: list[Event] = []
    async with Client.of(Settings(server=server.url), Token()) as client:
        patience = Patience(0.0, 60.0, Timing(time.monotonic, asyncio.sleep, lambda: 0.001), told.append)
        queries = Queries(client, patience)
        catalog = Catalog(queries)
        assert await catalog.projects() == []
        assert queries.silent().server_clock.is_known, "of the answer that the other one had"
        assert await catalog.silent().projects() == []
        assert not told
        assert await catalog.projects() == []
    assert [type(event) for event in told] == [AnswerMissed, AnswerCame]


async def missed_by_look_up(settings: Settings, words: str) -> list[AnswerMissed]:
    """What is told while a look-up fails for good; the error says `words`."""
    told: list[Event] = []
    waited = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal waited
        waited += seconds

    async with Client.of(settings, Token("a-token")) as client:
        # By a clock that only waits move: how long the look-ups take does not use up the patience.
        patience = Patience.of(settings, Timing(lambda: waited, sleep), told.append)
        with pytest.raises(ServerUnavailable, match=words) as raised:
            await Catalog(Queries(client, patience)).projects()
    assert "a-token" not in str(raised.value)
    return [event for event in told if isinstance(event, AnswerMissed)]


async def test_tls_goes_through_a_socks_proxy_to_the_server(
    start_server: StartServer, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy sees nothing of it, and a certificate that is not trusted is as little use as without a proxy."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "localhost.pem", certificates / "localhost.key")
    server = await start_server(accept, tls=context)
    async with socks_proxy() as proxy:
        monkeypatch.setenv("https_proxy", f"socks5h://127.0.0.1:{proxy.port}")
        trusting = Settings(server=server.url, ca_file=str(certificates / "localhost.pem"))
        assert await upload(trusting, Token("a-token")) == [Accept()]
        [verdict] = await upload(Settings(server=server.url), Token("a-token"))
        assert isinstance(verdict, Stop)
        assert verdict.kind is StopKind.NOT_TRUSTED
        plain = await start_server(accept)
        [verdict] = await upload(Settings(server=plain.url.replace("http:", "https:")))
        assert isinstance(verdict, Again)
    assert [host for host, _ in proxy.asked] == ["localhost"] * 3
    assert len(server.came) == 1


async def test_a_server_may_want_a_certificate_of_the_client(
    start_server: StartServer, certificates: Path
) -> None:
    """It is shown from two files; without it no request gets through."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "client.pem")
    context.load_cert_chain(certificates / "localhost.pem", certificates / "localhost.key")
    context.verify_mode = ssl.CERT_REQUIRED
    server = await start_server(accept, tls=context)
    ca_file = str(certificates / "localhost.pem")
    showing = Settings(
        server=server.url,
        ca_file=ca_file,
        client_cert=str(certificates / "client.pem"),
        client_key=str(certificates / "client.key"),
    )
    assert await upload(showing) == [Accept()]
    [verdict] = await upload(Settings(server=server.url, ca_file=ca_file))
    assert not isinstance(verdict, Accept)
    assert len(server.came) == 1


def test_certificates_that_cannot_be_read_are_said_to_be(tmp_path: Path) -> None:
    """Before anything is sent."""
    for wrong in (Settings(ca_file=str(tmp_path / "none")), Settings(client_key="k")):
        with pytest.raises(UsageError):
            Client.of(wrong, Token())


async def test_an_answer_that_does_not_begin_in_time_leaves_a_doubt(start_server: StartServer) -> None:
    """The body has left; a limit of its own says how long its answer may take to begin."""
    released = asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        await released.wait()
        return web.json_response(ACCEPTED)

    server = await start_server(answer)
    [verdict] = await upload(Settings(server=server.url, first_byte_timeout=0.1))
    released.set()
    assert isinstance(verdict, InDoubt)
    assert verdict.cause is Cause.TIMED_OUT
    assert "began" in verdict.reason


async def test_a_body_that_does_not_leave_in_time_was_not_executed(start_server: StartServer) -> None:
    """A server that stops reading in the middle has no closed array, so the batch may go again."""
    released = asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await released.wait()
        return web.json_response(ACCEPTED)

    server = await start_server(answer)
    settings = Settings(server=server.url, write_timeout=0.2)
    async with Client.of(settings, Token()) as client:
        verdict = await Uploads(client, "p").upload(b"[" + b" " * (32 << 20) + b"]")
    released.set()
    assert isinstance(verdict, Again)
    assert verdict.cause is Cause.TIMED_OUT


async def test_uploads_that_are_given_up_end_at_once_and_so_do_later_ones(start_server: StartServer) -> None:
    """Those that had left are in doubt; one that comes afterwards does not leave."""
    released = asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        await released.wait()
        return web.json_response(ACCEPTED)

    server = await start_server(answer)
    async with Client.of(Settings(server=server.url), Token()) as client, asyncio.TaskGroup() as tasks:
        uploads = Uploads(client, "p")
        sent = tasks.create_task(uploads.upload(b"[{}]"))
        while not server.came:
            await asyncio.sleep(0.001)
        client.give_up()
        assert isinstance(await sent, InDoubt)
        assert isinstance(await uploads.upload(b"[{}]"), Again)
        released.set()
    assert len(server.came) == 1


async def test_a_server_that_is_not_there_is_told_from_one_that_is(start_server: StartServer) -> None:
    """A connection that is refused has executed nothing, and its words are the system's."""
    server = await start_server(accept)
    async with Client.of(Settings(server="http://localhost:1"), Token()) as client:
        verdict = await Uploads(client, "p").upload(b"[{}]")
        assert isinstance(verdict, Again)
        assert verdict.cause is Cause.UNREACHABLE
        assert "refused" in verdict.reason
        with pytest.raises(RequestFailed) as failed:
            await client.get("/")
        assert failed.value.kind is FailureKind.REFUSED
    assert not server.came
