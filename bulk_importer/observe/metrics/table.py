"""Which metrics there are: of each its name, its kind, what it tells, and where its value comes from.

Pure. All names begin with `bulk_importer_`; a counter ends with `_total` where it is exposed. Units are seconds, bytes
and ratios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from bulk_importer.observe.metrics.counts import Counts
from bulk_importer.observe.metrics.histogram import Histogram
from bulk_importer.observe.metrics.label_values import label_value

__all__ = ["METRICS", "STATES", "Metric", "Moment", "Sample"]

STATES = ("starting", "running", "paused", "waiting", "stopping", "complete", "stopped", "failed")
"""How a command stands: one of them at a time. In the last three it is over."""

_CAUSES = (
    "conflict",
    "garbled",
    "too large",
    "throttled",
    "unavailable",
    "unreachable",
    "disconnected",
    "timed out",
)


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When metrics are looked at, and of what they are.

    Attributes:
        now: monotonic, as the counts were told it.
        since_1970: to add to such a time.
        command, version: as `import`, and of this program.
        succeeded_before: when an earlier such command was successful, in seconds since 1970; None where that is not
            known.
    """

    counts: Counts
    now: float
    since_1970: float
    command: str
    version: str
    succeeded_before: float | None = None

    def clock(self, at: float) -> float:
        """Seconds since 1970, of a monotonic time."""
        return round(at + self.since_1970, 3)


Sample = tuple[Mapping[str, str], float | Histogram]
"""Labels, and the value."""


class Metric(msgspec.Struct, frozen=True):
    """One metric.

    Attributes:
        name: without the prefix, and without what an exposition puts behind it.
        kind: `counter`, `gauge` or `histogram`.
        told: what it tells, in a sentence.
        samples: its values now; none where there is nothing to tell.
    """

    name: str
    kind: str
    told: str
    samples: Callable[[Moment], Iterable[Sample]]


def _one(value: Callable[[Moment], float | Histogram | None]) -> Callable[[Moment], Iterable[Sample]]:
    """A metric without labels, that is left out where its value is None."""

    def samples(moment: Moment) -> Iterable[Sample]:
        found = value(moment)
        return [] if found is None else [({}, found)]

    return samples


def _by(label: str, values: Callable[[Moment], Mapping[str, float]]) -> Callable[[Moment], Iterable[Sample]]:
    """A metric with one label, whose values are words of a closed set."""

    def samples(moment: Moment) -> Iterable[Sample]:
        return [({label: word.replace(" ", "_")}, value) for word, value in values(moment).items()]

    return samples


def _run(moment: Moment) -> Iterable[Sample]:
    run = moment.counts.run
    if run is not None:
        labels = {
            "command": moment.command,
            "source": (run.retry_of or run.source).partition("?")[0].rsplit("/", 1)[-1],
            "server": run.server,
            "project": run.project,
            "checkpoint": run.checkpoint,
        }
        yield {name: label_value(value) for name, value in labels.items()}, 1


def _states(moment: Moment) -> Mapping[str, float]:
    state = moment.counts.state()
    return {each: float(each == state) for each in STATES}


def _progress(moment: Moment) -> float | None:
    total, settled = moment.counts.total, moment.counts.settled
    if total is None:
        return None
    return min(1.0, settled / total) if total else 1.0


def _ended(moment: Moment) -> float | None:
    return None if moment.counts.exit_code is None else moment.clock(moment.counts.ended_at)


def _succeeded(moment: Moment) -> float | None:
    return _ended(moment) if moment.counts.is_success else moment.succeeded_before


def _zeros(words: Iterable[str], counts: Mapping[str, float]) -> Mapping[str, float]:
    """The counts, and a zero for each word that was not counted: what is missing cannot be added up."""
    return {**dict.fromkeys(words, 0), **counts}


