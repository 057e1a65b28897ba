"""Writes answers: JSON, error objects, the framework's own errors, and long arrays piece by piece."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus

import orjson
from aiohttp import web

from bulk_importer.sandbox.refusals import Refused

__all__ = ["error_answer", "framework_error", "json_answer", "refusal_answer", "stream_array"]

_JSON = "application/json"


def json_answer(body: object, *, status: int = 200) -> web.Response:
    """An answer whose body is compact JSON."""
    return web.Response(status=status, body=orjson.dumps(body), content_type=_JSON)


def refusal_answer(refused: Refused) -> web.Response:
    """The error object of protocol 2.2, pretty printed as the server does; without a body for a bad request."""
    if refused.status == HTTPStatus.BAD_REQUEST:
        return web.Response(status=refused.status)
    return error_answer(refused.status, refused.answer())


def error_answer(status: int, answer: Mapping[str, object]) -> web.Response:
    """An error object as the server writes it: pretty printed, with a question mark for half a surrogate pair."""
    text = json.dumps(answer, indent=2, ensure_ascii=False)
    body = text.encode("utf-8", "replace")
    return web.Response(status=status, body=body, headers={"Content-Type": f"{_JSON};charset=utf-8"})


def framework_error(error: web.HTTPException, path: str) -> web.Response:
    """The answer where no route matches: the framework's error object for 404, else no body (protocol 2.2)."""
    if error.status != HTTPStatus.NOT_FOUND:
        allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return web.Response(status=error.status, headers=allowed)
    body = {"timestamp": int(time.time() * 1000), "status": error.status, "error": "Not Found", "path": path}
    return json_answer(body, status=error.status)


async def stream_array(
    request: web.Request,
    pieces: AsyncIterator[list[object]],
    *,
    before: bytes = b"",
    after: bytes = b"",
    headers: dict[str, str] | None = None,
) -> web.StreamResponse:
    """Write a JSON array whose elements come in pieces, so that nobody holds all of them.

    Args:
        before, after: JSON text that is written around the array.
    """
    response = web.StreamResponse(headers={"Content-Type": _JSON, **(headers or {})})
    first: list[object] = await anext(pieces, [])
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    await response.write(before + b"[" + b",".join(map(orjson.dumps, first)))
    separator = b"," if first else b""
    async for piece in pieces:
        if piece:
            await response.write(separator + b",".join(map(orjson.dumps, piece)))
            separator = b","
    await response.write(b"]" + after)
    await response.write_eof()
    return response
