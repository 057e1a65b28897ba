"""A proxy that refuses is named, and not the server; NO_PROXY may name ranges of addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bulk_importer.datagym.answers.judging import FailureKind
from bulk_importer.datagym.diagnosis import Examined, Health, diagnose
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client, RequestFailed
from bulk_importer.datagym.wire.proxies import proxy_for
from bulk_importer.errors import ExitCode
from bulk_importer.settings import Settings


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names none but those of a test."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@asynccontextmanager
async def proxy_that_answers(
    status: str, *headers: str, body: bytes = b"<html>no</html>"
) -> AsyncIterator[str]:
    """The URL of a proxy that answers everything so, tunnels too."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def failed(server: str) -> RequestFailed:
    """How a look-up fails."""
    async with Client.of(Settings(server=server), Token()) as client:
        with pytest.raises(RequestFailed) as raised:
            await client.get("/api/v1/project")
    return raised.value


async def examined(server: str) -> dict[str, Examined]:
    """What the doctor finds."""
    return {each.step: each async for each in diagnose(Settings(server=server), Token())}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("403 Forbidden", FailureKind.PROXY_LOGIN),
        ("407 Proxy Authentication Required", FailureKind.PROXY_LOGIN),
        ("502 Bad Gateway", FailureKind.REFUSED),
        ("503 Service Unavailable", FailureKind.REFUSED),
    ],
)
async def test_a_proxy_that_opens_no_tunnel_is_named(
    monkeypatch: pytest.MonkeyPatch, status: str, kind: FailureKind
) -> None:
    """What it will not do later either ends the run, the rest may pass; nothing was examined behind it."""
    async with proxy_that_answers(status) as url:
        monkeypatch.setenv("https_proxy", url)
        error = await failed("https://datagym.invalid")
        steps = await examined("https://datagym.invalid")
    assert error.kind is kind
    assert error.reason == f"the proxy {url} answers {status} and opens no way to the server"
    assert (steps["proxy"].health, steps["proxy"].exit_code) == (Health.FAILED, ExitCode.SERVER)
    assert status in steps["proxy"].found
    assert "NO_PROXY" in steps["proxy"].remedy
    assert {steps[step].health for step in ("connection", "routes and token", "project")} == {Health.UNKNOWN}


async def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not taken for a port of the server."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    steps = await examined("https://datagym.invalid")
    assert steps["proxy"].health is Health.FAILED
    assert steps["proxy"].found.startswith("the proxy http://127.0.0.1:1 cannot be reached: ")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("407 Proxy Authentication Required", ()),
        ("403 Forbidden", ("X-Squid-Error: ERR_ACCESS_DENIED 0",)),
        ("403 Forbidden", ("Proxy-Status: gate; error=http_request_denied",)),
    ],
)
async def test_a_refusal_that_is_signed_by_the_proxy_is_its_own(
    monkeypatch: pytest.MonkeyPatch, status: str, headers: tuple[str, ...]
) -> None:
    """In plain text it answers in place of the server; nothing went on to that."""
    async with proxy_that_answers(status, *headers) as url:
        monkeypatch.setenv("http_proxy", url)
        error = await failed("http://datagym.invalid")
        steps = await examined("http://datagym.invalid")
    assert error.kind is FailureKind.PROXY_LOGIN
    assert error.reason.startswith(f"the proxy {url} answers {status[:3]}")
    assert steps["proxy"].health is Health.FAILED


@pytest.mark.parametrize("status", ["403 Forbidden", "502 Bad Gateway", "504 Gateway Timeout"])
async def test_a_page_that_may_be_of_the_proxy_puts_it_in_doubt(
    monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    """It is no reason to look for a token; words of a server are."""
    async with proxy_that_answers(status) as url:
        monkeypatch.setenv("http_proxy", url)
        steps = await examined("http://datagym.invalid")
    assert steps["proxy"].health is Health.DOUBTFUL
    assert status[:3] in steps["proxy"].found
    assert "proxy" in steps["routes and token"].remedy
    async with proxy_that_answers(status, body=b'{"key": "ex_forbidden"}') as url:
        monkeypatch.setenv("http_proxy", url)
        steps = await examined("http://datagym.invalid")
    assert steps["proxy"].health is Health.WELL


@pytest.mark.parametrize(
    ("host", "ranges", "is_direct"),
    [
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3:8080", "localhost, 10.1.0.0/16", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.9/24", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("[fd00::12]:8080", "10.0.0.0/8,fd00::/8", True),
        ("datagym.example.com", "10.0.0.0/8", False),
        ("datagym.example.com", "10.0.0.0/8,.example.com", True),
        ("10.1.2.3", "*", True),
        ("10.1.2.3", "", False),
    ],
)
def test_no_proxy_names_ranges_of_addresses(
    monkeypatch: pytest.MonkeyPatch, host: str, ranges: str, is_direct: bool
) -> None:
    """For servers that are given by address; a name is not looked up for it."""
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", ranges)
    assert (proxy_for(f"http://{host}") is None) == is_direct