METRICS = (
    Metric(
        "build_info",
        "gauge",
        "The version of bulk-importer that runs; always 1.",
        lambda moment: [({"version": moment.version}, 1)],
    ),
    Metric("run_info", "gauge", "What the current run is about; always 1.", _run),
    Metric(
        "state",
        "gauge",
        "How the command stands: 1 for one of the states, 0 for the others.",
        _by("state", _states),
    ),
    Metric(
        "start_timestamp_seconds",
        "gauge",
        "When the command began, in seconds since 1970.",
        _one(lambda moment: moment.clock(moment.counts.began)),
    ),
    Metric(
        "update_timestamp_seconds",
        "gauge",
        "When these metrics were written, in seconds since 1970.",
        _one(lambda moment: moment.clock(moment.now)),
    ),
    Metric(
        "advance_timestamp_seconds",
        "gauge",
        "When something was read, delivered or rejected for the last time, in seconds since 1970.",
        _one(lambda moment: moment.clock(moment.counts.advanced_at)),
    ),
    Metric(
        "end_timestamp_seconds",
        "gauge",
        "When the command was over, in seconds since 1970; missing before.",
        _one(_ended),
    ),
    Metric(
        "exit_code",
        "gauge",
        "The exit code of the command; missing before it is over. Success is 0, and with rejections 1.",
        _one(lambda moment: moment.counts.exit_code),
    ),
    Metric(
        "success_timestamp_seconds",
        "gauge",
        "When such a command was last successful, in seconds since 1970; missing where that is not known.",
        _one(_succeeded),
    ),
    Metric(
        "ready",
        "gauge",
        "Whether a run has begun and the server answers; what /readyz says.",
        _one(lambda moment: moment.counts.is_ready),
    ),
    Metric(
        "runs_ended",
        "counter",
        "Runs that are over, one for each source, by their state.",
        _by("state", lambda moment: _zeros(STATES[5:], moment.counts.runs_ended)),
    ),
    Metric(
        "entries",
        "counter",
        "Entries that were settled, by what became of them.",
        _by("outcome", lambda moment: moment.counts.entries),
    ),
    Metric(
        "findings",
        "counter",
        "Findings for which entries were rejected, by code.",
        _by("code", lambda moment: moment.counts.findings),
    ),
    Metric(
        "read_entries",
        "counter",
        "Entries that were read for the first time.",
        _one(lambda moment: moment.counts.read_entries),
    ),
    Metric(
        "read_bytes",
        "counter",
        "Bytes of sources, unpacked, that were read for the first time.",
        _one(lambda moment: moment.counts.read_bytes),
    ),
    Metric(
        "delivered_bytes",
        "counter",
        "Bytes of batches that the server accepted.",
        _one(lambda moment: moment.counts.delivered_bytes),
    ),
    Metric(
        "unconfirmed_entries",
        "gauge",
        "Entries of the current source whose answers were lost; not known yet what became of them.",
        _one(lambda moment: moment.counts.unconfirmed),
    ),
    Metric(
        "unanswered_entries",
        "counter",
        "Entries in requests whose answers were lost.",
        _one(lambda moment: moment.counts.doubted_entries),
    ),
    Metric(
        "source_entries",
        "gauge",
        "Entries of the current source, exact once it was read to its end, or else estimated.",
        _one(lambda moment: moment.counts.total),
    ),
    Metric(
        "settled_entries",
        "gauge",
        "Entries of the current source that are delivered, rejected or skipped, by earlier runs, too.",
        _one(lambda moment: moment.counts.settled),
    ),
    Metric("progress_ratio", "gauge", "Settled entries of the current source, out of all.", _one(_progress)),
    Metric(
        "remaining_seconds",
        "gauge",
        "Time until the current source is done, at the rate of the last minute.",
        _one(lambda moment: moment.counts.seconds_left(moment.now)),
    ),
    Metric(
        "requests",
        "counter",
        "Uploads that ended, by what came of them.",
        _by("outcome", lambda moment: moment.counts.requests),
    ),
    Metric(
        "failed_requests",
        "counter",
        "Uploads that were not executed, or whose answers were lost, by cause.",
        _by("cause", lambda moment: _zeros(_CAUSES, moment.counts.failures)),
    ),
    Metric(
        "retries",
        "counter",
        "Uploads that were sent again at once.",
        _one(lambda moment: moment.counts.retries),
    ),
    Metric(
        "request_duration_seconds",
        "histogram",
        "How long uploads took.",
        _one(lambda moment: moment.counts.request_seconds),
    ),
    Metric(
        "batch_entries",
        "histogram",
        "Entries in a delivered batch.",
        _one(lambda moment: moment.counts.batch_entries),
    ),
    Metric(
        "batch_weight",
        "histogram",
        "Weight of a delivered batch: what the server has to write for it.",
        _one(lambda moment: moment.counts.batch_weights),
    ),
    Metric(
        "requests_in_flight",
        "gauge",
        "Uploads that are on their way.",
        _one(lambda moment: moment.counts.in_flight),
    ),
    Metric(
        "max_requests_in_flight",
        "gauge",
        "How many uploads may be on their way, as found out; missing until that moved.",
        _one(lambda moment: moment.counts.max_in_flight),
    ),
    Metric(
        "max_batch_weight",
        "gauge",
        "How heavy a batch may be, as found out; missing until that moved.",
        _one(lambda moment: moment.counts.max_weight),
    ),
    Metric(
        "server_away",
        "gauge",
        "Whether the server does not answer, so that the run waits for it.",
        _one(lambda moment: moment.counts.is_away),
    ),
    Metric(
        "outages", "counter", "How often the server was away.", _one(lambda moment: moment.counts.outages)
    ),
    Metric(
        "outage_seconds",
        "counter",
        "For how long the server was away.",
        _one(lambda moment: moment.counts.outage_seconds(moment.now)),
    ),
    Metric(
        "paused",
        "gauge",
        "Whether nothing new leaves: paused by a person, or outside the hours for sending.",
        _by(
            "by", lambda moment: {"person": moment.counts.is_paused, "hours": moment.counts.is_outside_hours}
        ),
    ),
)
"""All of them, in the order in which they are exposed."""
