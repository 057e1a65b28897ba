"""Everything that stops a run, and the exit code that it ends with.

    BulkImporterError                       70
    ├── UsageError                           2  the command line or a setting is wrong
    │   └── LibraryMissing                      something is asked for that takes a library which is not installed
    ├── InputError                           3  the source
    │   ├── SourceUnreadable                    cannot be opened, or broke while it was read
    │   └── MalformedInput                      is not the JSON that it should be, from a byte on
    ├── BudgetExceeded                       4  too many rejections
    ├── ServerError                          6
    │   ├── ServerUnavailable                   does not answer, for longer than allowed
    │   │   ├── AnswerUnusable                      answers, and what it answers is of no use
    │   │   └── SchedulerUnavailable                of Dask, or it has no workers
    │   ├── NotAuthorised                       refuses the token
    │   ├── ProjectNotFound                     does not know the project
    │   └── QuotaUsedUp                         changes no more tasks
    ├── CheckpointError                      7
    │   ├── CheckpointUnusable                  cannot be read or written
    │   │   ├── PlaceUnusable                       where a plan for many workers lies, likewise
    │   │   └── OutputUnusable                      where what came of a plan is put together, likewise
    │   ├── CheckpointLocked                    another process writes it
    │   ├── CheckpointDamaged                   a record in the middle is not what was written
    │   ├── CheckpointMismatch                  belongs to another source, server, project or meaning
    │   ├── PlanUnusable                        a plan for many workers is not what was written
    │   ├── LeaseHeld                           another worker has what it would take
    │   ├── LeaseLost                           another worker may have taken over
    │   └── NotSteered                          no run is under way there that hears commands
    ├── BackupUnusable                       7  a backup cannot be read or written, or is of something else
    ├── LabelConfigChanged                   8  in a way that matters to what was delivered
    ├── NotVerified                         10  labels that were sent again are not what they should be
    ├── NotSettled                           5  it is not known yet what became of something
    └── Interrupted              129, 130, 143  by a signal, before or between what can be left half done

Without an exception: 0 and 1, 5 (something is in doubt), 9 (something is left to send), 10 (the server holds something
else). What each code means is said to people, command by command, in `cli.help.exit_codes`.

What is wrong with one entry is a `Finding` (see `model`), a value and never an exception.
Every message says what happened, where, and what to do next; it never carries a token or a payload.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Self

from bulk_importer.readable import agreeing, counted, readable

__all__ = [
    "AnswerUnusable",
    "BackupUnusable",
    "BudgetExceeded",
    "BulkImporterError",
    "CheckpointDamaged",
    "CheckpointError",
    "CheckpointLocked",
    "CheckpointMismatch",
    "CheckpointUnusable",
    "ExitCode",
    "InputError",
    "Interrupted",
    "LabelConfigChanged",
    "LeaseHeld",
    "LeaseLost",
    "LibraryMissing",
    "MalformedInput",
    "NotAuthorised",
    "NotSettled",
    "NotSteered",
    "NotVerified",
    "OutputUnusable",
    "PlaceUnusable",
    "PlanUnusable",
    "ProjectNotFound",
    "QuotaUsedUp",
    "SchedulerUnavailable",
    "ServerError",
    "ServerUnavailable",
    "SourceUnreadable",
    "UsageError",
    "most_important",
]


class ExitCode(IntEnum):
    """What the process says to its caller when it ends. A number means the same in every command."""

    DELIVERED = 0
    REJECTIONS = 1
    USAGE = 2
    INPUT = 3
    BUDGET = 4
    IN_DOUBT = 5
    SERVER = 6
    CHECKPOINT = 7
    LABEL_CONFIG = 8
    UNFINISHED = 9
    DIFFERS = 10
    UNFORESEEN = 70
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def may_run_again(self) -> bool:
        """Whether a machine may run the same command again by itself: it may end better, and nobody need look before.

        What is given to schedulers in `config` is generated from it.
        """
        return self in _MAY_RUN_AGAIN


_MAY_RUN_AGAIN = frozenset(
    {
        ExitCode.IN_DOUBT,  # when a request can no longer be running, the server is asked
        ExitCode.SERVER,  # it may come back
        ExitCode.CHECKPOINT,  # another run may have it, and end
        ExitCode.UNFINISHED,
        ExitCode.UNFORESEEN,  # memory or a disk may have run out; a bug shows each time, so the tries are bounded
        ExitCode.HANGUP,
        ExitCode.INTERRUPTED,
        ExitCode.TERMINATED,
    }
)

# Where several apply, the first of these is what the caller must deal with first.
_PRECEDENCE = (
    ExitCode.UNFORESEEN,
    ExitCode.USAGE,
    ExitCode.CHECKPOINT,
    ExitCode.INPUT,
    ExitCode.SERVER,
    ExitCode.LABEL_CONFIG,
    ExitCode.BUDGET,
    ExitCode.DIFFERS,
    ExitCode.HANGUP,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.IN_DOUBT,
    ExitCode.UNFINISHED,
    ExitCode.REJECTIONS,
    ExitCode.DELIVERED,
)


def most_important(codes: Iterable[ExitCode]) -> ExitCode:
    """The code to end with where several apply; `DELIVERED` where none does."""
    return min(codes, key=_PRECEDENCE.index, default=ExitCode.DELIVERED)


class BulkImporterError(Exception):
    """Stops a run. `str()` of it is for the user: what, where, what next; readable whatever paths it names."""

    exit_code: ExitCode = ExitCode.UNFORESEEN

    def __str__(self) -> str:
        return readable(super().__str__())


class UsageError(BulkImporterError):
    """The command line, a variable or the settings file says something that cannot be meant."""

    exit_code = ExitCode.USAGE


class LibraryMissing(UsageError):
    """Something was asked for that needs a library which is not installed by itself."""

    def __init__(self, what: str, library: str) -> None:
        self.library = library
        super().__init__(
            f"{what} needs {library}, which is not installed. Install it: {_installing(library)}"
        )


def _installing(library: str) -> str:
    """The command that installs a library where this program runs.

    Not the name of an extra: where this program was installed from there may be no package of its name, and a bare
    `pip` is often that of another environment.
    """
    import shlex
    import sys
    from importlib.util import find_spec
    from shutil import which

    python = shlex.quote(sys.executable)
    if find_spec("pip") is None and which("uv"):
        return f"uv pip install --python {python} {library}"
    return f"{python} -m pip install {library}"


class InputError(BulkImporterError):
    """The source cannot be read to its end."""

    exit_code = ExitCode.INPUT


def _called(source: str) -> str:
    """What a sentence that begins with a source calls it."""
    return "Standard input" if source == "-" else source


class SourceUnreadable(InputError):
    """The source cannot be opened, or broke while it was read.

    Attributes:
        source: name of the source, as the user gave it.
        reason: what is wrong with it.
        at_fault: reading it again ends the same way; it has to be another one from some place on.
    """

    def __init__(self, source: str, reason: str, *, advice: str = "", at_fault: bool = False) -> None:
        self.source = source
        self.reason = reason
        self.at_fault = at_fault
        super().__init__(f"{_called(source)} cannot be read: {reason}." + (f" {advice}" if advice else ""))


class MalformedInput(InputError):
    """The source is not the JSON that it should be.

    Attributes:
        source: name of the source, as the user gave it.
        position: position of the entry that could not be read (= the number of entries before it).
        offset: byte offset into the (decompressed) source at which it stops making sense.
        reason: what is wrong there.
    """

    def __init__(self, source: str, position: int, offset: int, reason: str, *, advice: str = "") -> None:
        self.source = source
        self.position = position
        self.offset = offset
        self.reason = reason
        before = ""
        if position:
            before = f"The {counted(position, 'entry')} before it {agreeing(position, 'is')} not affected. "
        super().__init__(
            f"{_called(source)} is malformed at byte {offset}, position {position}: {reason}. {before}"
            + (advice or "Fix the source at or behind that byte, and run the same command again.")
        )


class BudgetExceeded(BulkImporterError):
    """More entries were rejected than the error budget allows."""

    exit_code = ExitCode.BUDGET

    def __init__(self, rejected: int, entries: int, budget: str) -> None:
        self.rejected = rejected
        self.entries = entries
        super().__init__(
            f"{rejected:,} of {counted(entries, 'entry')} {agreeing(rejected, 'was')} rejected, more than the error "
            f"budget of {budget} allows. Look at the findings in rejected.jsonl; raise --max-errors to send the "
            "rest anyway."
        )


class ServerError(BulkImporterError):
    """The server cannot be used."""

    exit_code = ExitCode.SERVER


class ServerUnavailable(ServerError):
    """The server does not answer, or not in its own words, for longer than allowed."""

    def __init__(self, server: str, reason: str, *, advice: str = "") -> None:
        self.server = server
        self.reason = reason
        super().__init__(
            f"{server} is not available: {reason}. "
            + (advice or "Nothing is lost; run the same command again.")
        )


class AnswerUnusable(ServerUnavailable):
    """The server answered a look-up, but not with what was asked for. `status` is the answer's."""

    def __init__(self, server: str, reason: str, *, status: int, advice: str = "") -> None:
        self.status = status
        super().__init__(server, reason, advice=advice)


