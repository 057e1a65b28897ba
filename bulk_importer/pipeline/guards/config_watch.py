"""Notices when the label configuration of the project changes while entries are checked against an older reading of it.

The configuration is kept in the checkpoint's log, together with which entries were delivered when the server was last
seen to have it. It is read again when a run begins, every now and then while it goes on, when the server refuses what
was found right here, and when the run is over. An addition changes nothing for entries that were judged right: the run
goes on with the older configuration, and the next run, or a retry of what was rejected, uses the newer one. Any other
change ends the run; the error says what changed and which positions were delivered since the last good reading. The
newer configuration is kept, and the next run judges by it what is still owed.

By token the configuration can only be read together with a task, which makes the server write rows that the task is
missing (protocol 3.4). `Catalog.label_config` uses one task for all readings of a run, if there is one that people have
finished, because nothing is missing there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.errors import LabelConfigChanged, ServerError
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.readable import counted
from bulk_importer.spans import SpanSet
from bulk_importer.times import written
from bulk_importer.transfer.admission.steering import Steering

__all__ = ["ConfigWatch", "digest_of", "kept_config"]

_NOTE = "label_config"
_SOON_SECONDS = 1.0
_LAST_LOOK_SECONDS = 10.0
_MOST_SPANS = 1000  # each is some 20 bytes of a note, which is written anew whenever something was delivered
_MOST_SHOWN = 10


class _Kept(msgspec.Struct, frozen=True):
    """The note in the log.

    Attributes:
        seen_at: when the server was last found to have this configuration, in seconds since the epoch.
        delivered: the spans that were delivered then; None where they were too many to write down.
        delivered_count: how many entries these were.
    """

    config: LabelConfig
    seen_at: float
    delivered: list[tuple[int, int]] | None
    delivered_count: int


class ConfigWatch:
    """Compares what the server says now with what entries are checked against. `begin` it, let it `run`, `conclude` it.

    Args:
        read: reads the configuration of the project anew.
        known: what entries are checked against in this run.
        poll_seconds: how long between two readings.
        steering: while it pauses the run, nothing is read before the last reading; None: nobody does.

    Attributes:
        has_grown: something was added since an earlier reading, by which entries may have been rejected; set by any of
            the three.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[LabelConfig]],
        known: LabelConfig,
        checkpoint: Checkpoint,
        *,
        poll_seconds: float,
        steering: Steering | None = None,
    ) -> None:
        self._read = read
        self._known = known
        self._checkpoint = checkpoint
        self._poll_seconds = poll_seconds
        self._steering = steering
        # Set by `suspect`, cleared by `run`.
        self._is_suspect = asyncio.Event()
        self.has_grown = False

    async def begin(self, planned: str | None = None) -> None:
        """Compare what was just read with what the checkpoint keeps, and keep it.

        Args:
            planned: digest of the one by which the import was planned; where nothing is kept yet, it has to be that.

        Raises:
            LabelConfigChanged: more than additions; the new one is kept, so that the next run goes on by it.
            CheckpointUnusable: it cannot be kept.
        """
        is_first = kept_config(self._checkpoint) is None
        await self._judge(self._known)
        if is_first and planned is not None and digest_of(self._known) != planned:
            raise LabelConfigChanged(
                "The label configuration of the project is not the one that the plan was checked against. Nothing was "
                "sent. See whether that was meant; then run the same command again, which checks every entry by the "
                "new one."
            )

    def suspect(self) -> None:
        """Have the configuration read again soon: the server refused what was found right here."""
        self._is_suspect.set()

    async def run(self) -> None:
        """Read the configuration now and then until it changes. To cancel it is safe at any time.

        A reading that fails is left out: whether the server answers is the concern of the uploads.

        Raises:
            LabelConfigChanged, CheckpointUnusable: as `begin` does.
        """
        while True:
            try:
                async with asyncio.timeout(self._poll_seconds):
                    await self._is_suspect.wait()
                # Refusals come in swarms; one reading is enough for all of them.
                await asyncio.sleep(_SOON_SECONDS)
            except TimeoutError:
                pass
            self._is_suspect.clear()
            if self._steering is not None:
                await self._steering.passes()
            try:
                now = await self._read()
            except ServerError:
                continue
            await self._judge(now)

    async def conclude(self) -> None:
        """Read the configuration a last time: what was sent after the last reading was checked against it, too.

        A server that went away meanwhile is not waited for: the next run reads it in any case.

        Raises:
            LabelConfigChanged, CheckpointUnusable: as `begin` does.
        """
        try:
            async with asyncio.timeout(_LAST_LOOK_SECONDS):
                now = await self._read()
        except (ServerError, TimeoutError):
            return
        await self._judge(now)

    async def _judge(self, now: LabelConfig) -> None:
        kept = kept_config(self._checkpoint)
        if kept is not None and now == kept.config:
            # More was delivered while the server still had it: a later change does not put that in question.
            if self._checkpoint.state.counts.delivered != kept.delivered_count:
                await self._keep(now)
            return
        changes = () if kept is None else now.breaks(kept.config)
        if changes:
            error = self._changed(changes, kept)
            await self._keep(now)
            raise error
        self.has_grown = self.has_grown or kept is not None
        await self._keep(now)

    async def _keep(self, config: LabelConfig) -> None:
        delivered = self._checkpoint.state.delivered
        spans = [(span.start, span.stop) for span in delivered.spans]
        note = _Kept(
            config, round(time.time(), 3), spans if len(spans) <= _MOST_SPANS else None, len(delivered)
        )
        await self._checkpoint.record_note(_NOTE, msgspec.to_builtins(note))

    def _changed(self, changes: tuple[str, ...], kept: _Kept | None) -> LabelConfigChanged:
        since = "" if kept is None else f" {_since(kept, self._checkpoint.state.delivered)}"
        shown = "; ".join(changes[:_MOST_SHOWN])
        more = f"; and {len(changes) - _MOST_SHOWN} more changes" if len(changes) > _MOST_SHOWN else ""
        return LabelConfigChanged(
            f"The label configuration of the project changed: {shown}{more}.{since} See whether that was meant; "
            "then run the same command again, which checks what is not sent yet by the new one."
        )


