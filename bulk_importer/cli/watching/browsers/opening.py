"""Opens pages to browsers as settings ask for it, behind all guards, and prints the link that lets one in."""

from __future__ import annotations

import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import messages
from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import text_of
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.loading.http_library import web
    from bulk_importer.observe.page.running import LivePage, View
    from bulk_importer.steering import Controls

__all__ = ["opened_page", "opened_site"]
_SHORTEST_TOKEN = 16


@asynccontextmanager
async def opened_page(
    settings: Settings, look: Callable[[], Awaitable[View]], controls: Controls | None = None
) -> AsyncIterator[LivePage]:
    """Serve the page of a run at the address of `--page` as long as this is open; in the end whoever looks is told.

    Args:
        look: how it stands; asked only while somebody looks.
        controls: who obeys; None where nobody does.

    Raises:
        UsageError: nothing can be served there, or not as it is asked for.
    """
    from bulk_importer.loading.http_library import web
    from bulk_importer.observe.page.running import LivePage

    page, app = LivePage(look, controls), web.Application(client_max_size=1 << 12)
    page.add_to(app)
    async with opened_site(settings, app):
        try:
            yield page
        finally:
            await page.end()


@asynccontextmanager
async def opened_site(settings: Settings, app: web.Application) -> AsyncIterator[None]:
    """Serve `app` at the address of `--page` as long as this is open, behind all guards.

    Raises:
        UsageError: nothing can be served there, or not as it is asked for.
    """
    from bulk_importer.observe.page.guards import Guards, Keys, Site
    from bulk_importer.observe.page.listening import bound, serving

    assert settings.page is not None  # or nobody had asked for a page
    host, _, port = settings.page.rpartition(":")
    tls, token = _tls(settings), _token(settings)
    _require_safe(host, is_safe=tls is not None and token is not None)
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
    messages.hand_over(
        f"Page: {link}\n  The link opens it in one browser, within ten minutes; at {root} others have one printed here."
    )


def _require_safe(host: str, *, is_safe: bool) -> None:
    """Raise `UsageError` where others could read along, or steer."""
    from bulk_importer.observe.page.guards import is_loopback

    if not is_safe and not is_loopback(host):
        raise UsageError(
            f"--page {host}: other machines reach that address, and so it needs --page-tls FILE and --page-token-file "
            "FILE. Or let it listen at 127.0.0.1, and reach it from elsewhere through 'ssh -L'."
        )


def _tls(settings: Settings) -> ssl.SSLContext | None:
    from bulk_importer.observe.page.listening import tls_from

    return None if settings.page_tls is None else tls_from(Path(settings.page_tls), "--page-tls")


def _token(settings: Settings) -> str | None:
    if settings.page_token_file is None:
        return None
    token = text_of(settings.page_token_file, "The token file of the page").strip()
    if len(token) < _SHORTEST_TOKEN or not token.isprintable():
        raise UsageError(
            f"--page-token-file {settings.page_token_file}: a token is one line of at least {_SHORTEST_TOKEN} signs. "
            "'openssl rand -hex 16' prints one."
        )
    return token
