"""The values of a plan, as they lie at its place.

Pure. They are JSON, read strictly: a plan of another version is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from bulk_importer.checkpoint import SourceIdentity

__all__ = ["PLAN", "UNDONE", "Piece", "Plan", "Result", "Seat", "Shard", "epoch_name", "shard_at", "work_key"]

_OF_A_SHARD = re.compile(r"(.+)/work/(\d{5,})/epoch-\d{6,}", re.DOTALL)

PLAN = "plan.json"
"""The key of the plan at its place."""

UNDONE = "undone"
"""The key of what says that a plan is taken back, with nothing in it: no more of it is imported."""


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """Whole elements that stand side by side in the source, in a shard.

    Attributes:
        first: position of the first of them.
        count: how many they are, at least one.
        offset: of the first byte of the first of them in the source.
        length: in bytes, to behind the last byte of the last of them.
        digest: the XXH3-128 of these bytes, as hexadecimal text.
    """

    first: int
    count: int
    offset: int
    length: int
    digest: str


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the source that one worker imports.

    Attributes:
        index: from 0.
        first: position of the first element of its stretch.
        offset: where that stretch begins in the source, in bytes.
        length: how long it is, in bytes; what stands there and was moved to another shard included.
        entries: elements in all of its pieces.
        bytes: of all of its pieces.
        moved: how many of its elements stand in the stretch of another shard.
        pieces: name of the file that lists its pieces, which is the digest of that.
        max_errors: how many rejections end its import, as `--max-errors` has it.
    """

    index: int
    first: int
    offset: int
    length: int
    entries: int
    bytes: int
    moved: int
    pieces: str
    max_errors: str


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker may send at a time, so that all together keep to what was asked for; None: no limit."""

    max_in_flight: int
    max_requests_per_second: float | None = None
    max_entries_per_second: float | None = None
    max_bytes_per_second: float | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How one source is divided among workers. Nothing in it is a secret, and paths alone are of one machine.

    Attributes:
        id: XXH3-128 of all else, as hexadecimal text.
        source: as the workers open it; of a file its absolute path.
        identity: of the source, when the plan was made.
        lines: whether it is JSON Lines, and not an array.
        entries, accepted, rejected, skipped: elements, as `check` counts them.
        bytes: of the source, unpacked.
        server, project, project_name: where to; the project by its id.
        label_config: digest of the label configuration that it was checked against; None where there was none.
        settings: what was asked for besides, by name, as a settings file has it; no secrets.
        seats: what is allowed at a time; as many workers send at a time.
        shards: in the order of the source; at least one.
    """

    version: int = 1
    id: str
    source: str
    identity: SourceIdentity
    lines: bool
    entries: int
    accepted: int
    rejected: int
    skipped: int
    bytes: int
    server: str
    project: str
    project_name: str
    label_config: str | None
    settings: Mapping[str, str | int | float | bool | list[str] | None]
    seats: tuple[Seat, ...]
    shards: tuple[Shard, ...]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the last work on a shard came to, in few words: for a scheduler, and for `gather`.

    Attributes:
        plan: id of the plan.
        index: of the shard.
        epoch: of the lease that it was done under.
        folder: name of the checkpoint of it, below `work/INDEX/`.
        state: `complete`, `stopped` or `failed`, as a summary has it.
        exit_code: of the import; what the process ended with may be another one, by `--rejections-exit`.
        message: why it ended early; empty where it did not.
    """

    plan: str
    index: int
    epoch: int
    folder: str
    state: str
    exit_code: int
    entries: int
    delivered: int
    rejected: int
    skipped: int
    in_doubt: int
    owed: int
    seconds: float
    message: str = ""


def work_key(index: int) -> str:
    """What the keys of all that is about the work on a shard begin with."""
    return f"work/{index:05d}"


def epoch_name(epoch: int) -> str:
    """What the checkpoint of a shard is called that an epoch began."""
    return f"epoch-{epoch:06d}"


def shard_at(folder: str) -> tuple[str, int] | None:
    """Where the plan lies whose shard this folder would be a checkpoint of, and the shard; None for any other."""
    found = _OF_A_SHARD.fullmatch(folder)
    return None if found is None else (found[1], int(found[2]))