def kept_config(checkpoint: Checkpoint) -> _Kept | None:
    """The configuration that the checkpoint keeps, with what was delivered then; None where none was read yet."""
    note = checkpoint.state.notes.get(_NOTE)
    return None if note is None else msgspec.convert(note, _Kept)


def digest_of(config: LabelConfig) -> str:
    """The digest by which the header of a log identifies a configuration: BLAKE2b-128 of its JSON, in hexadecimal."""
    import hashlib

    return hashlib.blake2b(msgspec.json.encode(config), digest_size=16).hexdigest()


def _since(kept: _Kept, delivered: SpanSet) -> str:
    """Which positions were delivered since the last good reading, in a sentence."""
    count = len(delivered) - kept.delivered_count
    when = written(kept.seen_at)
    if not count:
        return f"Nothing was delivered since it was last read ({when})."
    if kept.delivered is None:
        return f"{counted(count, 'entry', 'was')} delivered since it was last read ({when})."
    fresh = delivered.copy()
    for start, stop in kept.delivered:
        fresh.discard(start, stop)
    spans = fresh.spans
    shown = ", ".join(
        str(span.start) if span.stop == span.start + 1 else f"{span.start} to {span.stop - 1}"
        for span in spans[:_MOST_SHOWN]
    )
    more = f" and {len(spans) - _MOST_SHOWN} more stretches" if len(spans) > _MOST_SHOWN else ""
    return (
        f"{counted(count, 'entry', 'was')} delivered since it was last read ({when}): the positions {shown}{more}; "
        "look at their labels."
    )
