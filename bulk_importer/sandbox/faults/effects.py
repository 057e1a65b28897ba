"""Makes faults happen at a connection: resets, answers that break off or never come, statuses of a proxy."""

from __future__ import annotations

import asyncio
import socket
import struct
from email.utils import formatdate
from time import time

from aiohttp import web

from bulk_importer.sandbox.faults.clock import CostClock
from bulk_importer.sandbox.faults.script import Fault

__all__ = ["half_an_answer", "no_answer", "reset", "status_answer"]


def reset(request: web.Request) -> web.Response:
    """Reset the connection of a request (RST, not FIN). aiohttp wants a response; nobody receives it."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


def status_answer(fault: Fault) -> web.Response:
    """Build the answer that a fault gives in place of the server's, with `Retry-After` and headers as scripted."""
    text, content_type = fault.page()
    status = fault.answer if isinstance(fault.what, str) else fault.what
    response = web.Response(status=status or 502, text=text, content_type=content_type)
    if fault.retry_after is not None:
        response.headers["Retry-After"] = _retry_after(fault)
    response.headers.update(fault.headers)
    return response


def _retry_after(fault: Fault) -> str:
    if isinstance(fault.retry_after, str):
        return fault.retry_after
    seconds = fault.retry_after or 0.0
    return formatdate(time() + seconds, usegmt=True) if fault.retry_after_date else f"{seconds:g}"


async def half_an_answer(request: web.Request, whole: web.StreamResponse) -> web.StreamResponse:
    """Send the head of an answer and half of its body, then close the connection."""
    body = whole.body if isinstance(whole, web.Response) and isinstance(whole.body, bytes) else b"{}"
    response = web.StreamResponse(status=whole.status, headers={"Content-Type": whole.content_type})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    # A reset would throw away what the client has not read yet; the end of the stream does not.
    if request.transport is not None:
        request.transport.close()
    return response


async def no_answer(request: web.Request, clock: CostClock, seconds: float) -> web.Response:
    """Answer nothing until the client has gone, or for `seconds` (0: for ever), then reset."""
    begin = clock.elapsed()
    # aiohttp tells nobody that a client has gone.
    while not _has_gone(request) and (seconds == 0 or clock.elapsed() - begin < seconds):  # noqa: ASYNC110 - see above
        await asyncio.sleep(0.05)
    return reset(request)


def _has_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
