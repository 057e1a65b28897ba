#!/usr/bin/env bash
# aiohttp-socks 0.12.0, requests 2.34.2: socks5:// leaves names to the proxy in one, and resolves them in the other.
#
# Expected: a proxy URL means one thing: with curl and requests, socks5:// resolves here and socks5h:// at the proxy.
# Happens: aiohttp-socks hands the name to the proxy with socks5://, as the others do with socks5h://, and refuses
# socks5h:// as a scheme that it does not know. To resolve here it wants rdns=False, which no URL can say.
# For an importer: one ALL_PROXY for all programs of a machine cannot suit both: with socks5h:// this one does not
# start, with socks5:// it reaches other hosts than the rest, where a name means something else inside than behind the
# proxy.
# Do: turn socks5h:// into socks5:// with rdns=True, and socks5:// into rdns=False, so that URLs mean what others mean.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q aiohttp==3.14.5 aiohttp-socks==0.12.0 'requests[socks]==2.34.2'

cat >expected <<'END'
aiohttp-socks 0.12.0
requests 2.34.2
requests, socks5: the proxy is asked for an address
requests, socks5h: the proxy is asked for a name
aiohttp-socks, socks5: the proxy is asked for a name
aiohttp-socks, socks5, rdns=False: the proxy is asked for an address
aiohttp-socks, socks5h: ValueError
END

venv/bin/python - >seen <<'END'
import asyncio
from importlib.metadata import version

import requests
from aiohttp import ClientSession
from aiohttp_socks import ProxyConnector

for package in ("aiohttp-socks", "requests"):
    print(package, version(package))
KINDS = {1: "an address", 3: "a name", 4: "an address"}
asked = []


async def serve(reader, writer):
    """A SOCKS 5 proxy that answers each request itself, and keeps what form its target had."""
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    *_, kind = await reader.readexactly(4)
    asked.append(KINDS[kind])
    length = (await reader.readexactly(1))[0] if kind == 3 else {1: 4, 4: 16}[kind]
    await reader.readexactly(length + 2)
    writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for scheme in ("socks5", "socks5h"):
        proxies = {"http": f"{scheme}://{place}", "no_proxy": ""}
        with requests.Session() as session:
            session.trust_env = False
            await asyncio.to_thread(session.get, "http://localhost/", proxies=proxies)
        print(f"requests, {scheme}: the proxy is asked for {asked[-1]}")
    for scheme, more in (("socks5", {}), ("socks5", {"rdns": False}), ("socks5h", {})):
        what = f"aiohttp-socks, {scheme}{', rdns=False' if more else ''}"
        try:
            connector = ProxyConnector.from_url(f"{scheme}://{place}", **more)
        except ValueError as error:
            print(f"{what}: {type(error).__name__}")
            continue
        async with ClientSession(connector=connector) as session, session.get("http://localhost/"):
            print(f"{what}: the proxy is asked for {asked[-1]}")


asyncio.run(main())
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: one URL, two meanings."
