"""By what an import knows its source again, wherever that lies."""

from __future__ import annotations

from bulk_importer.checkpoint import SourceIdentity, identify
from bulk_importer.checkpoint.log.records import Block
from bulk_importer.errors import SourceUnreadable
from bulk_importer.files.small_files import reason_of
from bulk_importer.sources import Source

__all__ = ["identity_of"]


def identity_of(source: Source) -> SourceIdentity:
    """How a resume recognises the source. Blocks.

    Raises:
        SourceUnreadable: the source cannot be read.
    """
    if source.file is None:
        # A server's name for the present content stands in for digests of it.
        version = (Block(0, 0, source.version),) if source.version else ()
        if source.size is None and not version:
            return SourceIdentity()
        return SourceIdentity(size=source.size, blocks=version, plain=source.plain)
    try:
        return identify(source.file, plain=source.plain)
    except OSError as error:
        raise SourceUnreadable(source.name, reason_of(error)) from error
