"""What an import is asked for, by whom, and the fixed parts of one run of it.

`import_source` takes an `ImportSpec` and a `Caller`; `open_run` makes a `Run` of them, which the stages are built of.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.datagym.reads.catalog import Project
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client
from bulk_importer.datagym.wire.exchange import Permit
from bulk_importer.events import Event, Observer, ReplacementForeseen
from bulk_importer.files.durable import DurableFile
from bulk_importer.intake import Intake, IntakeOptions
from bulk_importer.model import ReadPlan, Segment
from bulk_importer.pipeline.announcing import Announcement, Announcer
from bulk_importer.pipeline.guards.config_watch import ConfigWatch
from bulk_importer.pipeline.guards.first_contact import FirstContact
from bulk_importer.pipeline.guards.replacement import Confirm, Confirmation, ReplacementGuard
from bulk_importer.pipeline.ruleset import RuleSet
from bulk_importer.pipeline.summarizing import Before
from bulk_importer.pipeline.wiped.followed_media import FollowedMedia
from bulk_importer.pipeline.wiped.neighbours import Neighbours
from bulk_importer.readback.doubts import Doubts
from bulk_importer.settings import Settings
from bulk_importer.sources import Source
from bulk_importer.spans import SpanSet
from bulk_importer.summary import Books
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.interfaces import Keeper
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Caller", "ImportSpec", "Run", "SegmentFilter"]


async def _unasked(_: ReplacementForeseen) -> Confirmation:
    """A program is told by the event, and not asked."""
    return Confirmation.UNASKED


SegmentFilter = Callable[[Segment], Segment]
"""Changes a judged segment before it is recorded, or takes note of it; called once for each, in order of position."""


class ImportSpec(msgspec.Struct, frozen=True):
    """What to import: one source into one project.

    Attributes:
        source: open, and closed by the caller.
        settings: `server` and `project` say where to.
        folder: of the checkpoint.
        sibling: checkpoint folder of the source that was imported just before this one, into the same project.
        leave_out: positions that are skipped where they are not settled yet.
        neighbours: what is known of the other sources of the command; None where it has none.
        books: what became of the labels of another tool that the entries were made of; None where nobody made them.
        open_file: what the files of the checkpoint are written through.
        planned_config: digest of the label configuration that the source was checked against when its import was
            planned; None where it was not.
        part: what it imports of a plan, for people, as in `shard 3 of PLAN`; empty where it is an import by itself.
    """

    source: Source
    settings: Settings
    folder: Path
    sibling: Path | None = None
    leave_out: SpanSet | None = None
    neighbours: Neighbours | None = None
    books: Books | None = None
    open_file: Callable[[Path], DurableFile] = DurableFile
    planned_config: str | None = None
    part: str = ""


class Caller(msgspec.Struct, frozen=True):
    """Who asks for a run: what they show the server, how they end the run, and who sees its events.

    Attributes:
        token: of the API.
        stop: ends the run when it is requested.
        observers: called with each event, in the event loop.
        announce: called once, before the first upload.
        confirm: asks whether labels may be deleted, before the first entry leaves that may delete some.
        clock: monotonic, in seconds.
        steering: pauses and limits it; one with the same `stop`. None: nobody does.
        permit: asked right before a request that could change something leaves whole; where it says no, the request is
            broken off, and what was in it is owed. None: nobody has to be asked.
    """

    token: Token = msgspec.field(default_factory=Token)
    stop: StopSwitch = msgspec.field(default_factory=StopSwitch)
    observers: Sequence[Observer] = ()
    announce: Callable[[Announcement], None] = lambda _: None
    confirm: Confirm = _unasked
    clock: Callable[[], float] = time.monotonic
    steering: Steering | None = None
    permit: Permit | None = None

    def patience(self) -> float:
        """The clock by which a server is waited for: it stands still while the run is paused."""
        return self.clock() if self.steering is None else self.steering.patience()

    def steered(self) -> Steering:
        """What pauses and limits the run: one that nobody else has, where nobody does."""
        return self.steering or Steering(self.stop, clock=self.clock)

    def emit(self, event: Event) -> None:
        """Call all observers with an event, in their order."""
        for observer in self.observers:
            observer(event)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The fixed parts of one run over one checkpoint. `open_run` makes it; no part is replaced while it goes on.

    Attributes:
        folder: of the checkpoint.
        emit: tells the caller's observers, and those parts of the run that have to know.
        announcer: says before the first upload what the run is about to do.
        replacement: has it confirmed that labels are deleted.
        keeper: keeps what is replaced.
        watch: notices when the label configuration changes; None where it is not the server's.
        filters: what each judged segment goes through, in order, before it is recorded.
        media: which media the entries mention and wipe, and which wait for other sources of the command.
        before: the sums of the ledger when the run began.
    """

    source: Source
    settings: Settings
    folder: Path
    stop: StopSwitch
    steering: Steering
    clock: Callable[[], float]
    emit: Observer
    announcer: Announcer
    replacement: ReplacementGuard
    keeper: Keeper
    client: Client
    project: Project
    checkpoint: Checkpoint
    ruleset: RuleSet
    doubts: Doubts
    watch: ConfigWatch | None
    first_contact: FirstContact
    filters: tuple[SegmentFilter, ...]
    media: FollowedMedia
    before: Before

    def intake(self, plan: ReadPlan) -> Intake:
        """Read and judge what `plan` asks for, as the settings and the rules say."""
        return Intake(self.source, plan, self.ruleset.rules, IntakeOptions.of(self.settings))
