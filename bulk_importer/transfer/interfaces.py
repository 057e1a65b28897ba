"""What transfer needs of others, and the interface that its layers share.

Stages do not know each other: the pool, the checkpoint and the dispatcher meet in `pipeline`, which brings them as
`Ports`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from bulk_importer.datagym.answers.verdicts import Again, Stop, TurnedAway, Verdict
from bulk_importer.errors import BulkImporterError
from bulk_importer.events import Observer
from bulk_importer.model import Batch, Limits, Outcome, Rejection
from bulk_importer.spans import Span
from bulk_importer.transfer.isolation.parts import Refused
from bulk_importer.transfer.isolation.passage import HarmlessRequests

__all__ = ["Keeper", "KeepsNothing", "Ledger", "Ports", "SendContext", "Sender", "Supply", "UploadRoute"]


class Supply(Protocol):
    """Where batches come from. `packing.Pool` is one; see there for the contracts."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be sealed at the moment."""

    @property
    def has_fresh(self) -> bool:
        """Whether something can be sealed that is no suspect."""

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will be put in."""

    async def changed(self) -> None:
        """Return when something is put in, or when the pool is closed."""

    def can_fill(self, limits: Limits) -> bool:
        """Whether what is there reaches one of the limits."""

    def seal(self, limits: Limits) -> Batch | None:
        """Seal the next batch; its lanes are held until `settle`."""

    def seal_again(self, batch: Batch, indexes: Sequence[int]) -> Batch:
        """Seal some entries of a refused batch by themselves."""

    def settle(self, batch: Batch, outcome: Outcome, indexes: Sequence[int] | None = None) -> None:
        """Free or shut the lanes of these entries of a batch (None: of all), whose outcome is on record."""


class Ledger(Protocol):
    """Records what becomes of batches; durable when a call returns. `checkpoint.Checkpoint` is one."""

    async def record_sent(self, batch: Batch) -> None: ...
    async def record_delivered(self, batch: Batch) -> None: ...
    async def record_owed(self, batch: Batch, reason: str) -> None: ...
    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch) -> None: ...
    async def record_in_doubt(self, batch: Batch, reason: str) -> None: ...
    async def record_suspected(
        self, spans: Sequence[Span], said: str, *, condemned: bool = False
    ) -> None: ...


class Keeper(Protocol):
    """Keeps what uploads replace. `pipeline.guards.keeping.ReplacedLabels` is one."""

    async def keep(self, batch: Batch) -> None:
        """Return when what the media of a batch hold, and the batch deletes or changes, is on disk."""


class KeepsNothing:
    """Keeps nothing: nobody wants it, or nothing can be replaced."""

    async def keep(self, batch: Batch) -> None:
        """Do nothing."""


class UploadRoute(HarmlessRequests, Protocol):
    """The server, as far as uploads concern it. `datagym.uploads.Uploads` is one; see there for the contracts."""

    async def upload(self, body: bytes) -> Verdict: ...
    async def probe(self) -> Verdict: ...
    async def light_read(self) -> bool: ...
    def error(self, verdict: Stop | TurnedAway | Again) -> BulkImporterError: ...


class Ports(msgspec.Struct, frozen=True):
    """What the sending side is connected to, besides the server.

    Attributes:
        rejection: makes the rejection of an entry of a batch that was refused, with the words for it.
        keeper: keeps what a batch replaces, before the batch leaves.
    """

    pool: Supply
    ledger: Ledger
    emit: Observer
    rejection: Callable[[Batch, Refused], Rejection]
    keeper: Keeper = msgspec.field(default_factory=KeepsNothing)


class SendContext(msgspec.Struct, frozen=True):
    """Under what circumstances a batch leaves. The layers of the sender add what they know on the way down.

    Attributes:
        generation: that of the gate when the batch was sealed.
        sealed_at: when the batch took its slot, in seconds of the run's clock.
        starved: the batch could have been fuller, but there was nothing more.
        exclusive: nothing else may be in flight beside it.
        is_trial: it is the one batch that a half-open breaker lets through.
        attempt: how often it leaves in a row, this time included; set by `Retrying`.
        is_on_record: the log says that it may have left; set by `Retrying` and `Recorded`.
        paced: something held it up; set by `Paced`.
        left_at: when the request left, in seconds of the run's clock; set by `Counted`.
        in_flight: how many requests were in flight then, itself included; set by `Counted`.
    """

    generation: int
    sealed_at: float
    starved: bool = False
    exclusive: bool = False
    is_trial: bool = False
    attempt: int = 1
    is_on_record: bool = False
    paced: bool = False
    left_at: float = 0.0
    in_flight: int = 0


class Sender(Protocol):
    """Sends one batch. Each layer of the sending side is a sender around another one."""

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Send the batch, or hold it back, and return the verdict."""
