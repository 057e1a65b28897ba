"""Finds which entries of a mended source were delivered from the source that it was made of, to leave them out.

The older checkpoint has a digest of each entry that it delivered. The mended source is read once before anything is
sent, and each entry that has one of these digests is skipped, as often as it was delivered. So what is skipped follows
from the two inputs alone, and a resume finds the same.

Entries of a media do not commute when one says keepData false. An entry that was not delivered and stands before one
that was would now come after it: it is rejected where that would lose labels.

Memory, while the source is read: nine bytes for each delivered entry; a hundred for each other one, and its media id.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import DeliveredDigests, Header, delivered_digests, lock_owner, read_state
from bulk_importer.checkpoint.digests import DIGEST_BYTES
from bulk_importer.checkpoint.folder import MOVED
from bulk_importer.checkpoint.retries import retry_folders
from bulk_importer.errors import (
    CheckpointLocked,
    CheckpointMismatch,
    CheckpointUnusable,
    InputError,
    UsageError,
)
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.model import EntryRun, Finding, KeepData, ReadPlan, Rejection, Segment
from bulk_importer.pipeline.resume.undone import require_not_undone
from bulk_importer.readable import counted
from bulk_importer.sources import Source
from bulk_importer.spans import SpanSet

__all__ = ["AlreadyDelivered", "settled_before"]

_LATE = CATALOGUE["retry-out-of-order"]


class AlreadyDelivered(msgspec.Struct, frozen=True):
    """Positions of a mended source that are not to be sent.

    Attributes:
        delivered: an earlier import delivered these entries.
        late: these entries were not delivered, and to send them now would lose labels of later ones.
    """

    delivered: SpanSet
    late: SpanSet = msgspec.field(default_factory=SpanSet)

    def delivered_in(self, segment: Segment) -> tuple[list[int], list[int]]:
        """The positions of entries of the segment that are delivered already, and the keys of their media.

        Those that are rejected by the rules of today are among them, as far as they name a media.
        """
        run = segment.run
        if not self.delivered.meets(segment.key.first, segment.key.first + segment.key.count):
            return [], []
        found = [(at, key) for at, key in zip(run.positions, run.keys, strict=True) if at in self.delivered]
        found += [
            (each.position, key_of(lane_of(each.media_id)))
            for each in segment.rejections
            if each.media_id and each.position in self.delivered
        ]
        return [at for at, _ in found], [key for _, key in found]

    def leave_out(self, segment: Segment) -> Segment:
        """The segment without what is not to be sent, a filter: delivered entries are skipped, late ones rejected."""
        first, last = segment.key.first, segment.key.first + segment.key.count
        if not (self.delivered.meets(first, last) or self.late.meets(first, last)):
            return segment
        run = segment.run
        late = [_rejection(run, index) for index, at in enumerate(run.positions) if at in self.late]
        rejections = [each for each in segment.rejections if each.position not in self.delivered]
        counts = Counter(segment.counts)
        counts.update({_LATE.code: len(late)})
        for each in segment.rejections:
            if each.position in self.delivered:  # under the rules of today
                counts.subtract(finding.code for finding in each.findings)
        skipped = SpanSet(segment.skipped)
        skipped.update(self.delivered.within(first, last))
        left_out = (self.delivered, self.late)
        return msgspec.structs.replace(
            segment,
            run=run.take(
                [index for index, at in enumerate(run.positions) if not any(at in each for each in left_out)]
            ),
            rejections=tuple(sorted((*rejections, *late), key=lambda each: each.position)),
            skipped=skipped.spans,
            counts={code: count for code, count in counts.items() if count > 0},
        )


async def settled_before(
    source: Source,
    rules: Rules,
    options: IntakeOptions,
    folder: Path,
    now: Header,
    *,
    server_moved: bool,
) -> AlreadyDelivered:
    """Find which entries of a source the import in `folder` delivered. Reads the whole source; safe to cancel.

    A source that breaks off is examined up to the break; the import then says what is wrong.

    Args:
        now: header of the import that is to leave out what was delivered.
        server_moved: the server of `now` may be that of the older checkpoint under another name; the caller found the
            project there.

    Raises:
        UsageError: the source can be read once only.
        CheckpointError: the older checkpoint cannot be read, was for another project, is being written, was taken
            back by an undo, or has entries in doubt.
    """
    if not source.repeatable:
        raise UsageError(
            f"--settled-by reads the source twice, and {source.name} can be read once: make it a file."
        )
    # What a retry corrected and delivered is known by the corrected bytes, which its own ledger has the digests of.
    ledgers = [folder, *(retry.checkpoint for retry in retry_folders(folder) if retry.state() is not None)]
    for ledger in ledgers:
        # A retry sent to the server of the checkpoint, or to what that was called at the time.
        _require_settled(ledger, now, server_moved=server_moved or ledger != folder)
    digests = await asyncio.to_thread(delivered_digests, *ledgers)
    sorting = _Sorting(digests)
    with suppress(InputError):
        async with Intake(source, ReadPlan(), rules, options) as intake:
            async for segment in intake:
                sorting.take(segment)
    return AlreadyDelivered(sorting.delivered, sorting.late)


class _Sorting:
    """Goes through the entries of a source in order, and sorts them."""

    def __init__(self, digests: DeliveredDigests) -> None:
        self._digests = digests
        # Positions of entries that were not delivered, by lane, with what they say of keepData. Changed by `take`.
        self._open: dict[str, list[tuple[int, KeepData]]] = {}
        self.delivered = SpanSet()
        self.late = SpanSet()

    def take(self, segment: Segment) -> None:
        """Sort the entries of the next segment.

        An entry that was delivered and is rejected by the rules of today counts as delivered. What such an entry says
        of keepData is not known here; false is assumed, which is the worse.
        """
        run = segment.run
        for index, position in enumerate(run.positions):
            keep = KeepData(run.keeps[index])
            if self._is_delivered(segment, position):
                self._overtake(run.lanes[index], position, keep)
            else:
                self._open.setdefault(run.lanes[index], []).append((position, keep))
        for rejection in segment.rejections:
            if self._is_delivered(segment, rejection.position) and rejection.media_id is not None:
                self._overtake(lane_of(rejection.media_id), rejection.position, KeepData.FALSE)

    def _is_delivered(self, segment: Segment, position: int) -> bool:
        at = (position - segment.key.first) * DIGEST_BYTES
        found = self._digests.take(segment.digests[at : at + DIGEST_BYTES])
        if found:
            self.delivered.add(position, position + 1)
        return found

    def _overtake(self, lane: str, delivered: int, keep: KeepData) -> None:
        """The entry at `delivered` was delivered before those that are open in its lane and stand before it."""
        still = []
        for position, its_keep in self._open.pop(lane, []):
            if position < delivered and KeepData.FALSE in (keep, its_keep):
                self.late.add(position, position + 1)
            else:
                still.append((position, its_keep))
        if still:
            self._open[lane] = still


def _require_settled(folder: Path, now: Header, *, server_moved: bool) -> None:
    owner = lock_owner(folder)
    if owner is not None:
        raise CheckpointLocked(str(folder), str(owner))
    header, state = read_state(folder)
    is_moved = header.server != now.server
    if header.project != now.project or (is_moved and not server_moved):
        moved = f" {MOVED}" if header.project == now.project else ""
        raise CheckpointMismatch(
            f"The checkpoint {folder} is of project {header.project} at {header.server}: what was delivered there "
            f"was not delivered to project {now.project} at {now.server}. Nothing was sent.{moved}"
        )
    require_not_undone(
        folder, state, so="so what it delivered is there no more. Leave --settled-by out. Nothing was sent."
    )
    if state.taken:
        raise CheckpointUnusable(
            str(folder),
            f"{counted(len(state.taken), 'entry', 'is')} unconfirmed in it, and could be sent twice",
            advice="Find out whether they landed, and say it: "
            f"'bulk-importer resolve {folder} --delivered' (or --not-delivered).",
        )


def _rejection(run: EntryRun, index: int) -> Rejection:
    entry = run.entry(index)
    finding = Finding.of(
        _LATE,
        entry,
        "/keepData",
        "to be sent before the later entries of its media",
        "a later entry of its media was delivered already",
    )
    return Rejection.of(entry, [finding])
