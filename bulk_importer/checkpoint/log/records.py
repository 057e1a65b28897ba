"""The records of a checkpoint log, as values.

Pure. One record is one JSON object, told apart by its key `type`; the file that carries them is described
in the package, what each does to the state in `transitions`. Spans are written as `[start, stop]`, times as seconds
since the epoch by the clock of the machine that wrote them. A reader refuses records that it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bulk_importer.model import SegmentKey
from bulk_importer.spans import Span

__all__ = [
    "FORMAT_VERSION",
    "Block",
    "Broken",
    "Circumstance",
    "Corrected",
    "Delivered",
    "End",
    "Ended",
    "Header",
    "InDoubt",
    "Note",
    "Owed",
    "Record",
    "Rejected",
    "Resolved",
    "RunBegan",
    "RunEnded",
    "SegmentRead",
    "Sent",
    "ServerMoved",
    "SettingValue",
    "Skipped",
    "Snapshot",
    "SourceChanged",
    "SourceIdentity",
    "Suspected",
    "Suspicion",
    "Undecided",
    "decode",
    "encode",
]

FORMAT_VERSION = 1

SettingValue = str | int | float | bool | None
"""The value of a setting that changes meaning, as the header keeps it."""


class Block(msgspec.Struct, frozen=True):
    """A stretch of the source as it lies there, and the XXH3-128 of it as hexadecimal text."""

    offset: int
    length: int
    digest: str


class SourceIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """How a resume recognises its input before it reads any of it.

    Attributes:
        size: bytes as they lie there; None for a stream.
        blocks: head, samples and tail, ascending; empty for a stream.
        plain: the offsets of segments are offsets into these very bytes (a file that is not compressed).
    """

    size: int | None = None
    blocks: tuple[Block, ...] = ()
    plain: bool = False


class Undecided(msgspec.Struct, frozen=True, omit_defaults=True):
    """A batch that left and of which it is not known whether it landed.

    Attributes:
        sent_at: when the latest attempt left, in seconds since the epoch.
        reason: why the outcome is in doubt; empty while the answer may still come.
        since: when it left at the earliest, where `sent_at` is only the latest that it can have been.
    """

    batch: int
    spans: tuple[Span, ...]
    sent_at: float
    reason: str = ""
    since: float | None = None

    @property
    def sent_since(self) -> float:
        """When the request left at the earliest: labels that were stored from then on may come from it."""
        return self.sent_at if self.since is None else self.since


class Suspicion(msgspec.Struct, frozen=True, omit_defaults=True):
    """Entries that were sent together and failed in nobody's words, while other uploads passed.

    Attributes:
        tries: how often that happened to them, or to more that held them.
        said: what came instead of an answer, for people.
        condemned: it was found out that each of them is to blame by itself; not to be sent again.
    """

    spans: tuple[Span, ...]
    tries: int
    said: str
    condemned: bool = False


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is over.

    Attributes:
        began_at, ended_at: seconds since the epoch; of a run that was killed, the last thing that is known of it.
        exit_code: None where it did not say how it ended: it was killed, the machine went down, or the
            disk was full.
        why: the reason, for people; empty where all is well.
        settled: how many entries it delivered or rejected.
    """

    run: str
    began_at: float
    ended_at: float
    exit_code: int | None
    why: str
    settled: int


class _Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """The base of all records."""


class Circumstance(_Record, frozen=True, kw_only=True):
    """The base of records that say nothing about entries, and may stand anywhere behind the first."""


class Header(_Record, frozen=True, kw_only=True, tag="header"):
    """The first record: what this checkpoint belongs to.

    Attributes:
        source: name of the source as the user gave it; only for people, the identity decides.
        server, project: where the labels go; a resume must name the same. `ServerMoved` renames the server, and
            readers are given the header with its present name.
        label_config: digest of the label configuration at the beginning, None where none was read.
        settings: those that change the meaning of what is recorded; a resume must have the same.
        run, began_at: id and start of the first run.
        compacted: the next record is a snapshot, and without it the log is damaged.
    """

    source: str
    identity: SourceIdentity
    server: str
    project: str
    label_config: str | None = None
    settings: Mapping[str, SettingValue] = {}
    run: str
    began_at: float = 0.0
    version: int = FORMAT_VERSION
    compacted: bool = False


class RunBegan(Circumstance, frozen=True, kw_only=True, tag="run_began"):
    """A process opened the checkpoint for writing."""

    run: str
    at: float


class RunEnded(Circumstance, frozen=True, kw_only=True, tag="run_ended"):
    """The run ended in its own time; without it the log estimates these sums from its `sent` records.

    Attributes:
        at: when; zero in logs from before that was written.
        exit_code: what its process ends with; None in such logs.
        why: the reason, for people; empty where all is well.
    """

    seconds: float
    requests: int
    retries: int
    at: float = 0.0
    exit_code: int | None = None
    why: str = ""


class SourceChanged(Circumstance, frozen=True, kw_only=True, tag="source"):
    """The source is another one now, in a way that is allowed; its end is unknown again."""

    identity: SourceIdentity


class ServerMoved(Circumstance, frozen=True, kw_only=True, tag="server"):
    """The server has another URL now, and the project is there as it was."""

    server: str


