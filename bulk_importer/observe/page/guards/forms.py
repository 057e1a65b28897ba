"""Reads what a form of a page sends: a few short values, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl

from bulk_importer.loading.http_library import web

__all__ = ["form_of"]

_MOST_BYTES = 4096
_MOST_FIELDS = 16
_PATIENCE_SECONDS = 10.0


async def form_of(request: web.Request) -> Mapping[str, str]:
    """The values of a form by name; of several values of one name the last.

    Raises:
        web.HTTPException: it is no form, it is too long, or it does not come in time.
    """
    if request.content_type != "application/x-www-form-urlencoded" or "Content-Encoding" in request.headers:
        raise web.HTTPUnsupportedMediaType(text="This takes a form.")
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise web.HTTPRequestEntityTooLarge(max_size=_MOST_BYTES, actual_size=len(body))
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text="The form did not come in time.") from error
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise web.HTTPBadRequest(text="The form cannot be read.") from error
