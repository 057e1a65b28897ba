"""Opens buckets by obstore, which is installed with the extra `cloud`: s3://, gs:// and az://.

Credentials, region and endpoint come from where the programs of each cloud take them: its variables (`AWS_*`,
`GOOGLE_*`, `AZURE_*`), or the machine. obstore tries a request again by itself, where its answer was lost or an error
of the server.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bulk_importer.errors import LibraryMissing, UsageError

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
_GOOGLE_ENDPOINT = "STORAGE_EMULATOR_HOST"


def open_store(url: str, *, answer_seconds: float | None = None) -> ObjectStore:
    """The bucket, or what in it begins with a prefix, that `url` names. Nothing is asked of it yet.

    Args:
        answer_seconds: how long a request may take, and how much longer it is tried again in all; None: as obstore has
            it, minutes.

    Raises:
        LibraryMissing: obstore is not installed.
        UsageError: it cannot be opened as what it says, or the environment lacks something that has to be said.
    """
    try:
        import obstore.store
        from obstore.exceptions import BaseError
    except ImportError as error:
        raise LibraryMissing(url, "obstore") from error
    options: ClientConfig = {}
    # An endpoint without TLS is what a person means who names one.
    if any(os.environ.get(name, "").startswith("http://") for name in (*_ENDPOINTS, _GOOGLE_ENDPOINT)):
        options["allow_http"] = True
    more = _google_endpoint() if url.startswith("gs://") else {}
    if answer_seconds is not None:
        patience = timedelta(seconds=answer_seconds)
        options["timeout"] = patience
        more["retry_config"] = {"retry_timeout": patience}
    try:
        return obstore.store.from_url(url, client_options=options, **more)
    except (BaseError, ValueError) as error:
        missing = (
            " Say which account: set AZURE_STORAGE_ACCOUNT_NAME." if "MissingAccount" in str(error) else ""
        )
        raise UsageError(f"{url} cannot be opened: {said_of(error)}.{missing}") from error


def _google_endpoint() -> dict[str, Any]:
    """What Google's own libraries make of their variable for a stand-in of the service, and obstore does not know."""
    url = os.environ.get(_GOOGLE_ENDPOINT)
    if not url:
        return {}
    account = {"gcs_base_url": url, "disable_oauth": True}
    unused = dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
    return {"service_account_key": json.dumps(account | unused)}


def said_of(error: Exception) -> str:
    """What obstore says of an error: its first line; the others are for its developers."""
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def expired(error: Exception) -> bool:
    """Whether a request was refused because the credentials have run out, as those of a role do within hours."""
    return "<Code>ExpiredToken</Code>" in str(error)
