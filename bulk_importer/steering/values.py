"""What a person can ask of a run that goes on, what it answers, and who listens.

Pure. Values that several doors share: the socket in the checkpoint folder, and the page in a browser. What a person
asks is a `Command`, obeyed by whoever has the `Controls`; the answer says how the run stands then.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

__all__ = ["Answer", "Command", "Controls", "Limits", "Standing"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much may leave at a time. None: no limit; in a command: as it was.

    Attributes:
        max_in_flight: requests on their way at a time.
        requests_per_second, entries_per_second, bytes_per_second: what may leave in a second.
    """

    max_in_flight: int | None = None
    requests_per_second: float | None = None
    entries_per_second: float | None = None
    bytes_per_second: float | None = None

    @property
    def words(self) -> str:
        """For people, as in `2 in flight, 1,500 entries/s`."""
        by_unit = {
            "in flight": self.max_in_flight,
            "requests/s": self.requests_per_second,
            "entries/s": self.entries_per_second,
            "bytes/s": self.bytes_per_second,
        }
        said = [f"{limit:,.12g} {unit}" for unit, limit in by_unit.items() if limit is not None]
        return ", ".join(said) or "none"


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks of a run.

    Attributes:
        do: `pause`: nothing new leaves; `resume`; `limit`: keep to `limits`, and of those that are not said to what it
            was; `unlimit`: back to what the command line allows; `stop`: end the run as the first Ctrl-C does;
            `status`: only say how it stands.
        limits: what `limit` asks for.
    """

    do: str
    limits: Limits = Limits()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a run stands at a moment.

    Attributes:
        state: `running`, `paused` (by a person), `waiting` (for the server, its hours, or lost answers), `stopping`, or
            as a summary says it where the run is over.
        waits_for: why nothing leaves, in a sentence; empty where something does.
        source, server, project, checkpoint: which run it is.
        total: entries in all, exact or guessed; None where that is unknown.
        settled: delivered, rejected and skipped together.
        percent: settled of the total, rounded down; None without a total.
        entries_per_second: delivered and rejected, over the last minute; None where it is too early to say.
        seconds_left: at that rate; None where that is unknown, or nothing leaves.
        in_flight: requests on their way.
        limits: what holds now; `allowed` is what the command line allows, beyond which no command goes.
        changed_by: who paused or limited it last; empty where nobody did.
    """

    state: str
    waits_for: str = ""
    source: str = ""
    server: str = ""
    project: str = ""
    checkpoint: str = ""
    total: int | None = None
    settled: int = 0
    delivered: int = 0
    rejected: int = 0
    in_doubt: int = 0
    percent: int | None = None
    entries_per_second: float | None = None
    seconds_left: float | None = None
    in_flight: int = 0
    limits: Limits = Limits()
    allowed: Limits = Limits()
    changed_by: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command.

    Attributes:
        standing: how the run stands now.
        said: what was done, or that nothing was to be done, in a sentence for people.
        refused: why it was not obeyed, in a sentence; empty where it was.
    """

    standing: Standing
    said: str = ""
    refused: str = ""


class Controls(Protocol):
    """Whoever obeys commands."""

    def obey(self, command: Command, by: str) -> Answer:
        """Do what is asked, at once; called in the event loop of the run.

        Args:
            by: who asks, for the record: the name of a user, or `page`.
        """
