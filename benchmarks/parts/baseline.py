"""What a competent person writes in an afternoon, to be compared with: `python -m benchmarks.parts.baseline FILE`.

The same packages and the same idea: ijson streams the array, jsonschema-rs validates each entry, orjson writes batches,
aiohttp posts eight at a time, tenacity retries. No checkpoint, no isolation of bad entries, no order per media. With
`--check` it validates and sends nothing; `--batch-entries` are those of a request.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import ijson
import jsonschema_rs
import orjson
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from bulk_importer.intake.validation.schema import schema_document

__all__ = ["main"]

_IN_FLIGHT = 8
_BATCH_ENTRIES = 500


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """The entries that the schema accepts."""
    validator = jsonschema_rs.validator_for(schema_document())
    with path.open("rb") as file:
        for entry in ijson.items(file, "item", use_float=True):
            if validator.is_valid([entry]):
                yield entry


@retry(
    retry=retry_if_exception_type((aiohttp.ClientError, TimeoutError)),
    wait=wait_exponential_jitter(initial=0.5, max=30),
    stop=stop_after_attempt(8),
)
async def post(session: aiohttp.ClientSession, url: str, batch: list[dict[str, Any]]) -> None:
    """Send one batch."""
    async with session.post(
        url, data=orjson.dumps(batch), headers={"Content-Type": "application/json"}
    ) as answer:
        answer.raise_for_status()
        if (await answer.json())["errorMessages"]:
            raise ValueError("refused")


async def load(path: Path, server: str, project: str, batch_entries: int) -> int:
    """Send all that is valid; returns how many entries that were."""
    sent = 0
    url = f"{server}/api/v1/project/{project}/prediction"
    async with aiohttp.ClientSession() as session:
        pending: set[asyncio.Task[None]] = set()
        batch: list[dict[str, Any]] = []

        async def send() -> None:
            nonlocal pending, batch, sent
            if len(pending) >= _IN_FLIGHT:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            pending.add(asyncio.create_task(post(session, url, batch)))
            sent += len(batch)
            batch = []

        for entry in entries(path):
            batch.append(entry)
            if len(batch) == batch_entries:
                await send()
        if batch:
            await send()
        for task in asyncio.as_completed(pending):
            await task
    return sent


def main() -> None:
    """Import, or only validate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--server", default="")
    parser.add_argument("--project", default="")
    parser.add_argument("--batch-entries", type=int, default=_BATCH_ENTRIES)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        count = sum(1 for _ in entries(arguments.file))
    else:
        count = asyncio.run(
            load(arguments.file, arguments.server, arguments.project, arguments.batch_entries)
        )
    print(json.dumps({"entries": count}))


if __name__ == "__main__":
    main()
