"""A page of a run as an application: whole when it is opened, and in pieces, as they change, while somebody looks.

Nothing is written while nobody looks, and once a second at most where somebody does, however many look. Each looker
gets the pieces that he does not have yet, so that a slow one misses what was in between and holds nothing up.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from bulk_importer.loading.http_library import web
from bulk_importer.observe.page.guards.forms import form_of
from bulk_importer.observe.page.running.icons import icon
from bulk_importer.observe.page.running.pacing import command_of
from bulk_importer.observe.page.running.pieces import drawn_course, pieces, title_of
from bulk_importer.observe.page.running.plots import columns_of
from bulk_importer.observe.page.running.view import View
from bulk_importer.observe.page.running.whole import stop_page, whole_page
from bulk_importer.observe.page.running.words import shown_state
from bulk_importer.steering.values import Command, Controls, Standing

if TYPE_CHECKING:
    from aiohttp_sse import EventSourceResponse

__all__ = ["LivePage"]

_SECONDS_BETWEEN = 1.0
_SECONDS_BETWEEN_PLOTS = 2.0
_MOST_LOOKERS = 8
_MOST_OF_A_BROWSER = 4
"""A browser has six connections to a server, and needs some to load another page."""
_SEND_SECONDS = 5.0
_PING_SECONDS = 10.0
_BY_SCRIPT = "text/event-stream"
"""What the script of the page accepts, and no form does: it is told what became of a command as of all else."""
_LINGER_SECONDS = 0.4
"""How long the end of a command may wait for browsers to be told."""


class _Seen(msgspec.Struct, frozen=True):
    """A view, written."""

    at: float
    title: str
    icon: str
    pieces: Mapping[str, str]
    columns: Mapping[str, Any]


class _Looker:
    """One window that is told what changes; `browser` is the same for all windows that share their connections."""

    def __init__(self, browser: str) -> None:
        self.browser = browser
        # Set by the page: something has changed that should not wait; this one has to leave.
        self.poked = asyncio.Event()
        self.must_leave = False


class LivePage:
    """The page of one command.

    Args:
        look: how it stands; asked once a second at most, and only while somebody looks.
        controls: who obeys; None where nobody does.

    Attributes:
        opened: set when somebody looks for the first time.
        said: what the latest command was answered, in a sentence.
    """

    def __init__(self, look: Callable[[], Awaitable[View]], controls: Controls | None = None) -> None:
        self._look = look
        self._controls = controls
        # Changed by `_now`, under the lock: what was seen last, and the columns of plots with their time.
        self._seen: _Seen | None = None
        self._columns: tuple[float, Mapping[str, Any]] = (0.0, {})
        self._lock = asyncio.Lock()
        # Changed where browsers come and go, by `_do`, and by `end`.
        self._lookers: deque[_Looker] = deque()
        self._all_gone = asyncio.Event()
        self.opened = asyncio.Event()
        self.said = ""
        self._is_over = False

    def add_to(self, app: web.Application) -> None:
        """Give `app` the routes of the page."""
        app.router.add_get("/", self._whole)
        app.router.add_get("/events", self._events, allow_head=False)
        if self._controls is not None:
            app.router.add_get("/stop", self._ask)
            app.router.add_post("/do", self._do)

    async def end(self) -> None:
        """Tell whoever looks that nothing comes any more; returns when they know, or a moment later."""
        self._is_over = True
        self._poke()
        if self._lookers:
            self._all_gone.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LINGER_SECONDS):
                    await self._all_gone.wait()

    def _poke(self) -> None:
        """Let what was seen be seen anew."""
        self._seen = None
        for each in self._lookers:
            each.poked.set()

    async def _now(self) -> _Seen:
        async with self._lock:
            now = time.monotonic()
            if self._seen is None or now - self._seen.at >= _SECONDS_BETWEEN:
                view = await self._look()
                if self._is_over or now - self._columns[0] >= _SECONDS_BETWEEN_PLOTS:
                    self._columns = (now, columns_of(view.course))
                self._seen = _Seen(
                    now,
                    title_of(view),
                    _icon_of(view.standing),
                    {place: piece.text for place, piece in pieces(view).items()},
                    self._columns[1],
                )
            return self._seen

    async def _whole(self, _request: web.Request) -> web.Response:
        view = await self._look()
        text = whole_page(
            title_of(view),
            _icon_of(view.standing),
            pieces(view),
            drawn_course(view),
            may_steer=self._controls is not None,
        )
        return web.Response(text=text, content_type="text/html")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Tell a browser what changes, until it leaves or nothing comes any more."""
        from aiohttp_sse import sse_response

        looker = _Looker(request.headers.get("Cookie", ""))
        self._lookers.append(looker)
        self.opened.set()
        self._make_room(looker)
        try:
            async with sse_response(
                request, send_timeout=_SEND_SECONDS, ping_interval=_PING_SECONDS
            ) as stream:
                with suppress(ConnectionError, TimeoutError):
                    await self._tell(stream, looker)
        finally:
            with suppress(ValueError):
                self._lookers.remove(looker)
            if not self._lookers:
                self._all_gone.set()
        return stream

    def _make_room(self, looker: _Looker) -> None:
        """Let windows leave that came before, the oldest first, where this is one too many."""
        same = [each for each in self._lookers if each.browser == looker.browser]
        for each in {*same[:-_MOST_OF_A_BROWSER], *list(self._lookers)[:-_MOST_LOOKERS]}:
            self._lookers.remove(each)
            each.must_leave = True
            each.poked.set()

    async def _tell(self, stream: EventSourceResponse, looker: _Looker) -> None:
        told: dict[str, Any] = {}
        while stream.is_connected() and not looker.must_leave:
            is_over = self._is_over
            seen = await self._now()
            head = {"title": seen.title, "icon": seen.icon}
            new = {place: text for place, text in seen.pieces.items() if told.get(place) != text}
            for name, value, is_new in (
                ("head", head, told.get("head") != head),
                ("pieces", new, bool(new)),
                ("plots", seen.columns, told.get("plots") is not seen.columns),
            ):
                if is_new:
                    await stream.send(msgspec.json.encode(value).decode(), event=name)
            told.update(new, head=head, plots=seen.columns)
            if is_over:
                await stream.send("", event="over")
                return
            await _woken(looker)
        if looker.must_leave:
            await stream.send("", event="full")

    async def _ask(self, _request: web.Request) -> web.Response:
        view = await self._look()
        return web.Response(text=stop_page(title_of(view), _icon_of(view.standing)), content_type="text/html")

    async def _do(self, request: web.Request) -> web.Response:
        """Do what a button says, and lead back to the page, which shows what became of it."""
        assert self._controls is not None  # there is no such route without
        form = await form_of(request)
        word = form.get("do", "")
        if word == "stop" and form.get("sure") != "yes":
            raise web.HTTPSeeOther("/stop")
        standing = self._controls.obey(Command(do="status"), by="page").standing
        command = command_of(word, standing)
        if isinstance(command, str):
            self.said = command
        else:
            answer = self._controls.obey(command, by="page")
            self.said = answer.refused or answer.said
        self._poke()
        if _BY_SCRIPT in request.headers.get("Accept", ""):
            return web.Response(status=204)
        raise web.HTTPSeeOther("/")


async def _woken(looker: _Looker) -> None:
    """Wait until it is time to look again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS_BETWEEN):
            await looker.poked.wait()
    looker.poked.clear()


def _icon_of(standing: Standing) -> str:
    """The sign for the tab, which moves in steps of five percent.

    It is in the address itself: how the run ended is shown when nobody is there any more to be asked for a picture.
    """
    percent = None if standing.percent is None else standing.percent // 5 * 5
    return f"data:image/svg+xml,{quote(icon(shown_state(standing), percent).text)}"
