"""Lets a request through to a `web.Application`, or answers it: the guards of a server on this machine.

What they keep out, and by what, is said in the docstring of the package.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bulk_importer.loading.http_library import web
from bulk_importer.observe.page.guards.door import closed_page, link_asked_page, opened_page
from bulk_importer.observe.page.guards.forms import form_of
from bulk_importer.observe.page.guards.keys import Keys
from bulk_importer.observe.page.guards.origin import Asked, Site
from bulk_importer.observe.page.guards.protection import PROTECTION
from bulk_importer.observe.page.statics import PUBLIC, add_statics

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

__all__ = ["Guards"]

_DOOR = ("/open", "/sign-in", "/link")

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
_log.propagate = False


class Guards:
    """The guards of one application.

    Args:
        site: where the server is reached.
        announce: called with a link, to be printed where the command runs, when somebody asks for one.
    """

    def __init__(
        self,
        site: Site,
        keys: Keys,
        announce: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._site = site
        self._keys = keys
        self._announce = announce
        self._clock = clock
        # Cookies do not respect ports: servers of several runs on one machine must not take each other's.
        prefix = "__Host-" if site.is_secure else ""
        self._cookie = f"{prefix}bulk-importer-{site.port}"

    def protect(self, app: web.Application) -> None:
        """Stand before all routes of `app`, and add those of the door, and of what lies below `PUBLIC`.

        Every answer gets the headers of `PROTECTION`.
        """
        app.middlewares.insert(0, self._guard)
        app.on_response_prepare.append(_protect)
        app.router.add_get("/open", self._open, allow_head=False)
        app.router.add_post("/sign-in", self._sign_in)
        app.router.add_post("/link", self._print_link)
        add_statics(app)

    def link(self) -> str:
        """A new link that opens the server once."""
        return f"{self._site.root}/open?{urlencode({'code': self._keys.code(self._clock())})}"

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = self._site.refusal(_asked(request))
        if refusal is not None:
            return _refused(refusal.status, refusal.why)
        is_open = request.path.startswith(PUBLIC) or request.path in _DOOR
        if not is_open and not self._is_known(request):
            return self._closed(request, 401, "")
        try:
            return await handler(request)
        except web.HTTPException as answer:
            if answer.status >= 400:  # nobody reads what may still come of the body
                answer.force_close()
            raise
        except (ConnectionError, TimeoutError):
            return _refused(503, "This took too long.")
        except Exception:  # noqa: BLE001 - a fault of a page must not reach the run, nor its terminal
            _log.exception("a request failed")
            return _refused(500, "Something went wrong with this page. The run is not touched by that.")

    def _is_known(self, request: web.Request) -> bool:
        return self._keys.is_known(request.cookies.get(self._cookie, ""))

    async def _open(self, request: web.Request) -> web.StreamResponse:
        """Exchange the code of a link for a cookie; not for a browser that only looks ahead."""
        if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
            return _refused(403, "A link is opened by a person.")
        session = self._keys.exchange(request.query.get("code", ""), self._clock())
        if session is None and not self._is_known(request):
            return self._closed(request, 403, "This link was used before, or is too old.")
        return self._opened(session)

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        if not self._keys.has_token:
            return _refused(404, "There is no token.")
        form = await form_of(request)
        if not self._keys.may_type(request.remote or "", self._clock()):
            return self._closed(request, 429, "Too many tries. Wait ten seconds.")
        session = self._keys.sign_in(form.get("token", ""))
        if session is None:
            return self._closed(request, 403, "This is not the token.")
        return self._opened(session)

    async def _print_link(self, _request: web.Request) -> web.StreamResponse:
        """Print a new link; whoever cannot see the terminal gains nothing by it."""
        is_printed = self._keys.may_print(self._clock())
        if is_printed:
            # In a thread: a terminal that was stopped (Ctrl-S) would hold up the run.
            await asyncio.to_thread(self._announce, self.link())
        return _html(link_asked_page(is_printed=is_printed))

    def _opened(self, session: str | None) -> web.Response:
        response = _html(opened_page())
        if session is not None:
            response.set_cookie(
                self._cookie,
                session,
                path="/",
                httponly=True,
                samesite="Strict",
                secure=self._site.is_secure,
            )
        return response

    def _closed(self, request: web.Request, status: int, said: str) -> web.Response:
        if request.method == "GET" or request.path in _DOOR:
            return _html(closed_page(said, has_token=self._keys.has_token), status)
        return _refused(status, "This is closed. Open the page with its link first.")


def _asked(request: web.Request) -> Asked:
    headers = request.headers
    return Asked(
        method=request.method,
        target=request.raw_path,
        hosts=headers.getall("Host", []),
        origins=headers.getall("Origin", []),
        fetch_site=headers.get("Sec-Fetch-Site", ""),
        fetch_mode=headers.get("Sec-Fetch-Mode", ""),
        fetch_dest=headers.get("Sec-Fetch-Dest", ""),
    )


async def _protect(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(PROTECTION)


def _refused(status: int, why: str) -> web.Response:
    """An answer behind which the connection is closed: nobody reads what may still come."""
    response = web.Response(status=status, text=f"{why}\n")
    response.force_close()
    return response


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=text, content_type="text/html")
