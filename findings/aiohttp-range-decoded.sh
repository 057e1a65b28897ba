#!/usr/bin/env bash
# aiohttp 3.14.5, requests 2.34.2: a range is one of the compressed form, and its beginning is unpacked as if whole.
#
# Expected: `Range: bytes=0-999` brings 1,000 bytes, or an error; ranges laid end to end are the file.
# Happens: both clients add their Accept-Encoding to a request with a Range, so the server may answer with a range of
# the compressed form, as HTTP has it. The first piece is unpacked without complaint, though the stream in it does not
# end: some other number of bytes comes out. The next one cannot be unpacked at all.
# For an importer: a download that was cut and goes on at "bytes so far" counts unpacked bytes and asks for packed
# ones. It fails, or, where the server drops Content-Encoding the second time, continues in the wrong place.
# Do: `Accept-Encoding: identity` with every request whose answer may be continued, and a look at Content-Encoding.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q aiohttp==3.14.5 requests==2.34.2

cat >expected <<'END'
aiohttp 3.14.5
requests 2.34.2
aiohttp, bytes=0-999: 206, 1000 bytes: False, the beginning of the file: True
aiohttp, bytes=1000-1999: ClientPayloadError
aiohttp, bytes=1000-1999, identity: 206, 1000 bytes: True, the beginning of the file: False
requests, bytes=0-999: 206, 1000 bytes: False, the beginning of the file: True
requests, bytes=1000-1999: ContentDecodingError
END

venv/bin/python - >seen <<'END'
import asyncio
import gzip
from importlib.metadata import version

import requests
from aiohttp import ClientError, ClientSession, web

for package in ("aiohttp", "requests"):
    print(package, version(package))
FILE = b"".join(b'{"id": %d}\n' % (number * 7919 % 100003) for number in range(2000))


async def answer(request):
    """The file, or of its gzip form where that is accepted, the range that is asked for."""
    packed = "gzip" in request.headers["Accept-Encoding"]
    whole = gzip.compress(FILE, mtime=0) if packed else FILE
    part = whole[request.http_range]
    first = request.http_range.start
    headers = {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(whole)}"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    return web.Response(status=206, body=part, headers=headers)


def told(what, status, body):
    print(f"{what}: {status}, 1000 bytes: {len(body) == 1000}, the beginning of the file: {FILE.startswith(body)}")


async def main():
    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    identity = {"Accept-Encoding": "identity"}
    async with ClientSession() as session:
        for span, more in (("0-999", {}), ("1000-1999", {}), ("1000-1999", identity)):
            what = f"aiohttp, bytes={span}{', identity' if more else ''}"
            try:
                async with session.get(url, headers={"Range": f"bytes={span}"} | more) as response:
                    told(what, response.status, await response.read())
            except ClientError as error:
                print(f"{what}: {type(error).__name__}")
    for span in ("0-999", "1000-1999"):
        try:
            response = await asyncio.to_thread(requests.get, url, headers={"Range": f"bytes={span}"})
            told(f"requests, bytes={span}", response.status_code, response.content)
        except requests.RequestException as error:
            print(f"requests, bytes={span}: {type(error).__name__}")
    await runner.cleanup()


asyncio.run(main())
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: a piece of a compressed answer is unpacked, and shorter or longer than was asked for."
