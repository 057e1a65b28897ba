"""Connects to the server of an import and finds its project, before there is a checkpoint or a run.

Where the project cannot be found, no run begins, and nothing is on record.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.queries import Patience, Queries
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.client import Client
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.pipeline.ruleset import Target, find_target, label_config_of
from bulk_importer.pipeline.run import Caller, ImportSpec

__all__ = ["Connected", "connect"]


class Connected(msgspec.Struct, frozen=True):
    """The project of an import, on a server that has answered.

    Attributes:
        config: the label configuration that entries are checked against; None where there is none.
        answer_seconds: how long the server took to find the project.
    """

    client: Client
    queries: Queries
    target: Target
    config: LabelConfig | None
    answer_seconds: float = 0.0


@asynccontextmanager
async def connect(spec: ImportSpec, caller: Caller) -> AsyncIterator[Connected]:
    """Find the project, and the label configuration that its entries are checked against.

    Raises:
        BulkImporterError: as `find_target` and `label_config_of`, or a stop is requested before they are done.
    """
    async with Client.of(spec.settings, caller.token, permit=caller.permit) as client:
        async with caller.stop.breaking_off():
            patience = Patience.of(spec.settings, Timing(caller.patience, caller.stop.rest), caller.emit)
            queries = Queries(client, patience)
            began = caller.clock()
            target = await find_target(spec.settings, Catalog(queries, emit=caller.emit))
            answer_seconds = caller.clock() - began
            config = await label_config_of(spec.settings, target)
        yield Connected(client, queries, target, config, answer_seconds)