class SchedulerUnavailable(ServerUnavailable):
    """The scheduler of Dask does not answer, or has no workers, for longer than allowed."""

    def __init__(self, address: str, reason: str, *, advice: str = "") -> None:
        advice = advice or (
            "Look whether it runs there: dask scheduler. When it does, run the same command again; an import resumes."
        )
        super().__init__(f"The Dask scheduler {address}", reason, advice=advice)


class NotAuthorised(ServerError):
    """The server refuses the token, or wants one."""

    ADVICE = "Check the token (DATAGYM_TOKEN or --token-file)"

    def __init__(self, server: str, reason: str) -> None:
        self.server = server
        super().__init__(
            f"{server} refuses the request: {reason}. {self.ADVICE} "
            "and that it belongs to the project's organisation; then run the same command again."
        )


class ProjectNotFound(ServerError):
    """The server does not know the project, or knows several of that name."""

    def __init__(self, server: str, project: str, known: Iterable[str] = ()) -> None:
        self.server = server
        self.project = project
        listed = ", ".join(known)
        super().__init__(
            f"{server} has no project {project!r}."
            + (f" It has: {listed}." if listed else "")
            + " Give an id or a name that exists."
        )


class QuotaUsedUp(ServerError):
    """The label quota of the organisation is used up, so that no more tasks can be completed or skipped."""

    def __init__(
        self, server: str, said: str, params: Sequence[str], *, done: int, left: int, word: str
    ) -> None:
        """Take what the server says of it.

        Args:
            params: what the quota is of, how much is used, how much there is; as far as the server says it.
            done, left: how many tasks are `word` (completed, skipped) now, and how many are not.
        """
        self.server = server
        used = f"{params[1]} of {params[2]} are used" if len(params) >= 3 else said
        super().__init__(
            f"The label quota of the organisation at {server} is used up ({used}). {done:,} of the tasks "
            f"{agreeing(done, 'was')} {word}, and {left:,} {agreeing(left, 'is')} left. When the quota is larger, or "
            "begins anew, the same command resumes with these."
        )


