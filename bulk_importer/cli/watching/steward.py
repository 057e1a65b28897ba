"""Obeys what a person asks of the runs of a command: by the socket in the checkpoint folder, or on a page.

There is one steward for a command. It sees the events of each run, so that it can say how the run stands; what was
changed by whom it tells the observers of the run, and so it stands in `run.log`. A pause and limits last until they are
taken back or the command ends: a run that begins under them says so once more.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import asdict, replace

from bulk_importer.checkpoint import lock_owner
from bulk_importer.cli import messages
from bulk_importer.cli.watching.standing import Standings
from bulk_importer.errors import ExitCode
from bulk_importer.events import CheckpointOpened, Event, LimitsChanged, RunPaused, RunResumed, RunStarted
from bulk_importer.files.small_files import reason_of
from bulk_importer.levels import Level
from bulk_importer.steering.server import ControlSocket
from bulk_importer.steering.values import Answer, Command, Limits, Standing
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.options import allowed_by

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.settings import Settings
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Steward"]

_FLAGS = {
    "max_in_flight": "--max-in-flight",
    "requests_per_second": "--max-requests-per-second",
    "entries_per_second": "--max-entries-per-second",
    "bytes_per_second": "--max-bytes-per-second",
}

_SLOWEST = 1e-3
"""A second, of anything: with less of it a run would seem to hang, and nobody would know why."""


class Steward:
    """Steers one command. A `Controls`, and an observer of all of its runs, behind all others.

    Args:
        settings: of the command; no limit goes beyond what they allow.
        clock: monotonic, in seconds.

    Attributes:
        steering: what the sending side follows.
    """

    def __init__(
        self, stop: StopSwitch, settings: Settings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stop = stop
        self._allowed = allowed_by(settings)
        self.steering = Steering(stop, self._allowed, clock)
        self._clock = clock
        self._standings = Standings(self.steering, self._allowed, clock)
        # Who paused it, and who limited it; empty where nobody does. Changed by `obey`.
        self._paused_by = self._limited_by = ""
        # Of the run that is under way: its folder, and who sees its events; changed by `follow`.
        self._folder = Path()
        self._observers: Sequence[Observer] = ()
        # In the folder of the latest run whose folder was there; changed by `_listen`.
        self._socket: ControlSocket | None = None
        self._heard_in: Path | None = None

    def follow(self, folder: Path, observers: Sequence[Observer], settings: Settings | None = None) -> None:
        """Turn to the next run, over the checkpoint in `folder`; `observers` see its events, this one among them.

        Args:
            settings: of that run, where they are other ones than the command's.
        """
        self._folder, self._observers = folder, observers
        if settings is not None:
            self._allowed = allowed_by(settings)
            self.steering.keep_to(self._allowed)
            self._standings = Standings(self.steering, self._allowed, self._clock)
        self._standings.begin(folder)
        # A run that resumes is heard at once, unless the checkpoint is another process's to speak for.
        if folder.is_dir() and not lock_owner(folder):
            with contextlib.suppress(OSError):  # it is said when the run is sure that it is to be heard there
                self._listen()

    def __call__(self, event: Event) -> None:
        """See an event of the run that is under way."""
        self._standings.see(event)
        if isinstance(event, CheckpointOpened | RunStarted) and self._heard_in != self._folder:
            try:
                self._listen()
            except OSError as error:
                messages.say(f"'bulk-importer control' does not reach this run: {reason_of(error)}.")
        if isinstance(event, RunStarted):
            if self._paused_by:
                self._emit(RunPaused(by=self._paused_by))
            if self._limited_by:
                self._emit(self._limits_changed(self._limited_by))

    def close(self) -> None:
        """Hear nothing more: the command ends."""
        if self._socket is not None:
            self._socket.close()
        self._socket = self._heard_in = None

    def obey(self, command: Command, by: str) -> Answer:
        """As `Controls` has it."""
        match command.do:
            case "status":
                return self._done("")
            case "stop":
                return self._stopped(by)
            case _ if self._stop.is_requested:
                return self._refused("It is about to end: " + self._stop.reason)
            case "pause":
                return self._pause(by)
            case "resume":
                return self._resume(by)
            case "limit":
                return self._limit(command.limits, by)
            case "unlimit":
                return self._keep_to(self._allowed, by)
            case _:
                return self._refused(
                    f"Nothing is known of {command.do[:40]!r}; it is pause, resume, limit, unlimit, stop or status."
                )

    def _pause(self, by: str) -> Answer:
        if not self.steering.pause():
            return self._done(f"It is paused already, by {self._paused_by}.")
        self._paused_by = by
        self._emit(RunPaused(by=by))
        return self._done("Paused. Nothing new is sent until it is resumed; what is in flight lands.")

    def _resume(self, by: str) -> Answer:
        seconds = self.steering.resume()
        if seconds is None:
            return self._done("It is not paused.")
        self._paused_by = ""
        self._emit(RunResumed(by=by, seconds=round(seconds, 3)))
        return self._done(f"Resumed, after {seconds:,.0f} s.")

    def _limit(self, asked: Limits, by: str) -> Answer:
        wanted = {name: value for name, value in asdict(asked).items() if value is not None}
        if not wanted:
            return self._refused("Say which limit: " + ", ".join(_FLAGS.values()) + ".")
        for name, value in wanted.items():
            if why := _why_not(_FLAGS[name], value, getattr(self._allowed, name)):
                return self._refused(why)
        return self._keep_to(replace(self._limits, **wanted), by)

    def _keep_to(self, limits: Limits, by: str) -> Answer:
        if limits == self._limits:
            return self._done("These are its limits already.")
        self.steering.keep_to(limits)
        changed = self._limits_changed(by)
        self._limited_by = "" if changed.is_as_started else by
        self._emit(changed)
        return self._done("These are its limits now.")

    def _stopped(self, by: str) -> Answer:
        if self._stop.is_requested:
            self._stop.abort()
            messages.say(f"Stopped by {by} once more: what is in flight is given up.", Level.WARNING)
            return self._done("What is in flight is given up, and unconfirmed until the next run.")
        messages.say(f"Stopped by {by}: what is in flight may land.", Level.WARNING)
        self._stop.request(f"stopped by {by}", ExitCode.UNFINISHED)
        return self._done("It ends when what is in flight has landed; the same command as before resumes.")

    @property
    def _limits(self) -> Limits:
        return self.steering.limits or self._allowed

    def _limits_changed(self, by: str) -> LimitsChanged:
        limits = self._limits
        return LimitsChanged(by=by, **asdict(limits), is_as_started=limits == self._allowed)

    def _standing(self) -> Standing:
        return self._standings.now(self._paused_by, self._limited_by)

    def _done(self, said: str) -> Answer:
        return Answer(standing=self._standing(), said=said)

    def _refused(self, why: str) -> Answer:
        return Answer(standing=self._standing(), refused=why)

    def _emit(self, event: Event) -> None:
        for observer in self._observers:
            observer(event)

    def _listen(self) -> None:
        """Hear commands in the folder of the run, and nowhere else. Raises `OSError` where that cannot be."""
        self.close()
        socket = ControlSocket(self)
        socket.open(self._folder)
        self._socket, self._heard_in = socket, self._folder


def _why_not(flag: str, value: float, allowed: float | None) -> str:
    """Why a limit cannot be kept to; empty where it can."""
    if not _SLOWEST <= value < math.inf:
        return f"{flag} {value:g} lets nothing leave; 'pause' does that, and says so."
    if allowed is not None and value > allowed:
        return f"{flag} {value:g} is above the {allowed:g} that the run was started with; no limit goes beyond that."
    return ""
