"""Lets a route know who asks, and for what; refuses callers and bodies before a route begins."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web

from bulk_importer.sandbox.auth import Caller, token_of
from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.refusals import Refused

__all__ = ["Answer", "Asked", "Route", "for_browsers", "for_tokens"]

# For bodies that are not uploads: these are small.
_BODY_SECONDS: Final = 20.0

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request at a route: the caller, the request, and the JSON of its body (None where it is empty)."""

    caller: Caller
    request: web.Request
    body: Any

    def name(self, field: str = "id") -> str:
        """What stands in the path in the place of `{field}`."""
        return self.request.match_info[field]

    def whole(self, field: str, default: int) -> int:
        """A number of the query. Raises `Refused` for what is none."""
        text = self.request.query.get(field)
        if text is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise Refused(400, "ex_validation", field)
        return int(text)

    def an_object(self) -> dict[str, Any]:
        """The body, which must be an object. Raises `Refused` where it is not."""
        if not isinstance(self.body, dict):
            raise Refused(400, "ex_validation")
        return self.body

    def objects(self) -> list[dict[str, Any]]:
        """The body, which must be an array of objects. Raises `Refused` where it is not."""
        if not isinstance(self.body, list) or not all(isinstance(one, dict) for one in self.body):
            raise Refused(400, "ex_validation")
        return self.body


Answer = Callable[[Asked], Awaitable[web.StreamResponse]]


def for_tokens(context: SandboxContext, answer: Answer) -> Route:
    """A route below `/api/v1`."""

    async def route(request: web.Request) -> web.StreamResponse:
        token, now_ms = token_of(request.query, request.headers), context.now_ms()
        caller = await context.on_store(lambda: context.gate.on_token_route(token, now_ms))
        return await answer(Asked(caller, request, await _body(request)))

    return route


def for_browsers(context: SandboxContext, answer: Answer) -> Route:
    """A route that people use in the browser."""

    async def route(request: web.Request) -> web.StreamResponse:
        return await answer(Asked(context.gate.on_browser_route(), request, await _body(request)))

    return route


async def _body(request: web.Request) -> Any:
    if request.method in ("GET", "HEAD"):
        return None
    async with asyncio.timeout(_BODY_SECONDS):
        body = await request.read()
    if not body:
        return None
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise Refused(400, "ex_validation") from error