class CheckpointError(BulkImporterError):
    """The checkpoint does not allow this run."""

    exit_code = ExitCode.CHECKPOINT


_ROOM = "Make room, then run the same command again; nothing was sent without a record."
_WRITABLE = "Make the folder writable"
_NO_FOLDER = "Move away what is in its place"
_REMEDIES = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "Allow files to be larger (ulimit -f), then run the same command again; nothing was sent without a "
    "record.",
    errno.EROFS: _WRITABLE,
    errno.EACCES: _WRITABLE,
    errno.EPERM: _WRITABLE,
    errno.EEXIST: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
}


class CheckpointUnusable(CheckpointError):
    """The checkpoint folder cannot be read or written."""

    called = "The checkpoint"
    or_else = ", or name another one with --checkpoint."
    """What to do besides seeing to it that there is a folder which can be written."""

    def __init__(self, path: str, reason: str, *, advice: str = "") -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"{self.called} {path} cannot be used: {reason}. "
            + (advice or "Fix that, then run the same command again; nothing was sent without a record.")
        )

    @classmethod
    def by(cls, path: str | os.PathLike[str], error: OSError, *, what: str = "") -> CheckpointUnusable:
        """The error that an `OSError` about a checkpoint becomes, with advice that fits.

        Args:
            path: the folder, or the file in it that it is about.
            what: what could not be done, where the path does not tell.
        """
        place, reason = os.fspath(path), error.strerror or str(error)
        if error.filename is not None and os.fspath(error.filename) not in (place, f"{place}.new"):
            reason = f"{reason}: {os.fspath(error.filename)}"
        reason = f"{what} ({reason})" if what else reason
        advice = _REMEDIES.get(error.errno or 0, "")
        return cls(
            place, reason, advice=advice + cls.or_else if advice in (_WRITABLE, _NO_FOLDER) else advice
        )


class PlaceUnusable(CheckpointUnusable):
    """Where a plan lies, and what belongs to it, cannot be read or written."""

    called = "The place"
    or_else = ", then run the same command again."


class OutputUnusable(CheckpointUnusable):
    """Where what came of all shards of a plan is put together cannot be written."""

    called = "The folder"
    or_else = ", or name another one with --output."


class CheckpointLocked(CheckpointError):
    """Another process writes the checkpoint."""

    def __init__(self, path: str, owner: str) -> None:
        self.path = path
        self.owner = owner
        super().__init__(
            f"The checkpoint {path} is in use by {owner}. Wait for it, stop it, or look at it with "
            f"'bulk-importer status {path}'."
        )


class CheckpointDamaged(CheckpointError):
    """A file of a checkpoint is not what was written; mostly a complete record of its log."""

    def __init__(self, path: str, offset: int, reason: str, *, is_repairable: bool = False) -> None:
        """Take what is damaged, and where.

        Args:
            is_repairable: it is the log of the folder that it is in, and nobody has tried to repair it.
        """
        self.path = path
        self.offset = offset
        self.reason = reason
        repair = f"; without one, 'bulk-importer verify {os.path.dirname(path) or '.'} --repair' keeps what is provable"
        super().__init__(
            f"{path} is damaged at byte {offset}: {reason}. Restore it from a copy{repair if is_repairable else ''}. "
            "Do not delete the folder: labels would be sent again."
        )


