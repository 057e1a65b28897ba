#!/usr/bin/env bash
# distributed 2026.8.0: a client that is closed while it connects anew comes back as "running".
#
# Expected: a client that is closed stays closed, whatever its scheduler does.
# Happens: what connects it anew is not ended by `close`. Where the scheduler answers within the two seconds for which
# `close` waits, the status turns from "closed" to "running"; where it goes away once more, `close` raises a RuntimeError.
# For an importer: a scheduler that restarts while a run ends turns a run that is whole into one that failed.
# Do: take a RuntimeError of `close` for the end, and set the status: the client closes itself anew when it is collected.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q distributed==2026.8.0 dask==2026.8.0

cat >expected <<'END_OF_EXPECTED'
distributed 2026.8.0
while close() waits: closed
the scheduler answers: running
it goes away and comes back, and close() raises: RuntimeError: ConnectionPool is closed
END_OF_EXPECTED

cat >program.py <<'END_OF_PROGRAM'
import asyncio
from importlib.metadata import version

from distributed import Client, Scheduler


class Wire:
    """Passes on what goes between a client and its scheduler; cut, it holds new connections until it is whole again."""

    def __init__(self, to):
        self.to, self.ends, self.held, self.whole = to, [], asyncio.Event(), asyncio.Event()

    def cut(self):
        self.whole.clear()
        self.held.clear()
        for end in self.ends:
            end.transport.abort()

    async def connect(self, reader, writer):
        self.ends.append(writer)
        self.held.set()
        await self.whole.wait()
        there, onwards = await asyncio.open_connection("127.0.0.1", self.to)
        self.ends.append(onwards)
        await asyncio.gather(self.pass_on(reader, onwards), self.pass_on(there, writer), return_exceptions=True)

    async def pass_on(self, reader, writer):
        while content := await reader.read(1 << 16):
            writer.write(content)
        writer.close()


async def comes_to_be(client, status):
    async with asyncio.timeout(60):
        while client.status != status:
            await asyncio.sleep(0.01)


async def main():
    print("distributed", version("distributed"))
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
        wire = Wire(scheduler.port)
        wire.whole.set()
        server = await asyncio.start_server(wire.connect, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = await Client(f"tcp://127.0.0.1:{port}", asynchronous=True, set_as_default=False)
        wire.cut()
        await wire.held.wait()
        closing = asyncio.ensure_future(client.close())
        await comes_to_be(client, "closed")
        print("while close() waits:", client.status)
        wire.whole.set()
        await comes_to_be(client, "running")
        print("the scheduler answers:", client.status)
        wire.cut()
        await wire.held.wait()
        wire.whole.set()
        try:
            await closing
            print("close() ends")
        except Exception as error:
            print(f"it goes away and comes back, and close() raises: {type(error).__name__}: {error}")
        client.status = "closed"
        server.close()
        wire.cut()


asyncio.run(main())
END_OF_PROGRAM
venv/bin/python program.py >seen 2>log

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: what is closed comes back."
