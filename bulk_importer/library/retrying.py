"""Feeds rejected entries again for a program, and gives it those that there are."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.library.inputs import caller_of, one_checkpoint_in
from bulk_importer.library.sync import synchronous

if TYPE_CHECKING:
    from bulk_importer.checkpoint import RejectedLine
    from bulk_importer.events import Observer
    from bulk_importer.model import Rejection
    from bulk_importer.pipeline.retry.retrying import Retried
    from bulk_importer.settings import Settings

__all__ = ["rejections", "retry", "retry_sync"]


async def retry(
    checkpoint: str | PathLike[str],
    settings: Settings,
    *,
    corrected: str | PathLike[str] | None = None,
    source: str | None = None,
    out_of_order: bool = False,
    token: str | None = None,
    observers: Sequence[Observer] = (),
) -> Retried:
    """Feed the rejected entries of one import again, corrected or as they are; the same call again goes on.

    Cancelling it stops the run as a second Ctrl-C does: what is in flight is in doubt, and the next call goes on.

    Args:
        checkpoint: the checkpoint folder of the import, which knows the server and the project.
        settings: how. `server` may be left out; `media_by` must be that of the import.
        corrected: a file of JSON Lines, each `{"position": 7, "entry": {...}}`, as an edited copy of `rejected.jsonl`
            has them; other keys do not matter. None for all that is rejected, as it is, or for what an earlier retry
            left unsettled.
        source: where the source of the import is now, as a path or a URL; None where it was. It is read to see what
            came after the rejected entries.
        out_of_order: feed also what later entries of the same media, with keepData false, do not go together with;
            the source need not be there then.
        token: of the API; without it that of `Settings.token_file`, else of `DATAGYM_TOKEN`, else none.
        observers: called with each event (see `bulk_importer.events`), in the event loop.

    Returns:
        What came of it; `summary` is that of the import, and its `exit_code` says whether anything is left to look at.

    Raises:
        UsageError: the settings cannot be meant, a file that they name cannot be read or used, or the folder holds
            several checkpoints.
        InputError: the corrections cannot be read or meant, or the source of the import is needed and cannot be read.
        ServerError: the server does not answer, refuses the token, or does not know the project.
        CheckpointError: there is no checkpoint, or it is damaged, locked by another process, or cannot be written; or
            the source is not what was imported.

    With each of them nothing was sent, and what is wrong with the settings is always raised. Any other error that can
    be foreseen ends the retry once it is begun: then it is in the summary.
    """
    from bulk_importer.migration.moving.sourcing import source_again
    from bulk_importer.pipeline.retry.plan import RetrySpec
    from bulk_importer.pipeline.retry.retrying import retry_rejected

    caller = caller_of(settings, token, observers)
    folder = one_checkpoint_in(Path(checkpoint))
    spec = RetrySpec(
        folder,
        settings,
        corrected=None if corrected is None else Path(corrected),
        source=source,
        made_again=source_again(folder),
        out_of_order=out_of_order,
    )
    return await retry_rejected(spec, caller)


retry_sync = synchronous(retry)


def rejections(checkpoint: str | PathLike[str]) -> Iterator[Rejection]:
    """The entries that are rejected now, as `rejected.jsonl` has them, in the order in which they were rejected.

    Those that a retry has delivered by now are not among them.

    Args:
        checkpoint: the checkpoint folder of one import.

    Returns:
        An iterator of them, each with its findings. `raw` has its bytes, in which line breaks between tokens are
        blanks; it is empty, and `offset` is -1, where the file had grown beyond `max_rejected_bytes`.

    Raises:
        UsageError: the folder holds several checkpoints.
        CheckpointError: there is no checkpoint, or it cannot be read.
    """
    from bulk_importer.checkpoint import read_state, rejected_lines

    folder = one_checkpoint_in(Path(checkpoint))
    _, state = read_state(folder)
    lines = rejected_lines(folder, state.rejected_bytes)
    return (_rejection(line) for line in lines if line.position in state.rejected)


def _rejection(line: RejectedLine) -> Rejection:
    from bulk_importer.model import Element, Rejection

    if line.entry_base64 is not None:
        raw = b64decode(line.entry_base64)
    else:
        raw = bytes(line.entry) if line.entry_text is None else line.entry_text.encode()
    offset = -1 if line.offset is None else line.offset
    element = Element(position=line.position, offset=offset, media_id=line.media_id, raw=raw)
    return Rejection.of(element, line.findings)
