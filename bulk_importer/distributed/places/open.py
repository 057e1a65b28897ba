"""Opens the place of a plan that the user named, and tries whether it is one."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.errors import PlaceUnusable, UsageError
from bulk_importer.sources.buckets.stores import BUCKET_SCHEMES

__all__ = ["open_place", "try_place"]


def open_place(spec: str) -> Place:
    """The place that `spec` names: a folder, or a prefix in a bucket. Nothing is asked of it, nor need be there.

    Raises:
        UsageError: it is something else, or obstore is not installed.
    """
    scheme, found, _ = spec.partition("://")
    if not found:
        return FolderPlace(Path(spec))
    if scheme in BUCKET_SCHEMES:
        from bulk_importer.distributed.places.bucket import open_bucket

        return open_bucket(spec)
    raise UsageError(f"{scheme}:// is not known. A plan lies in a folder, or below s3://, gs:// or az://.")


def try_place(place: Place) -> None:
    """Write there, read it, and see that what was created is not created once more; leaves nothing. Blocks.

    All that keeps two workers from sending the same rests on that, and some servers that speak S3 do not know it.

    Raises:
        PlaceUnusable: it cannot be written, or does not keep to that.
    """
    key = f"try-{secrets.token_hex(8)}"
    try:
        if not place.create(key, b"one") or place.create(key, b"two") or place.read(key) != b"one":
            reason = "it does not refuse to create what is there already, so two workers could send the same"
            advice = (
                "Use a bucket whose server knows conditional puts (If-None-Match), or a folder that all workers "
                "share."
            )
            raise PlaceUnusable(place.name, reason, advice=advice)
    finally:
        with suppress(PlaceUnusable):
            place.remove(key)