class SegmentRead(_Record, frozen=True, kw_only=True, tag="segment"):
    """A segment was read and judged; what is neither rejected nor skipped is owed from here on.

    Attributes:
        digests_crc: CRC-32 of what the file `digests` holds for its positions.
        counts: findings by code.
        rejected_bytes: length of `rejected.jsonl` that this record counts on.
    """

    key: SegmentKey
    digests_crc: int
    rejected: tuple[Span, ...] = ()
    skipped: tuple[Span, ...] = ()
    counts: Mapping[str, int] = {}
    rejected_bytes: int = 0


class Sent(_Record, frozen=True, kw_only=True, tag="sent", omit_defaults=True):
    """The request of a batch may leave now. Once more for a batch that is under way: another attempt.

    `since` stands only in what a repair of the log supposes: it may have left between `since` and `at`.
    """

    batch: int
    spans: tuple[Span, ...]
    at: float
    since: float | None = None


class Delivered(_Record, frozen=True, kw_only=True, tag="delivered"):
    """The server accepted the batch."""

    batch: int


class Owed(_Record, frozen=True, kw_only=True, tag="owed"):
    """Nothing of the batch landed: it was refused, rolled back or not executed. Its entries are owed again."""

    batch: int
    reason: str


class Rejected(_Record, frozen=True, kw_only=True, tag="rejected"):
    """Entries were rejected after they had been read.

    Attributes:
        batch: the batch that the server refused for them, which is over: what else was in it is owed again.
        counts, rejected_bytes: as in `SegmentRead`.
    """

    spans: tuple[Span, ...]
    counts: Mapping[str, int]
    rejected_bytes: int = 0
    batch: int | None = None


class Skipped(_Record, frozen=True, kw_only=True, tag="skipped"):
    """Elements that were owed are no entries, as was found out when their segment was read again."""

    spans: tuple[Span, ...]


class Corrected(_Record, frozen=True, kw_only=True, tag="corrected"):
    """Rejected entries were fed again, and a retry with a ledger of its own delivered them.

    Their lines were taken out of `rejected.jsonl` (see `rejects`). A log of before that was done has neither `counts`
    nor `rejected_bytes`.

    Attributes:
        counts: the findings on the lines that were taken out, by code.
        rejected_bytes: length of what is left of `rejected.jsonl`.
    """

    spans: tuple[Span, ...]
    counts: Mapping[str, int] = {}
    rejected_bytes: int | None = None


class InDoubt(_Record, frozen=True, kw_only=True, tag="in_doubt"):
    """The answer to the batch was lost."""

    batch: int
    reason: str


class Resolved(_Record, frozen=True, kw_only=True, tag="resolved"):
    """A doubt ended: the batch landed (`delivered`), or it is over and did not (its entries are owed)."""

    batch: int
    delivered: bool
    why: str


class Suspected(_Record, frozen=True, kw_only=True, tag="suspected", omit_defaults=True):
    """Unsettled entries failed in nobody's words while other uploads passed: only in parts again, never with others.

    `said` and `condemned` are as in `Suspicion`.
    """

    spans: tuple[Span, ...]
    said: str
    condemned: bool = False


class End(_Record, frozen=True, kw_only=True, tag="end"):
    """The source was read to its end: `entries` positions in `length` (decompressed) bytes."""

    entries: int
    length: int


class Broken(_Record, frozen=True, kw_only=True, tag="broken"):
    """The source stops making sense at byte `offset`, where the entry at `position` should be."""

    position: int
    offset: int
    reason: str


class Note(Circumstance, frozen=True, kw_only=True, tag="note"):
    """Something that a resume wants to remember; the latest of a name counts. `value` is any JSON."""

    name: str
    value: object


class Snapshot(_Record, frozen=True, kw_only=True, tag="snapshot"):
    """All that the records before it said, in their place.

    Attributes:
        first_offset: byte offset of the first segment; the others begin where the one before ends.
        segments: `[count, length, digest, digests_crc]` for each; positions and offsets follow from the order.
        delivered, rejected, skipped: sets of positions as distances: gap, length, gap, length, ...
        undecided: batches in flight and in doubt.
        seconds, requests, retries: sums over all runs, the last one included only when it has ended.
        run_requests, run_settled: requests of the run that has not ended, and the entries that it settled.
        suspects, run_settled, ended: absent in logs from before there were any.
        ended: the latest run that is over.
    """

    first_offset: int
    segments: tuple[tuple[int, int, str, int], ...]
    delivered: tuple[int, ...]
    rejected: tuple[int, ...]
    skipped: tuple[int, ...]
    undecided: tuple[Undecided, ...]
    next_batch: int
    counts: Mapping[str, int]
    rejected_bytes: int
    notes: Mapping[str, object]
    end: End | None
    broken: Broken | None
    seconds: float
    requests: int
    retries: int
    run: RunBegan | None
    run_requests: int
    last_sent_at: float
    suspects: tuple[Suspicion, ...] = ()
    run_settled: int = 0
    ended: Ended | None = None


Record = (
    Header
    | Snapshot
    | RunBegan
    | RunEnded
    | SourceChanged
    | ServerMoved
    | SegmentRead
    | Sent
    | Delivered
    | Owed
    | Rejected
    | Skipped
    | Corrected
    | Suspected
    | InDoubt
    | Resolved
    | End
    | Broken
    | Note
)

encode = msgspec.json.Encoder().encode
"""A record as JSON, without line breaks."""

decode = msgspec.json.Decoder[Record](Record).decode
"""JSON as a record; `msgspec.MsgspecError` where it is none."""
