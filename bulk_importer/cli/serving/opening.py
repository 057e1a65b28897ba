"""Opens the site of `serve` to browsers, behind all guards, and prints the link that lets one in."""

from __future__ import annotations

import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import messages
from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import text_of
from bulk_importer.levels import Level
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["opened_site"]

_ANY_PORT = "127.0.0.1:0"
_SHORTEST_TOKEN = 16


@asynccontextmanager
async def opened_site(settings: Settings, app: web.Application) -> AsyncIterator[None]:
    """Serve `app` at the address of `--page`, or at any port of this machine, as long as this is open.

    Raises:
        UsageError: nothing can be served there, or not as it is asked for.
    """
    from bulk_importer.observe.page.guards import Guards, Keys, Site, is_loopback
    from bulk_importer.observe.page.listening import bound, serving, tls_from

    host, _, port = (settings.page or _ANY_PORT).rpartition(":")
    tls = None if settings.page_tls is None else tls_from(Path(settings.page_tls), "--page-tls")
    token = _token(settings)
    if not is_loopback(host) and (tls is None or token is None):
        raise UsageError(
            f"--page {host}: other machines reach that address, and so it needs --page-tls FILE and --page-token-file "
            "FILE. Or let it listen at 127.0.0.1, and reach it from elsewhere through 'ssh -L'."
        )
    held = bound(host, int(port), "--page")
    scheme, names = "https" if tls else "http", [socket.gethostname()]
    site = Site.at(host, held.getsockname()[1], scheme=scheme, names=names)
    guards = Guards(site, Keys(lambda: secrets.token_urlsafe(32), token), _hand_over)
    guards.protect(app)
    async with serving(app, held, tls):
        _hand_over(guards.link())
        yield


def _hand_over(link: str) -> None:
    root = link.rpartition("/open")[0]
    messages.say(
        f"Page: {link}\n  The link opens it in one browser, within ten minutes. At {root} others have one printed "
        "here.",
        Level.ERROR,  # also where little is told: without it nobody gets in
    )


def _token(settings: Settings) -> str | None:
    """What a person may type in; None where there is none."""
    if settings.page_token_file is None:
        return None
    token = text_of(settings.page_token_file, "The token file of the page").strip()
    if len(token) < _SHORTEST_TOKEN or not token.isprintable():
        raise UsageError(
            f"--page-token-file {settings.page_token_file}: a token is one line of at least {_SHORTEST_TOKEN} signs. "
            "'openssl rand -hex 16' prints one."
        )
    return token
