"""Opens buckets by obstore, which is installed with the extra `cloud`: s3://, gs:// and az://.

Credentials, region and endpoint come from where the programs of each cloud take them: its variables (`AWS_*`,
`GOOGLE_*`, `AZURE_*`), or the machine. obstore tries a request again by itself, where its answer was lost or an error
of the server.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from bulk_importer.errors import LibraryMissing

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore

__all__ = ["BUCKET_SCHEMES", "expired", "open_store", "said_of"]

BUCKET_SCHEMES = ("s3", "gs", "az")
_ENDPOINTS = (
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT",
    "AZURE_STORAGE_ENDPOINT",
    "AZURE_ENDPOINT",
)


def open_store(url: str, *, answer_seconds: float | None = None) -> ObjectStore:
    """The bucket, or what in it begins with a prefix, that `url` names. Nothing is asked of it yet.

    Args:
        answer_seconds: how long a request may take, and how much longer it is tried again in all; None: as obstore has
            it, minutes.

    Raises:
        LibraryMissing: obstore is not installed.
        ValueError, obstore.exceptions.BaseError: it cannot be opened as what it says.
    """
    try:
        import obstore.store
    except ImportError as error:
        raise LibraryMissing(url, "obstore") from error
    options: ClientConfig = {}
    # An endpoint without TLS is what a person means who names one.
    if any(os.environ.get(name, "").startswith("http://") for name in _ENDPOINTS):
        options["allow_http"] = True
    if answer_seconds is None:
        return obstore.store.from_url(url, client_options=options)
    patience = timedelta(seconds=answer_seconds)
    options["timeout"] = patience
    return obstore.store.from_url(url, client_options=options, retry_config={"retry_timeout": patience})


def said_of(error: Exception) -> str:
    """What obstore says of an error: its first line; the others are for its developers."""
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def expired(error: Exception) -> bool:
    """Whether a request was refused because the credentials have run out, as those of a role do within hours."""
    return "<Code>ExpiredToken</Code>" in str(error)
