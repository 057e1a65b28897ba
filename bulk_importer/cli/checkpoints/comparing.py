"""Compares a checkpoint with what lies outside of it, for `verify`: the source, and the labels on the server."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from bulk_importer.cli.parsing.options import gather
from bulk_importer.errors import UsageError
from bulk_importer.settings import MediaBy

if TYPE_CHECKING:
    from bulk_importer.checkpoint import CheckpointState, Claim, Proof
    from bulk_importer.events import Observer
    from bulk_importer.sources import Source

__all__ = ["Opening", "compared_with_server", "compared_with_source"]

Opening: TypeAlias = "Callable[[Observer], AbstractAsyncContextManager[Source]]"
"""Opens what was imported into a checkpoint, to be read again; the observer receives how far a conversion is."""

_PIECE_BYTES = 1 << 20


async def compared_with_source(opening: Opening, state: CheckpointState, observer: Observer) -> Claim:
    """Read a source again, and compare each segment with its digest."""
    from bulk_importer.checkpoint import SourceProof
    from bulk_importer.events import Advanced

    proof = SourceProof(state)
    async with opening(observer) as opened:
        work = f"reading {opened.name.rsplit('/', 1)[-1]}"
        stream = await opened.stream(0)
        try:
            read = 0
            while piece := await stream.read(_PIECE_BYTES):
                proof.feed(piece)
                read += len(piece)
                done = read if opened.plain else opened.taken or 0
                observer(Advanced(work=work, done=done, total=opened.size, unit="bytes"))
        finally:
            await stream.aclose()
    return proof.finish()


async def compared_with_server(
    arguments: argparse.Namespace, folder: Path, opening: Opening, proof: Proof, observer: Observer
) -> Claim:
    """Read labels back, and compare them with what was delivered.

    Raises:
        UsageError: the index of the names is gone by which the import found media, it was taken back, or another
            server is named.
        BulkImporterError: the source or the server cannot be read.
    """
    from dataclasses import replace

    from bulk_importer.checkpoint.folder import MOVED
    from bulk_importer.checkpoint.retries import delivered_corrections, retry_folders
    from bulk_importer.datagym.reads.catalog import Catalog
    from bulk_importer.datagym.reads.label_reader import LabelReader
    from bulk_importer.datagym.reads.opening import opened_queries
    from bulk_importer.datagym.routes import server_url
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.media.names.making import names_in
    from bulk_importer.pipeline.resume.undone import undone_in
    from bulk_importer.readback.compare import compare_with_server

    header = proof.header
    names = names_in(folder)
    if names is None and header.settings.get("media_by", MediaBy.ID) != MediaBy.ID:
        raise UsageError(
            "--against-server cannot compare an import that named media by file name without media.names, which is not "
            "in the checkpoint any more."
        )
    undone = undone_in(folder, proof.state)
    if undone is not None:
        raise UsageError(
            "--against-server cannot compare an import that was taken back. What the undo brought back can be: "
            f"'bulk-importer verify {undone / 'checkpoint'} {undone / 'restore.jsonl'} --against-server'."
        )
    settings = gather(arguments).settings
    server = header.server if settings.server is None else server_url(settings.server)
    if server != header.server and not settings.server_moved:
        raise UsageError(
            f"The checkpoint belongs to {header.server}, and --server says {server}. Leave --server out. {MOVED}"
        )
    settings = replace(settings, server=server, project=header.project)
    token = Token.find(settings.token_file)
    async with opened_queries(settings, token, observer, max_seconds=settings.read_timeout) as queries:
        catalog = Catalog(queries)
        project = await catalog.find_project(header.project)
        reader = LabelReader(queries, catalog, project)
        async with opening(observer) as opened:
            corrected = delivered_corrections(retry_folders(folder))
            return await compare_with_server(
                opened,
                proof.state,
                reader,
                names=names,
                corrected=corrected,
                sample=arguments.sample,
                emit=observer,
            )
