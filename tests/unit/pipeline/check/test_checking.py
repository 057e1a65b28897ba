"""A check counts what an import would do with a source, and tells each finding where it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bulk_importer.errors import ExitCode
from bulk_importer.intake import IntakeOptions, Rules
from bulk_importer.model import Finding
from bulk_importer.pipeline.check.checking import Check, CheckReport
from bulk_importer.pipeline.ruleset import RuleSet
from bulk_importer.pipeline.wiped.mentions import Mentions
from bulk_importer.sources import open_source
from support.entries import entry

SMALL = IntakeOptions(workers=0, segment_bytes=90)
MIXED = [entry("a"), entry("b", broken=True), entry("c"), entry("a", keep=False), entry("d", broken=True)]


async def checked(
    path: Path,
    content: bytes | Sequence[Mapping[str, object]],
    *,
    found: list[Finding] | None = None,
    sample: int | None = None,
    others: Mentions | None = None,
) -> CheckReport:
    """Check a file of these entries, about two of them in a segment."""
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    source = await open_source(str(path))
    try:
        check = Check(source, RuleSet(Rules()), SMALL, sample=sample, others=others)
        return await check.run(found=(found if found is not None else []).append)
    finally:
        await source.aclose()


async def test_each_entry_is_accepted_or_rejected(tmp_path: Path) -> None:
    report = await checked(tmp_path / "l.json", MIXED)
    assert (report.entries, report.accepted, report.rejected, report.skipped) == (5, 3, 2, 0)
    assert report.exit_code == ExitCode.REJECTIONS
    assert report.keep_data == {"missing": 2, "false": 1}


async def test_findings_come_in_order_of_position_whatever_their_kind(tmp_path: Path) -> None:
    """What wipes an earlier entry is found by another part than what the schema refuses."""
    found: list[Finding] = []
    await checked(tmp_path / "l.json", MIXED, found=found)
    assert [finding.position for finding in found] == [1, 3, 4]
    assert found[1].code == "earlier-entry-wiped"


async def test_a_sample_ends_within_a_segment(tmp_path: Path) -> None:
    """And what stands behind it is not counted, and its media are not known."""
    found: list[Finding] = []
    report = await checked(tmp_path / "l.json", MIXED, found=found, sample=3)
    assert (report.entries, report.accepted, report.rejected) == (3, 2, 1)
    assert [finding.position for finding in found] == [1]


async def test_what_an_earlier_source_mentions_is_wiped_by_a_later_one(tmp_path: Path) -> None:
    others = Mentions()
    first = await checked(tmp_path / "1.json", [entry("a")], others=others)
    second = await checked(tmp_path / "2.json", [entry("A", keep=False)], others=others)
    assert "earlier-entry-wiped" not in first.findings
    assert second.findings["earlier-entry-wiped"] == 1


async def test_a_source_that_breaks_off_is_reported_up_to_there(tmp_path: Path) -> None:
    report = await checked(tmp_path / "l.json", json.dumps(MIXED[:2]).encode()[:-3])
    assert (report.entries, report.exit_code) == (1, ExitCode.INPUT)
    assert report.message
