"""Shows the demo in a browser: what its two imports, which are processes of their own, leave in the checkpoint."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

from bulk_importer.cli import messages, streams
from bulk_importer.cli.watching.browsers.foreign_page import CheckpointsSeen
from bulk_importer.cli.watching.browsers.opening import opened_page
from bulk_importer.settings import Settings

__all__ = ["beside_a_page"]

_PATIENCE_SECONDS = 120.0
"""How long the demo waits for somebody to open its page."""


@asynccontextmanager
async def beside_a_page(checkpoint: Path, settings: Settings) -> AsyncIterator[None]:
    """Show a checkpoint, which need not be there yet, in a browser while this is open.

    On a terminal it begins when the page is open, and ends when a person says so.

    Raises:
        UsageError: nothing can be served as the settings ask for it.
    """
    with ExitStack() as opened:
        seen = CheckpointsSeen("demo", [checkpoint], opened, is_begun=True)
        async with opened_page(settings, seen.look) as page:
            with _pressed() as enter:
                if enter is not None:
                    messages.say(
                        "Open it to see the demo from its beginning, or press Enter to begin without."
                    )
                    await _first_of(page.opened, enter)
            yield
            with _pressed() as enter:
                if enter is not None:
                    messages.say("\nThe page is there until you press Enter.")
                    await enter.wait()


async def _first_of(page: asyncio.Event, enter: asyncio.Event) -> None:
    async def wait_for(event: asyncio.Event) -> None:
        await event.wait()
        page.set()

    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS), asyncio.TaskGroup() as both:
            waiting = both.create_task(wait_for(enter))
            await page.wait()
            waiting.cancel()


@contextmanager
def _pressed() -> Iterator[asyncio.Event | None]:
    """Set by Enter, or by Ctrl-C; None where there is no terminal."""
    if not (sys.stdin.isatty() and streams.is_screen(sys.stderr)):
        yield None
        return
    pressed, loop, stdin = asyncio.Event(), asyncio.get_running_loop(), sys.stdin.fileno()

    def take() -> None:
        sys.stdin.readline()
        pressed.set()

    loop.add_reader(stdin, take)
    loop.add_signal_handler(signal.SIGINT, pressed.set)
    try:
        yield pressed
    finally:
        loop.remove_reader(stdin)
        loop.remove_signal_handler(signal.SIGINT)
