"""What is known of an upload, from the last of its bytes to the end of its import. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

__all__ = ["Agreement", "Came", "Job", "JobState"]


class JobState(StrEnum):
    """How an upload stands. It is on disk with each change, so that the next start finds it as it was.

    A start checks again what is `received` or `checking`, and puts what is `importing` before what is `queued`.
    """

    RECEIVED = "received"  # waits for its check
    CHECKING = "checking"
    CHECKED = "checked"  # waits for a person
    REFUSED = "refused"  # it cannot be checked, or nothing in it can be imported
    QUEUED = "queued"  # confirmed; waits for its turn
    IMPORTING = "importing"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_at_work(self) -> bool:
        """Whether something reads the upload now."""
        return self in (JobState.CHECKING, JobState.IMPORTING)

    @property
    def is_ended(self) -> bool:
        """Whether its import has begun, and is over for now."""
        return self in (JobState.DONE, JobState.STOPPED, JobState.FAILED)


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What a person agreed to when they confirmed an import.

    Attributes:
        media: so many may lose labels that they hold, at most; None: as many as there are, which nobody could say.
    """

    media: int | None = 0

    def covers(self, media: int | None) -> bool:
        """Whether it holds for so many; None where it is not known how many."""
        return self.media is None or (media is not None and media <= self.media)


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a check or an import.

    Attributes:
        exit_code: as that of the command.
        message: why it stands as it does, in sentences; empty where all is well.
        good: entries that could be sent, or are delivered; None where that is not known.
        bad: entries that would be rejected, or are.
    """

    exit_code: int
    message: str = ""
    good: int | None = None
    bad: int | None = None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An upload, and what became of it.

    Attributes:
        name: what a person called the file; for people, and never a path.
        file: what it is called in the spool.
        size: in bytes.
        digest: of its bytes (XXH3, 128 bits), in hex.
        received: when its last byte came, in seconds since 1970.
        turn: it is imported before those with a higher number; changes when it is confirmed.
        agreed: what a person agreed to; None before they confirmed anything.
        corrected: where in the folder of the upload the corrected entries are that are to be fed; empty without any.
        came: what came of its latest check or import; None before the first, and where it was resumed since.
    """

    id: str
    name: str
    file: str
    size: int
    digest: str
    received: float
    state: JobState = JobState.RECEIVED
    turn: int = 0
    agreed: Agreement | None = None
    corrected: str = ""
    came: Came | None = None

    @property
    def exit_code(self) -> int | None:
        """Of its latest check or import."""
        return None if self.came is None else self.came.exit_code

    @property
    def message(self) -> str:
        """Why it stands as it does, in sentences; empty where all is well."""
        return "" if self.came is None else self.came.message
