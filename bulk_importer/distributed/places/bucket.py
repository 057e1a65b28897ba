"""A prefix in a bucket as a place: s3://, gs:// and az://, by obstore.

What has to be created by one alone is put on the condition that nothing is there. obstore tries a put again whose
answer was lost; the second try is refused then, by what the first one put there. So who is refused reads what is there:
where that is the very content that it was to create, it was its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.errors import PlaceUnusable, UsageError
from bulk_importer.sources.buckets.stores import expired, open_store, said_of

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["BucketPlace", "open_bucket"]

_ANSWER_SECONDS = 10.0
"""How long a request may take, and how long it is tried again: several fit into a usual lease."""


def open_bucket(url: str) -> BucketPlace:
    """The place that `url` names. Nothing is asked of it yet.

    Raises:
        UsageError: it names none, or obstore is not installed, or lacks something that only the user can say.
    """
    from urllib.parse import urlsplit

    scheme, netloc, path, *_ = urlsplit(url)
    if not netloc or not path.strip("/"):
        raise UsageError(f"{url} names no place in a bucket; write {scheme}://BUCKET/PREFIX.")
    store = open_store(url.rstrip("/"), answer_seconds=_ANSWER_SECONDS)
    return BucketPlace(url.rstrip("/"), store)


class BucketPlace:
    """The objects whose names begin with one prefix."""

    folder: Path | None = None

    def __init__(self, name: str, store: ObjectStore) -> None:
        self.name = name
        self._store = store

    def read(self, key: str) -> bytes | None:
        import obstore

        with self._told():
            try:
                return bytes(obstore.get(self._store, key).bytes())
            except FileNotFoundError as error:
                self._require_bucket(error)
                return None

    def create(self, key: str, content: bytes) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with self._told():
            try:
                obstore.put(self._store, key, content, mode="create")
            except AlreadyExistsError:
                return self.read(key) == content
            return True

    def replace(self, key: str, content: bytes) -> None:
        import obstore

        with self._told():
            # In parts, what is broken off would leave some that nobody sees and everybody pays.
            obstore.put(self._store, key, content, use_multipart=False)

    def remove(self, key: str) -> None:
        import obstore

        with self._told():
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError as error:
                self._require_bucket(error)

    def names(self, prefix: str) -> Sequence[str]:
        with self._told():
            return sorted(self._below(*prefix.rpartition("/")[::2]))

    def _below(self, folder: str, beginning: str) -> Iterator[str]:
        """Names below `folder` that go on with `beginning`, without a look at what lies below others of them."""
        import obstore

        if not beginning:
            for chunk in obstore.list(self._store, prefix=folder or None):
                yield from (found["path"] for found in chunk)
            return
        level = obstore.list_with_delimiter(self._store, prefix=folder or None)
        begins = f"{folder}/{beginning}" if folder else beginning
        yield from (found["path"] for found in level["objects"] if found["path"].startswith(begins))
        for below in level["common_prefixes"]:
            if below.startswith(begins):
                yield from self._below(below, "")

    def _require_bucket(self, error: Exception) -> None:
        """Raise `PlaceUnusable` where what is missing is the whole bucket."""
        if "<Code>NoSuchBucket</Code>" in str(error) or "ContainerNotFound" in str(error):
            raise PlaceUnusable(self.name, "there is no such bucket", advice=_NO_BUCKET) from error

    @contextmanager
    def _told(self) -> Iterator[None]:
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

        try:
            yield
        except (BaseError, OSError) as error:
            if expired(error):
                reason, advice = "the credentials have run out", _RENEW
            elif any(part in str(error) for part in _METADATA):
                reason, advice = "there are no credentials, in variables or of this machine", _NAME
            elif isinstance(error, UnauthenticatedError | PermissionDeniedError):
                reason, advice = "the credentials do not allow it", _ALLOW
            else:
                self._require_bucket(error)
                reason, advice = said_of(error), ""
            raise PlaceUnusable(self.name, reason, advice=advice) from error


_METADATA = ("/latest/api/token", "/metadata/identity", "metadata.google.internal")
"""Where machines of clouds have their credentials: that is asked when no variable has any."""
_NAME = "Set those of the cloud, such as AWS_ACCESS_KEY_ID, then run the same command again."
_NO_BUCKET = "Make it, or name another place; then run the same command again."
_RENEW = "Renew them, then run the same command again; it resumes, and nothing was sent without a record."
_ALLOW = (
    "A worker reads, writes, lists and deletes objects below that prefix: allow that, then run the same command again; "
    "nothing was sent without a record."
)
