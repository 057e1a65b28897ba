"""A turnstile before a server: what runs beside a test is as far as the test lets it be, on the slowest of machines."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from math import inf
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

__all__ = ["Turnstile"]

_OF_ONE_CONNECTION = (
    "Connection",
    "Content-Length",
    "Date",
    "Host",
    "Keep-Alive",
    "Server",
    "Transfer-Encoding",
)


class Turnstile:
    """Passes requests on to a server, so many as it is told to; the others stand before it.

    Args:
        holds: the end of the paths that it is about; what is asked for at others passes.

    Attributes:
        url: what takes the place of the server's.
        waiting: how many requests stand before it.
    """

    def __init__(self, server: str, *, holds: str = "") -> None:
        self.url = ""
        self.waiting = 0
        self._server = server
        self._holds = holds
        # Changed in the event loop alone, which is that of a thread.
        self._left: float = inf
        self._loop = asyncio.new_event_loop()
        self._is_open, self._is_over = threading.Event(), asyncio.Event()

    def let(self, requests: float = inf) -> None:
        """Let so many requests pass from now on, and no more; all of them unless a number is given."""
        done = threading.Event()

        def change() -> None:
            self._left = requests
            done.set()

        self._loop.call_soon_threadsafe(change)
        done.wait()

    def lead(self, process: subprocess.Popen[str], is_so: Callable[[], bool]) -> None:
        """Let requests of a process pass one by one until something is so; the next ones stand before it."""
        self.let(0)
        while True:
            # In this order: what is so before a request stands here is seen before it passes.
            has_come = bool(self.waiting)
            if is_so():
                return
            assert process.poll() is None, process.communicate()
            if has_come:
                self.let(1)
                while self._left:
                    assert process.poll() is None, process.communicate()
                    time.sleep(0.001)

    def stop(self, process: subprocess.Popen[str], number: int = signal.SIGKILL) -> str:
        """Send a signal to a process that stands before it, and let what is in flight pass; what it prints.

        What a killed one had sent that far never comes to the server.
        """
        while not self.waiting:
            assert process.poll() is None, process.communicate()
        process.send_signal(number)
        if number == signal.SIGKILL:
            process.wait()
        else:
            assert process.stderr is not None
            for line in process.stderr:
                if "stopping" in line:
                    break
        self.let()
        out, _ = process.communicate(timeout=60)
        while self.waiting:  # or what a killed one had sent would be taken for a request of the next
            time.sleep(0.001)
        return out

    async def _pass(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        if request.path.endswith(self._holds):
            self.waiting += 1
            while self._left < 1 and request.transport is not None:
                await asyncio.sleep(0.005)
            self.waiting -= 1  # before the others are let go on, which is waited for
            if request.transport is not None:
                self._left -= 1
        if request.transport is None:  # its client has gone, and has used up nothing
            return web.Response()
        url = URL(self._server + request.raw_path, encoded=True)
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                url,
                data=body or None,
                headers=_passed_on(request.headers),
                allow_redirects=False,
            ) as answer,
        ):
            return web.Response(
                status=answer.status, body=await answer.read(), headers=_passed_on(answer.headers)
            )

    async def _serve(self) -> None:
        runner = web.ServerRunner(web.Server(self._pass), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._is_open.set()
        await self._is_over.wait()
        await runner.cleanup()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def __enter__(self) -> Turnstile:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._is_open.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()


def _passed_on(headers: Any) -> dict[str, str]:
    """The headers of a message that are those of the next one, too."""
    return {name: value for name, value in headers.items() if name not in _OF_ONE_CONNECTION}
