"""Takes files from a browser: the bytes as they are, where a script sends them, or a form, where none does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from bulk_importer.cli.serving.site.naming import job_of
from bulk_importer.cli.serving.spool.receiving import Reception, UploadRefused
from bulk_importer.cli.serving.work.office import Office, Untimely
from bulk_importer.loading.http_library import aiohttp, web

__all__ = ["UploadRoutes"]

_T = TypeVar("_T")

_LARGEST_NAME = 1024
_PIECE_BYTES = 1 << 16


class UploadRoutes:
    """Where uploads come in over HTTP.

    Args:
        refused: makes the page that says why something was not taken.
    """

    def __init__(
        self, reception: Reception, office: Office, refused: Callable[[str], Awaitable[str]]
    ) -> None:
        self._reception = reception
        self._office = office
        self._refused = refused

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_put("/uploads", self._put, expect_handler=self._expect)
        router.add_post("/uploads", self._post, expect_handler=self._expect)
        router.add_post("/jobs/{id}/corrections", self._correct, expect_handler=self._expect)

    async def _expect(self, request: web.Request) -> web.StreamResponse | None:
        """Answer a client that asks before it sends, as `curl` does with much."""
        try:
            self._reception.require_welcome(request.content_length)
        except UploadRefused as refused:
            return _cut(web.json_response({"message": str(refused)}, status=refused.status))
        if request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    async def _put(self, request: web.Request) -> web.StreamResponse:
        """Take the body as the bytes of a file."""
        try:
            _require_as_it_is(request)
            name = request.query.get("name", "")[:_LARGEST_NAME]
            job = await self._reception.receive(name, request.content_length, request.content.readany)
        except UploadRefused as refused:
            return _cut(web.json_response({"message": str(refused)}, status=refused.status))
        await self._office.add(job)
        return web.json_response({"path": f"/jobs/{job.id}"}, status=201)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        """Take the first file of a form, and show the page of it."""
        try:
            job = await self._of_form(request, self._reception.receive)
        except UploadRefused as refused:
            return await self._said(refused)
        await self._office.add(job)
        raise web.HTTPSeeOther(f"/jobs/{job.id}")

    async def _correct(self, request: web.Request) -> web.StreamResponse:
        """Take the first file of a form as corrected entries of an upload."""
        job = job_of(self._office, request)
        try:
            corrected = await self._of_form(request, partial(self._reception.receive_corrected, job))
            await self._office.correct(job, corrected)
        except UploadRefused as refused:
            return await self._said(refused)
        except Untimely as untimely:
            return await self._said(UploadRefused(409, str(untimely)))
        raise web.HTTPSeeOther(f"/jobs/{job.id}")

    async def _said(self, refused: UploadRefused) -> web.Response:
        page = await self._refused(str(refused))
        return _cut(web.Response(text=page, content_type="text/html", status=refused.status))

    async def _of_form(
        self,
        request: web.Request,
        receive: Callable[[str, int | None, Callable[[], Awaitable[bytes]]], Awaitable[_T]],
    ) -> _T:
        _require_as_it_is(request)
        # What else is in the body is a few bytes around the file.
        self._reception.require_welcome(request.content_length)
        if request.content_type != "multipart/form-data":
            raise UploadRefused(415, "This takes the form of the page, or the bytes of a file.")
        try:
            part = await (await request.multipart()).next()
            if not isinstance(part, aiohttp.BodyPartReader) or not part.filename:
                raise UploadRefused(400, "No file was chosen.")
            return await receive(part.filename[:_LARGEST_NAME], None, _pieces(part))
        except (ValueError, AssertionError, RuntimeError) as error:  # of what is no form as forms are written
            raise UploadRefused(400, "The form cannot be read. Upload it again.") from error


def _pieces(part: aiohttp.BodyPartReader) -> Callable[[], Awaitable[bytes]]:
    """Gives the bytes of a file in a form; none at its end."""

    async def read() -> bytes:
        while not part.at_eof():
            piece = await part.read_chunk(_PIECE_BYTES)
            if piece:
                return bytes(piece)
        return b""

    return read


def _require_as_it_is(request: web.Request) -> None:
    """Raise `UploadRefused` where the body is packed for the way: then its size says nothing."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UploadRefused(
            415, "Send the file as it is, without a Content-Encoding. It may be packed itself."
        )


def _cut(response: web.Response) -> web.Response:
    """An answer behind which the connection is closed: what still comes is not waited for."""
    response.force_close()
    return response
