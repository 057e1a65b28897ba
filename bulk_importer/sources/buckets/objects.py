"""Reads an object of a bucket, `s3://bucket/key`, `gs://bucket/key` or `az://container/key`, by obstore.

A request asks for what had the ETag of the first one, so that a change meanwhile is noticed.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bulk_importer.errors import SourceUnreadable, UsageError
from bulk_importer.sources.buckets.stores import expired, open_store, said_of
from bulk_importer.sources.interfaces import GOES_ON, Owned, Stream, changed

__all__ = ["BucketSource", "open_object"]

# A request takes some 30 ms before its first byte, so small ones would spend their time waiting.
_PIECE_BYTES = 8 << 20


async def open_object(url: str) -> BucketSource:
    """Look up the object that `url` names.

    Raises:
        SourceUnreadable: there is no such object, or it may not be read.
        LibraryMissing: obstore is not installed.
        UsageError: the URL names no object, or as `open_store` has it.
    """
    parts = urlsplit(url)
    key = parts.path.lstrip("/")
    if not parts.netloc or not key:
        raise UsageError(f"{url} names no object; write {parts.scheme}://BUCKET/KEY.")
    store = open_store(f"{parts.scheme}://{parts.netloc}")
    import obstore
    from obstore.exceptions import BaseError

    try:
        found = await obstore.head_async(store, key)
    except (BaseError, OSError) as error:
        raise _unreadable(url, error) from error
    return BucketSource(url, store, key, found["size"], found["e_tag"])


class BucketSource(Owned):
    """One object of a bucket; can be read from any byte."""

    seekable = True
    repeatable = True
    lines = False
    plain = True
    file: int | None = None
    descriptor: int | None = None

    def __init__(self, name: str, store: Any, key: str, size: int, version: str | None) -> None:
        self.name = name
        self.size: int | None = size
        self.version = version
        self._length = size
        self._store = store
        self._key = key

    async def head(self, length: int) -> bytes:
        return await self.part(0, length)

    async def stream(self, offset: int) -> Stream:
        return _BucketStream(self, offset)

    async def part(self, start: int, length: int) -> bytes:
        """The bytes `[start, start + length)`, fewer only at the end."""
        import obstore
        from obstore.exceptions import BaseError, PreconditionError

        stop = min(start + length, self._length)
        if start >= stop:
            return b""
        try:
            answer = await obstore.get_async(
                self._store, self._key, options={"range": (start, stop), "if_match": self.version}
            )
            return bytes(await answer.bytes_async())
        except PreconditionError as error:
            raise changed(self.name) from error
        except (BaseError, OSError) as error:
            if expired(error):
                advice = "Renew them, and the same command resumes from there."
                raise SourceUnreadable(self.name, "the credentials have run out", advice=advice) from error
            raise _unreadable(self.name, error, advice=GOES_ON) from error

    def check_unchanged(self) -> None:
        """Each request asks for the version that was there at the first one."""

    async def aclose(self) -> None:
        """obstore closes its connections by itself."""


class _BucketStream:
    """The bytes of an object from an offset on."""

    def __init__(self, source: BucketSource, offset: int) -> None:
        # Changed by `read` alone: where the next request begins, and what the last one brought.
        self._source = source
        self._offset = offset
        self._ahead = memoryview(b"")

    async def read(self, limit: int) -> bytes:
        if not self._ahead:
            self._ahead = memoryview(await self._source.part(self._offset, _PIECE_BYTES))
            self._offset += len(self._ahead)
        piece, self._ahead = self._ahead[:limit], self._ahead[limit:]
        return bytes(piece)

    async def aclose(self) -> None:
        self._ahead = memoryview(b"")


def _unreadable(name: str, error: Exception, advice: str = "") -> SourceUnreadable:
    return SourceUnreadable(name, said_of(error), advice=advice)
