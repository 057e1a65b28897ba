#!/usr/bin/env bash
# aiohttp 3.14.5: a PUT or DELETE that the server took and did not answer is sent a second time, and nobody is told.
#
# Expected: one call, one request; ServerDisconnectedError where the connection ends before an answer, as with POST.
# Happens: GET, HEAD, OPTIONS, TRACE, PUT and DELETE are sent once more, also when their body had been taken whole, and
# also when the connection was a new one. The caller sees the second answer alone; no public setting turns it off.
# For an importer: its count of attempts, its log and its retry budget miss a request. Where the method is not as
# harmless to repeat as its name says (a DELETE that answers 404 the second time, an upload that a server counts), the
# outcome that is seen is not the one of the request that did the work.
# Do: POST is not repeated, and neither is a body from an async generator, which cannot be read twice.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q aiohttp==3.14.5

cat >expected <<'END'
aiohttp 3.14.5
PUT of bytes: 200, bodies that the server took: 2
DELETE of bytes: 200, bodies that the server took: 2
POST of bytes: ServerDisconnectedError, bodies that the server took: 1
PUT of a generator: ServerDisconnectedError, bodies that the server took: 1
END

venv/bin/python - >seen <<'END'
import asyncio
from importlib.metadata import version

from aiohttp import ClientSession, ServerDisconnectedError

print("aiohttp", version("aiohttp"))
bodies = []


async def serve(reader, writer):
    """Takes a body; hangs up behind the first, and answers the second."""
    head = await reader.readuntil(b"\r\n\r\n")
    chunked = b"chunked" in head.lower()
    bodies.append(await (reader.readuntil(b"\r\n0\r\n\r\n") if chunked else reader.readexactly(4)))
    if len(bodies) > 1:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    writer.close()


async def generated():
    yield b"body"


async def tried(port, method, body, what):
    bodies.clear()
    async with ClientSession() as session:
        try:
            async with session.request(method, f"http://127.0.0.1:{port}/", data=body) as response:
                outcome = response.status
        except ServerDisconnectedError as error:
            outcome = type(error).__name__
    print(f"{method} of {what}: {outcome}, bodies that the server took: {len(bodies)}")


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for method in ("PUT", "DELETE", "POST"):
        await tried(port, method, b"body", "bytes")
    await tried(port, "PUT", generated(), "a generator")


asyncio.run(main())
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: what counts as idempotent is repeated behind the caller's back."
