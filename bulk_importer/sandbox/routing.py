"""Makes routes of handlers: finds the caller and reads the body, or refuses both, before the handler begins."""

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
from bulk_importer.sandbox.responses import json_answer

__all__ = ["ApiCall", "Handler", "Route", "for_browsers", "for_tokens", "in_transaction", "on_store"]

# For bodies that are not uploads: these are small.
_BODY_SECONDS: Final = 20.0

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request to a handler: the caller, the request, and the JSON of its body (None if it is empty)."""

    caller: Caller
    request: web.Request
    body: Any

    def in_path(self, field: str = "id") -> str:
        """The text that stands in the path in place of `{field}`."""
        return self.request.match_info[field]

    def query_number(self, field: str, default: int) -> int:
        """The whole number of a query parameter. Raises `Refused` if it is not made of one to nine digits."""
        text = self.request.query.get(field)
        if text is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise Refused(400, "ex_validation", field)
        return int(text)

    def an_object(self) -> dict[str, Any]:
        """The body, if it is an object. Raises `Refused` if it is not."""
        if not isinstance(self.body, dict):
            raise Refused(400, "ex_validation")
        return self.body

    def objects(self) -> list[dict[str, Any]]:
        """The body, if it is an array of objects. Raises `Refused` if it is not."""
        if not isinstance(self.body, list) or not all(isinstance(one, dict) for one in self.body):
            raise Refused(400, "ex_validation")
        return self.body


Handler = Callable[[ApiCall], Awaitable[web.StreamResponse]]


def for_tokens(context: SandboxContext, handler: Handler) -> Route:
    """Make a route below `/api/v1`, where callers have tokens."""

    async def route(request: web.Request) -> web.StreamResponse:
        token, now_ms = token_of(request.query, request.headers), context.now_ms()
        caller = await context.on_store(lambda: context.authorizer.on_token_route(token, now_ms))
        return await handler(ApiCall(caller, request, await _body(request)))

    return route


def for_browsers(context: SandboxContext, handler: Handler) -> Route:
    """Make a route that browsers use."""

    async def route(request: web.Request) -> web.StreamResponse:
        return await handler(ApiCall(context.authorizer.on_browser_route(), request, await _body(request)))

    return route


def on_store(context: SandboxContext, work: Callable[[ApiCall], object]) -> Handler:
    """Make a handler of `work`, which runs on the store's thread and returns the JSON to answer (None: no body)."""
    return _handler(context.on_store, work)


def in_transaction(context: SandboxContext, work: Callable[[ApiCall], object]) -> Handler:
    """Make a handler of `work` as `on_store` does, with all that `work` writes as one transaction."""
    return _handler(context.in_transaction, work)


def _handler(
    run: Callable[[Callable[[], object]], Awaitable[object]], work: Callable[[ApiCall], object]
) -> Handler:
    async def handler(call: ApiCall) -> web.StreamResponse:
        made = await run(lambda: work(call))
        return web.Response() if made is None else json_answer(made)

    return handler


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
