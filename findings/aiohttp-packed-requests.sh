#!/usr/bin/env bash
# aiohttp 3.14.5: a server unpacks what it is sent unasked, so that 200 kB that were announced come as 200 MB.
#
# Expected: a handler that streams `request.content` into a file gets as many bytes as Content-Length says, or knows from
# the documentation that it does not; a body that was refused unread leaves the connection as it was, or closes it.
# Happens: with `Content-Encoding: gzip` the body is unpacked on the way, a thousand times as much comes out, and
# `client_max_size` holds only for `read` and what is built on it. Where the handler answers without reading, the rest is
# unpacked all the same: bytes that are no gzip make an "Unhandled exception" in the log of the server, and the
# next request on the connection, which the answer did not close, gets no answer.
# For an importer: an upload that is streamed to disk is bounded by what it says of itself, and fills the disk; and what
# arrives is not the file that a person sent, if that was packed.
# Do: refuse a Content-Encoding other than identity with 415 and `force_close()`, and count the bytes that come.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q aiohttp==3.14.5

cat >expected <<'END'
aiohttp 3.14.5
streamed: 200, less than 1 MB announced: True, came: 200,000,000
read: 413
refused unread: 415, closes the connection: False
the next request: ServerDisconnectedError
logged: Unhandled exception
END

venv/bin/python - >seen <<'END'
import asyncio
import gzip
import logging
from importlib.metadata import version

from aiohttp import ClientError, ClientSession, web

print("aiohttp", version("aiohttp"))
PACKED = {"Content-Encoding": "gzip"}


logged = []


class Kept(logging.Handler):
    """Keeps what the server logs, without where it was."""

    def emit(self, record):
        logged.append(record.getMessage())


async def stream(request):
    came = 0
    async for piece in request.content.iter_any():
        came += len(piece)
    return web.Response(text=f"less than 1 MB announced: {request.content_length < 1_000_000}, came: {came:,}")


async def read(request):
    return web.Response(text=str(len(await request.read())))


async def refuse(request):
    raise web.HTTPUnsupportedMediaType


async def main():
    logger = logging.Logger("server")
    logger.addHandler(Kept())
    app = web.Application(client_max_size=1_000_000)
    app.add_routes([web.post("/stream", stream), web.post("/read", read), web.post("/refuse", refuse)])
    runner = web.AppRunner(app, access_log=None, logger=logger)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    body = gzip.compress(bytes(200_000_000))
    async with ClientSession() as session:
        async with session.post(f"{url}/stream", data=body, headers=PACKED) as answer:
            print(f"streamed: {answer.status}, {await answer.text()}")
    async with ClientSession() as session:
        async with session.post(f"{url}/read", data=body, headers=PACKED) as answer:
            print(f"read: {answer.status}")
    async with ClientSession() as session:
        async with session.post(f"{url}/refuse", data=b"no gzip", headers=PACKED) as answer:
            closes = answer.headers.get("Connection") == "close"
            print(f"refused unread: {answer.status}, closes the connection: {closes}")
        try:
            async with session.post(f"{url}/refuse", data=b"as it is") as answer:
                print(f"the next request: {answer.status}")
        except ClientError as error:
            print(f"the next request: {type(error).__name__}")
    await runner.cleanup()
    print("logged:", *logged)


asyncio.run(main())
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: what is sent packed is unpacked unasked, without a bound, and also where nobody reads it."