class CheckpointMismatch(CheckpointError):
    """The checkpoint was begun for another source, server, project, or with settings of another meaning."""

    @classmethod
    def in_meaning(
        cls, folder: str, differences: str, *, advice: str = "", is_for_same_target: bool = True
    ) -> Self:
        """Where the command means something else than the first run did.

        Args:
            advice: what helps besides, for the middle of the text.
            is_for_same_target: whether server and project are the same, so that what was delivered can be left out.
        """
        anew = (
            f"; with --settled-by {folder} besides, that leaves out what was delivered and is the same now"
            if is_for_same_target
            else " to begin anew"
        )
        return cls(
            f"The checkpoint {folder} was begun for something else: {differences}. Nothing was sent."
            f"{advice and f' {advice}'} Run the command as it was, or name another folder with --checkpoint{anew}. "
            "Do not delete this folder: it alone knows what was delivered."
        )


class PlanUnusable(CheckpointError):
    """A plan for many workers is not what was written, or of another version."""

    def __init__(self, place: str, reason: str, *, advice: str = "") -> None:
        self.place = place
        self.reason = reason
        super().__init__(
            f"The plan at {place} cannot be used: {reason}. "
            + (
                advice
                or "Restore it from a copy. Without one, make the same plan at another place, by 'bulk-importer plan' "
                "with the same source and flags and another --output, and put that file of it here. Do not work on the "
                "other plan: it would send again what shards of this one have delivered."
            )
        )


class LeaseHeld(CheckpointError):
    """Another worker has the shard, or all seats are taken, for longer than is waited."""

    def __init__(self, what: str, holder: str) -> None:
        self.holder = holder
        super().__init__(
            f"{what}, by {holder}. Nothing was sent. Run the same command again when that is over, or without "
            "--turn-wait, which then waits for it."
        )


class LeaseLost(CheckpointError):
    """A worker has lost the lease of its shard, or of its seat; it sends nothing more."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(
            f"The lease of {what} is lost: {reason}. Nothing more is sent from here. What was delivered is on record, "
            "and whoever takes over resumes from there. Run the same command again: it waits for its turn, and sends "
            "what is left then."
        )


class NotSteered(CheckpointError):
    """There is no run over a checkpoint that can be paused, limited or stopped from here."""

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        super().__init__(f"No run over {path} can be steered from here: {why}.")


class BackupUnusable(BulkImporterError):
    """A backup cannot be read or written, is not what was written, or is one of something else."""

    exit_code = ExitCode.CHECKPOINT

    def __init__(self, path: str | os.PathLike[str], reason: str, *, advice: str) -> None:
        self.path = os.fspath(path)
        self.reason = reason
        super().__init__(f"The backup {self.path} cannot be used: {reason}. {advice}")

    @classmethod
    def by(cls, path: str | os.PathLike[str], error: OSError) -> BackupUnusable:
        """The error that an `OSError` about a backup becomes, with advice that fits."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = "Make room, then run the same command again; it resumes behind what is on disk."
        elif error.errno == errno.EFBIG:
            advice = "Allow files to be larger (ulimit -f), then run the same command again; it resumes."
        elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            advice = "Make the folder writable, or name another file with --output."
        else:
            advice = "Fix that, then run the same command again."
        return cls(path, error.strerror or str(error), advice=advice)


class LabelConfigChanged(BulkImporterError):
    """The label configuration changed in a way that matters to what is checked or was delivered."""

    exit_code = ExitCode.LABEL_CONFIG


class NotVerified(BulkImporterError):
    """Labels that replace were sent again after a lost answer, and reading them back does not show them."""

    exit_code = ExitCode.DIFFERS

    def __init__(self, media_ids: Sequence[str]) -> None:
        self.media_ids = tuple(media_ids)
        super().__init__(
            f"{counted(len(media_ids), 'media', 'was')} sent again after a lost answer, and "
            f"{agreeing(len(media_ids), 'does')} not hold what was sent: {', '.join(media_ids[:10])}. Somebody "
            "changed them meanwhile, or the lost request ran for longer than --server-request-limit; look at "
            "them."
        )


class NotSettled(BulkImporterError):
    """It is not known yet whether entries were delivered, and what is asked for needs to know."""

    exit_code = ExitCode.IN_DOUBT


class Interrupted(BulkImporterError):
    """A signal came while nothing was under way that could be left half done."""

    def __init__(self, reason: str, exit_code: ExitCode) -> None:
        self.exit_code = exit_code
        super().__init__(f"{reason[:1].upper()}{reason[1:]}. The same command again resumes.")
