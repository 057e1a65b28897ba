"""What there is to know about where an import stands: frozen values, whose keys are those of `status --json`."""

from __future__ import annotations

import msgspec

from bulk_importer.observe.waits import Limited, Wait
from bulk_importer.spans import Span
from bulk_importer.summary import RunState

__all__ = ["Doubt", "LatestRun", "Rates", "SourceBreak", "Status", "Trouble"]


class SourceBreak(msgspec.Struct, frozen=True, kw_only=True):
    """Where the source stops making sense: a byte of the (decompressed) source, and what is wrong there."""

    offset: int
    reason: str


class LatestRun(msgspec.Struct, frozen=True, kw_only=True):
    """The run that goes on, or the latest one. Times are ISO 8601 with the zone of this machine.

    Attributes:
        ended: None while it goes on, and where it was killed.
        last_sign: when it wrote its last record; None while it goes on.
        exit_code, why: what it ended with; None and empty while it goes on, and None where it was killed.
    """

    id: str
    started: str
    ended: str | None
    last_sign: str | None
    exit_code: int | None
    why: str


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Entries settled a second; None where that is not known."""

    last_minute: float | None = None
    while_it_ran: float | None = None


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """A batch whose answer was lost: when it was sent (ISO 8601), why that is in doubt, and its positions."""

    batch: int
    reason: str
    sent: str
    seconds_ago: int
    spans: tuple[Span, ...]


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that did not land at once: when (ISO 8601), and why."""

    batch: int
    at: str
    seconds_ago: int
    reason: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Where the import of one checkpoint stands. The keys are a contract with programs that read `status --json`.

    Attributes:
        state: as in the summary, and `killed` where the latest run did not say how it ended.
        exit_code: what `bulk-importer status` ends with: 9 while a run goes on.
        entries: positions that were read; each is in exactly one of the next six.
        in_flight: entries of requests that are not answered yet; 0 where no run goes on.
        in_doubt_in_retries: entries that a retry sent, and of which it is not known whether they landed; here they
            count as rejected until then. 0 while a run goes on.
        settled: delivered, rejected or skipped.
        total: how many entries the source has, or a guess by the bytes that were read; None where there is none.
        percent: settled of the total, rounded down.
        read_bytes: of the source, decompressed.
        size: bytes of the source as it lies there; None where unknown.
        is_packed: it is compressed there, so that `size` and `read_bytes` are not to be compared.
        broken: where the source stops making sense; None where it does not.
        findings: code -> how many, of all severities.
        severities: code -> `error`, `warning` or `note`: what each of the findings counts as in the latest run.
        project_name: as the server had it; empty where it is not known.
        media_delivered, media_undelivered, media_without_entry: as in the summary of the latest run, and None since
            something else became of the entries.
        begun: when the checkpoint was made, ISO 8601 with the zone of this machine; None where that is not on record.
        run: None where no run is on record.
        runs_now: who writes the checkpoint now, for people; None where nobody does.
        waits_for: what keeps the run from sending, as far as its `run.log` and the checkpoint say.
        limited: how a person lowered how much may leave at a time; None where nobody did, or no run is under way.
        seconds_left: at the rate of the last minute; None where nothing goes on, or that is unknown.
        advice: what to do, for people; empty while a run goes on, and where nothing is left to do.
        doubts: batches in doubt, by number.
        troubles: the latest batches that did not land at once, at most 20.
    """

    checkpoint: str
    state: RunState
    exit_code: int
    source: str
    server: str
    project: str
    entries: int
    delivered: int
    rejected: int
    skipped: int
    in_doubt: int
    in_flight: int
    in_doubt_in_retries: int
    owed: int
    settled: int
    total: int | None
    is_total_exact: bool
    percent: int | None
    read_bytes: int
    size: int | None
    is_packed: bool
    is_read_to_the_end: bool
    is_finished: bool
    broken: SourceBreak | None
    findings: dict[str, int]
    severities: dict[str, str]
    project_name: str
    media_delivered: int | None
    media_undelivered: int | None
    media_without_entry: int | None
    begun: str | None
    run: LatestRun | None
    runs_now: str | None
    waits_for: Wait | None
    limited: Limited | None
    entries_per_second: Rates
    seconds_left: float | None
    advice: str
    doubts: tuple[Doubt, ...]
    troubles: tuple[Trouble, ...]
