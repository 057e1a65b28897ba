"""Writes metrics in the text format of Prometheus, and in OpenMetrics.

A registry of our own, and not that of the process; its collectors make families of the counts when they are asked.
Counters of prometheus-client are not used: each has a lock, and with `PROMETHEUS_MULTIPROC_DIR` in the environment they
write files. When something was created is told in OpenMetrics alone: in the text format each would be one more metric.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import isinf
from typing import TYPE_CHECKING

from bulk_importer.errors import LibraryMissing
from bulk_importer.observe.metrics.histogram import Histogram
from bulk_importer.observe.metrics.table import METRICS, Metric, Moment

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric as Family

__all__ = ["Exposition"]

_PREFIX = "bulk_importer_"
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_UNITS = ("seconds", "bytes", "ratio")


class Exposition:
    """What can be written of the metrics of a command, again and again.

    Args:
        moment: looks at the counts.
        labels: of every metric, besides its own.
        has_process: tell also what the process uses (`process_...`), as programs do that are scraped.

    Raises:
        LibraryMissing: prometheus-client is not installed.
    """

    def __init__(
        self, moment: Callable[[], Moment], *, labels: dict[str, str] | None = None, has_process: bool = False
    ) -> None:
        self._text = _registry(_Collector(moment, labels or {}), has_process=has_process)
        self._openmetrics = _registry(
            _Collector(moment, labels or {}, has_created=True), has_process=has_process
        )

    def text(self) -> tuple[bytes, str]:
        """The metrics now in the text format, and its content type."""
        from prometheus_client import generate_latest

        return generate_latest(self._text), _TEXT

    def openmetrics(self) -> tuple[bytes, str]:
        """The metrics now in OpenMetrics, and its content type."""
        from prometheus_client.openmetrics.exposition import generate_latest

        written: bytes = generate_latest(self._openmetrics)  # type: ignore[no-untyped-call]
        return written, _OPENMETRICS


def _registry(collector: _Collector, *, has_process: bool) -> CollectorRegistry:
    try:
        from prometheus_client import CollectorRegistry, ProcessCollector
    except ImportError as error:
        raise LibraryMissing("What --metrics and --metrics-file ask for", "prometheus-client") from error
    registry = CollectorRegistry()
    registry.register(collector)
    if has_process:
        ProcessCollector(registry=registry)
    return registry


class _Collector:
    """Makes the families of the table."""

    def __init__(
        self, moment: Callable[[], Moment], labels: dict[str, str], *, has_created: bool = False
    ) -> None:
        self._moment = moment
        self._labels = labels
        self._has_created = has_created

    def collect(self) -> Iterator[Family]:
        """The families, in the order of the table; those that have nothing to tell now are left out."""
        moment = self._moment()
        for metric in METRICS:
            family = self._family(metric, moment)
            if family.samples:
                yield family

    def describe(self) -> Iterable[Family]:
        """Nothing, so that the registry does not look at the counts before they are asked for."""
        return ()

    def _family(self, metric: Metric, moment: Moment) -> Family:
        from prometheus_client.core import Metric as Family

        name = _PREFIX + metric.name
        unit = next((unit for unit in _UNITS if name.endswith(f"_{unit}")), "")
        family = Family(name, metric.told, metric.kind, unit)
        created = moment.clock(moment.counts.began)
        for own, value in metric.samples(moment):
            labels = {**self._labels, **own}
            if isinstance(value, Histogram):
                _add_histogram(family, labels, value)
            else:
                family.add_sample(name + ("_total" if metric.kind == "counter" else ""), labels, float(value))
            if self._has_created and metric.kind != "gauge":
                family.add_sample(f"{name}_created", labels, created)
        return family


def _add_histogram(family: Family, labels: dict[str, str], histogram: Histogram) -> None:
    count = 0
    for bound, count in histogram.buckets():
        family.add_sample(
            f"{family.name}_bucket",
            {**labels, "le": "+Inf" if isinf(bound) else str(float(bound))},
            float(count),
        )
    family.add_sample(f"{family.name}_count", labels, float(count))
    family.add_sample(f"{family.name}_sum", labels, histogram.sum)
