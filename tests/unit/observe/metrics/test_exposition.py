"""What is written is right in both formats, whatever strangers called their files."""

from __future__ import annotations

import itertools
import sys

import pytest
from msgspec import structs
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as in_openmetrics
from prometheus_client.parser import text_string_to_metric_families as in_text

from bulk_importer.observe.metrics.counts import Counts
from bulk_importer.observe.metrics.exposition import Exposition
from bulk_importer.observe.metrics.table import METRICS, Moment
from support.watching.events import AWAY, delivered, rejected, request, segment, started
from support.watching.promtool import needs_promtool, promtool
from support.watching.seen import after


def moment(counts: Counts) -> Moment:
    """A look at the counts, ten seconds after the command began, at the year 2033."""
    return Moment(
        counts=counts,
        now=10.0,
        since_1970=2e9,
        command="import",
        version="1.2.3",
    )


def busy(**run: str) -> Counts:
    """Counts of a run in which much has happened."""
    counts = after(
        structs.replace(started(), **run),
        segment(0, 10),
        rejected(2, bad=3),
        request("accepted"),
        delivered(4),
        AWAY,
    )
    counts.end(6, "failed", 8.0)
    return counts


def exposition(counts: Counts, **options: object) -> Exposition:
    """Writes these counts."""
    return Exposition(lambda: moment(counts), **options)  # type: ignore[arg-type]  # names and values of a test


def parsed(one: Exposition) -> tuple[list[Metric], list[Metric]]:
    """The families that are written in either format, as the strict parsers of prometheus-client read them."""
    text, openmetrics = one.text()[0].decode(), one.openmetrics()[0].decode()
    return list(in_text(text)), list(in_openmetrics(openmetrics))  # type: ignore[no-untyped-call]  # not ours


def test_both_formats_say_the_same() -> None:
    """But for when things were created, which OpenMetrics alone tells."""
    one = exposition(busy())
    text = {sample for family in parsed(one)[0] for sample in _samples(family)}
    openmetrics = {sample for family in parsed(one)[1] for sample in _samples(family)}
    assert text < openmetrics
    assert {name.rpartition("_")[2] for name, _, _ in openmetrics - text} == {"created"}
    assert ("bulk_importer_entries_total", (("outcome", "delivered"),), 4.0) in text


def _samples(family: Metric) -> list[tuple[str, tuple[tuple[str, str], ...], float]]:
    return [(sample.name, tuple(sorted(sample.labels.items())), sample.value) for sample in family.samples]


def test_each_format_is_named_as_what_it_is() -> None:
    """The one ends with a mark of its own."""
    one = exposition(busy())
    assert one.text()[1] == "text/plain; version=0.0.4; charset=utf-8"
    written, content_type = one.openmetrics()
    assert content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert written.endswith(b"\n# EOF\n")


@needs_promtool
@pytest.mark.parametrize("counts", [Counts(0.0), busy()], ids=["before it begins", "in the end"])
def test_promtool_finds_nothing_wrong(counts: Counts) -> None:
    """Names, units and texts are as is the custom."""
    promtool("check", "metrics", given=exposition(counts, has_process=True).text()[0])


def test_what_strangers_wrote_breaks_no_line() -> None:
    """Names with quotation marks, line breaks, bytes that are no UTF-8, and of any length."""
    odd = 'x"} 1\nbulk_importer_forged 1\n\udcff\u2028' + "y" * 5000
    one = exposition(busy(source=f"/a/{odd}", server=odd), labels={"textfile": "night"})
    for families in parsed(one):
        (info,) = [sample for family in families for sample in family.samples if "run_info" in sample.name]
        assert len(info.labels["source"]) == 200
        assert info.labels["textfile"] == "night"
    assert b"\nbulk_importer_forged" not in one.text()[0]


def test_a_source_loses_its_path_and_what_signs_it() -> None:
    """A signed URL is a secret."""
    one = exposition(busy(source="https://files.test/day/labels.json?X-Amz-Signature=secret"))
    assert b'source="labels.json"' in one.text()[0]
    assert b"secret" not in one.text()[0]


def test_when_it_succeeded_is_not_forgotten_when_it_fails() -> None:
    """The next night that fails tells still when all was well."""
    counts = busy()
    later = structs.replace(moment(counts), succeeded_before=1.5e9)
    assert b"success_timestamp_seconds 1.5e+09" in Exposition(lambda: later).text()[0]
    counts.end(1, "complete", 9.0)
    assert b"success_timestamp_seconds 2.000000009e+09" in Exposition(lambda: later).text()[0]


def test_each_metric_is_there_once_and_says_what_it_tells() -> None:
    """In a sentence, in words of people."""
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    assert [metric.told for metric in METRICS if not metric.told.endswith(".")] == []
    assert {metric.kind for metric in METRICS} == {"counter", "gauge", "histogram"}


def test_a_scrape_costs_little() -> None:
    """It is made in the event loop, which waits for nothing longer than a few milliseconds: four, for so many steps."""
    one = exposition(busy())
    one.text()
    steps = itertools.count()
    sys.setprofile(lambda *_: next(steps))
    try:
        one.openmetrics()
    finally:
        sys.setprofile(None)
    assert next(steps) < 100_000
