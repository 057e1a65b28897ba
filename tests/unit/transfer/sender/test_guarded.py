"""Nothing leaves once the run is to stop, or while the server is away."""

from __future__ import annotations

from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import Accept, Again, Cause, NotSent
from bulk_importer.errors import ExitCode
from bulk_importer.transfer.sender.guarded import Guarded
from bulk_importer.transfer.stop import StopSwitch
from support.sending import BATCH, CONTEXT, FakeSender, admission_of


async def test_what_may_leave_goes_on() -> None:
    """With the verdict of the sender inside."""
    assert await Guarded(FakeSender(), admission_of(StopSwitch())).send(BATCH, CONTEXT) == Accept()


async def test_after_a_stop_nothing_leaves() -> None:
    """The verdict says whether an outcome has to follow on record."""
    inner, stop = FakeSender(), StopSwitch()
    guarded = Guarded(inner, admission_of(stop))
    stop.request("enough", ExitCode.TERMINATED)
    assert await guarded.send(BATCH, CONTEXT) == NotSent(is_on_record=False)
    assert await guarded.send(BATCH, replace(CONTEXT, is_on_record=True)) == NotSent(is_on_record=True)
    assert not inner.contexts


async def test_while_the_server_is_away_nothing_leaves() -> None:
    """Not even what was sealed before."""
    inner, admission = FakeSender(), admission_of(StopSwitch())
    admission.breaker.saw(Again(Cause.UNREACHABLE, "refused"))
    assert isinstance(await Guarded(inner, admission).send(BATCH, CONTEXT), NotSent)
    assert not inner.contexts
