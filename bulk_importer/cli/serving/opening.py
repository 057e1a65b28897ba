"""Opens the page of `serve` to browsers, behind all guards."""

from __future__ import annotations

import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bulk_importer.cli import messages
from bulk_importer.errors import UsageError
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["opened_site"]


@asynccontextmanager
async def opened_site(settings: Settings, app: web.Application) -> AsyncIterator[None]:
    from aiohttp import web

    from bulk_importer.observe.page.guards import Guards
    from bulk_importer.observe.page.keys import Keys
    from bulk_importer.observe.page.origin import Site, is_loopback

    host, _, port = (settings.page or "").rpartition(":")
    if not is_loopback(host):
        raise UsageError(f"--page {host}: it listens on this machine alone.")
    held = socket.create_server((host, int(port)))
    guards = Guards(
        Site.at(host, held.getsockname()[1]),
        Keys(lambda: secrets.token_urlsafe(32)),
        lambda link: messages.say(f"Page: {link}"),
    )
    guards.protect(app)
    runner = web.AppRunner(app, access_log=None, lingering_time=0.5, shutdown_timeout=0.3)
    await runner.setup()
    await web.SockSite(runner, held).start()
    messages.say(f"Page: {guards.link()}")
    try:
        yield
    finally:
        await runner.cleanup()
