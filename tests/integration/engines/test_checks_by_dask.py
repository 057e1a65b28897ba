"""A check by the workers of a real scheduler says what a check by processes of its own says, word for word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from benchmarks.campaigns.dask_processes import DaskProcesses, dask_processes
from bulk_importer.distributed.engines.cluster import Cluster, opened_cluster
from bulk_importer.distributed.engines.judging import judged_by
from bulk_importer.intake import IntakeOptions, Rules
from bulk_importer.model import Finding
from bulk_importer.pipeline.check.checking import Check, CheckReport
from bulk_importer.pipeline.ruleset import RuleSet
from bulk_importer.sources import Source, open_source
from support.entries import entry

SMALL = 64 << 10


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    with dask_processes(tmp_path_factory.mktemp("dask")) as processes:
        for name in ("a", "b"):
            processes.start(name)
        yield processes


@pytest.fixture(scope="module")
def content() -> bytes:
    """A megabyte, with an entry that is broken now and then, and a later one that wipes an earlier one."""
    each: list[Any] = [entry(f"media-{n % 7000}", n, n % 11 == 0, broken=n % 500 == 3) for n in range(9000)]
    return json.dumps(each).encode()


async def report_of(source: Source, options: IntakeOptions) -> tuple[CheckReport, list[Finding]]:
    found: list[Finding] = []
    report = await Check(source, RuleSet(Rules()), options).run(found=found.append)
    return replace(report, seconds=0.0), found


async def by_dask(cluster: Cluster, path: Path) -> tuple[CheckReport, list[Finding]]:
    source = await open_source(str(path))
    try:
        options = judged_by(cluster, await cluster.threads(), IntakeOptions())
        return await report_of(source, replace(options, segment_bytes=SMALL))
    finally:
        await source.aclose()


async def here(path: Path) -> tuple[CheckReport, list[Finding]]:
    source = await open_source(str(path))
    try:
        return await report_of(source, IntakeOptions(workers=0, segment_bytes=SMALL))
    finally:
        await source.aclose()


async def test_findings_are_the_same_in_the_same_order(
    dask: DaskProcesses, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(content)
    async with opened_cluster(dask.address, workers=1, patience=30, say=lambda _: None) as cluster:
        report, found = await by_dask(cluster, path)
    assert report.rejected == 18
    assert (report, found) == await here(path)


async def test_what_workers_cannot_read_is_sent_to_them(
    dask: DaskProcesses, content: bytes, tmp_path: Path
) -> None:
    import gzip

    path = tmp_path / "labels.json.gz"
    path.write_bytes(gzip.compress(content, 1))
    async with opened_cluster(dask.address, workers=1, patience=30, say=lambda _: None) as cluster:
        report, found = await by_dask(cluster, path)
    assert (report, found) == await here(path)


async def test_a_worker_that_is_killed_or_comes_later_changes_nothing(
    dask: DaskProcesses, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(content)
    async with opened_cluster(dask.address, workers=1, patience=30, say=lambda _: None) as cluster:
        source = await open_source(str(path))
        options = replace(judged_by(cluster, 2, IntakeOptions()), segment_bytes=SMALL)
        done = 0

        def passed(*_: int) -> None:
            nonlocal done
            done += 1
            if done == 3:
                dask.start("c")
                dask.kill("a")

        try:
            report = await Check(source, RuleSet(Rules()), options).run(passed=passed)
        finally:
            await source.aclose()
    assert replace(report, seconds=0.0) == (await here(path))[0]
