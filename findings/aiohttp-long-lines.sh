#!/usr/bin/env bash
# aiohttp 3.14.5: reading an answer line by line ends at a line above 512 KiB, with an error that says 400.
#
# Expected: `async for line in response.content` reads lines of any length, as a file does, or tells of a limit in its
# terms.
# Happens: a line may have eight times read_bufsize=, 524,288 bytes; the next byte raises LineTooLong with code 400.
# That is no ClientError, so what catches those lets it pass, and none of the server's words: it comes from the parser
# of headers.
# For an importer: JSON Lines from a URL work until one entry (a mask, a polygon of a hundred thousand points) is
# larger, and then look as if the server had refused the request, which was answered with 200.
# Do: raise read_bufsize= of the session, or cut lines yourself from iter_any().
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q aiohttp==3.14.5

cat >expected <<'END'
aiohttp 3.14.5
line of 524,288 bytes: 200, lines read: [524288, 6]
line of 524,289 bytes: 200, LineTooLong, its code: 400, a ClientError: False
line of 524,289 bytes, read_bufsize=2**20: 200, lines read: [524289, 6]
END

venv/bin/python - >seen <<'END'
import asyncio
from importlib.metadata import version

from aiohttp import ClientError, ClientSession, web
from aiohttp.http_exceptions import LineTooLong

print("aiohttp", version("aiohttp"))


async def answer(request):
    return web.Response(body=b"x" * (int(request.query["bytes"]) - 1) + b"\nshort\n")


async def main():
    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    for count, options in ((524288, {}), (524289, {}), (524289, {"read_bufsize": 2**20})):
        what = f"line of {count:,} bytes{', read_bufsize=2**20' if options else ''}"
        async with ClientSession(**options) as session, session.get(url, params={"bytes": count}) as response:
            try:
                print(f"{what}: {response.status}, lines read: {[len(line) async for line in response.content]}")
            except LineTooLong as error:
                ours = isinstance(error, ClientError)
                print(f"{what}: {response.status}, LineTooLong, its code: {error.code}, a ClientError: {ours}")
    await runner.cleanup()


asyncio.run(main())
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: a line has a limit, and the error looks like a refusal."
