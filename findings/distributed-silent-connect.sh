#!/usr/bin/env bash
# distributed 2026.8.0: a client's time-out does not hold where something takes its connection and says nothing.
#
# Expected: `Client(address, timeout=1)` ends after a second, with the OSError that it raises where nobody listens.
# Happens: where the connection is taken and no answer comes it waits for ever: at a wrong port, at a tunnel or a load
# balancer whose scheduler is gone.
# For an importer: a command that was to say "no scheduler" after a minute hangs through the night.
# Do: put asyncio.timeout around the `await` of an asynchronous client, and close the client when that runs out.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q distributed==2026.8.0 dask==2026.8.0

cat >expected <<'END'
distributed 2026.8.0
nobody listens: OSError after 1 s
taken, and silent: still waiting after 8 s
END

cat >program.py <<'END'
import asyncio
import time
from importlib.metadata import version

from distributed import Client

print("distributed", version("distributed"))


async def connect(what, address):
    began = time.monotonic()
    client = Client(address, asynchronous=True, timeout=1)
    try:
        async with asyncio.timeout(8):
            await client
    except TimeoutError:
        print(f"{what}: still waiting after 8 s")
    except OSError as error:
        print(f"{what}: {type(error).__name__} after {time.monotonic() - began:.0f} s")
    await client.close()


async def main():
    await connect("nobody listens", "tcp://127.0.0.1:1")
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    await connect("taken, and silent", "tcp://127.0.0.1:%d" % silent.sockets[0].getsockname()[1])
    silent.close()


asyncio.run(main())
END
venv/bin/python program.py >seen 2>log

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: a client waits for ever for something that is silent."
