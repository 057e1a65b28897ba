#!/usr/bin/env bash
# uvloop 0.23.0: sleeps below half a millisecond do not sleep, others end too early, and timers swap places.
#
# Expected: a drop-in replacement of asyncio's loop, whose asyncio.sleep(n) takes n or longer.
# Happens: delays are rounded to whole milliseconds on a clock of whole milliseconds. 0.4 ms become none at all, a
# sleep may end up to a millisecond or so too early, and of two timers in one millisecond the one that was set first is
# first.
# For an importer: pacing by short sleeps (a thousand requests a second, say) paces nothing once uvloop is installed,
# with a core at 100 %; and a deadline that is checked after a sleep may not have passed yet.
# Do: sleep for what is owed in sum, once it is some milliseconds, and compare clocks again after a sleep.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q uvloop==0.23.0

cat >expected <<'END'
uvloop 0.23.0
asyncio: 1000 sleeps of 0.4 ms took 400 ms or more: True
asyncio: of 100 sleeps of 10.4 ms, one or more were shorter: False
asyncio: timers of 1.2 and 0.8 ms, set in this order, came as 0.8, 1.2
uvloop: 1000 sleeps of 0.4 ms took 400 ms or more: False
uvloop: of 100 sleeps of 10.4 ms, one or more were shorter: True
uvloop: timers of 1.2 and 0.8 ms, set in this order, came as 1.2, 0.8
END

venv/bin/python - >seen <<'END'
import asyncio
from importlib.metadata import version
from time import monotonic

import uvloop

print("uvloop", version("uvloop"))


async def lasted(delay):
    begun = monotonic()
    await asyncio.sleep(delay)
    return monotonic() - begun


async def main(name):
    total = sum([await lasted(0.0004) for _ in range(1000)])
    print(f"{name}: 1000 sleeps of 0.4 ms took 400 ms or more: {total >= 0.4}")
    early = any([await lasted(0.0104) < 0.0104 for _ in range(100)])
    print(f"{name}: of 100 sleeps of 10.4 ms, one or more were shorter: {early}")
    order = []
    loop = asyncio.get_running_loop()
    loop.call_later(0.0012, order.append, "1.2")
    loop.call_later(0.0008, order.append, "0.8")
    await asyncio.sleep(0.05)
    print(f"{name}: timers of 1.2 and 0.8 ms, set in this order, came as {', '.join(order)}")


asyncio.run(main("asyncio"))
uvloop.run(main("uvloop"))
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: uvloop's timers know whole milliseconds alone."
