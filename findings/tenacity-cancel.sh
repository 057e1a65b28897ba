#!/usr/bin/env bash
# tenacity 9.2.1: retry_if_not_exception_type(...) retries a cancellation and a Ctrl-C.
#
# Expected: it reads as the default condition less a few types. The default retries an Exception, and so lets
# asyncio.CancelledError and KeyboardInterrupt, which are none, through.
# Happens: the negated condition asks nothing but "is it one of mine?". A task that is cancelled starts its work again
# and returns as if nobody had asked, asyncio.timeout() around it passes without a word, and Ctrl-C is an attempt that
# failed.
# For an importer: a stop that hangs, or a deadline that never strikes, in the one call that was wrapped like that.
# Do: name what may be retried (retry_if_exception_type), or retry_if_exception with a test for Exception in front.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q tenacity==9.2.1

cat >expected <<'END'
tenacity 9.2.1
the default condition: cancel() -> CancelledError, attempts: 1
not ValueError: cancel() -> returned 'done', attempts: 2
not ValueError: asyncio.timeout(0.1) -> returned 'done', attempts: 2
not ValueError: KeyboardInterrupt -> KeyboardInterrupt, attempts: 3
END

venv/bin/python - >seen <<'END'
import asyncio
from importlib.metadata import version

from tenacity import retry, retry_if_exception_type, retry_if_not_exception_type, stop_after_attempt

print("tenacity", version("tenacity"))
attempts = 0


def work(condition):
    @retry(retry=condition, stop=stop_after_attempt(3), reraise=True)
    async def work():
        global attempts
        attempts += 1
        if attempts == 1:
            await asyncio.sleep(30)
        return "done"

    return work()


async def told(title, awaitable):
    global attempts
    try:
        outcome = f"returned {await awaitable!r}"
    except BaseException as error:
        outcome = type(error).__name__
    print(f"{title} -> {outcome}, attempts: {attempts}")
    attempts = 0


async def cancelled(condition):
    task = asyncio.create_task(work(condition))
    await asyncio.sleep(0.1)
    task.cancel()
    return await task


async def timed(condition):
    async with asyncio.timeout(0.1):
        return await work(condition)


async def main():
    negated = retry_if_not_exception_type(ValueError)
    await told("the default condition: cancel()", cancelled(retry_if_exception_type()))
    await told("not ValueError: cancel()", cancelled(negated))
    await told("not ValueError: asyncio.timeout(0.1)", timed(negated))


asyncio.run(main())


@retry(retry=retry_if_not_exception_type(ValueError), stop=stop_after_attempt(3), reraise=True)
def interrupted():
    global attempts
    attempts += 1
    raise KeyboardInterrupt  # what Ctrl-C raises


try:
    interrupted()
except KeyboardInterrupt:
    print(f"not ValueError: KeyboardInterrupt -> KeyboardInterrupt, attempts: {attempts}")
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: a negated condition retries what cancels or interrupts."
