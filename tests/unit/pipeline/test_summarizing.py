"""A summary says of the ledger what is true of it, with the exit code that matters most."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import to_builtins

from bulk_importer.checkpoint.log import records
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.checkpoint.log.transitions import apply, require
from bulk_importer.errors import (
    BulkImporterError,
    ExitCode,
    Interrupted,
    MalformedInput,
    ServerUnavailable,
)
from bulk_importer.model import MediaCounts
from bulk_importer.pipeline.notes import CountedMedia
from bulk_importer.pipeline.summarizing import (
    Before,
    Ending,
    left_to_send,
    standing_codes,
    summarize,
    tally_since,
)
from bulk_importer.spans import Span
from bulk_importer.summary import RunState, Summary, Tally
from support.checkpoints import header
from support.entries import segment_of

AWAY = ServerUnavailable("http://localhost:8080", "away")
BROKEN = MalformedInput("labels.json", 4, 64, "it ends")
STOPPED = Interrupted("a signal", ExitCode.INTERRUPTED)
END = records.End(entries=4, length=64)


def read(
    first: int = 0, *, rejected: tuple[int, ...] = (), counts: dict[str, int] | None = None
) -> records.Record:
    """Four entries were read."""
    spans = tuple(Span(each, each + 1) for each in rejected)
    return records.SegmentRead(
        key=segment_of(first, 4).key, digests_crc=0, rejected=spans, skipped=(), counts=counts or {}
    )


def sent(number: int, start: int, stop: int) -> records.Record:
    return records.Sent(batch=number, spans=(Span(start, stop),), at=1.0)


def lost(number: int, reason: str = "reset") -> records.Record:
    return records.InDoubt(batch=number, reason=reason)


def after(*told: records.Record, state: CheckpointState | None = None) -> CheckpointState:
    """The state of a ledger that holds these records."""
    state = state or CheckpointState(records.SourceIdentity(size=10_000, plain=True))
    for record in told:
        require(state, record)
        apply(state, record)
    return state


DELIVERED = (sent(0, 0, 4), records.Delivered(batch=0))
WHOLE = (read(), END, *DELIVERED)


def summary_of(state: CheckpointState, ending: Ending | None = None) -> Summary:
    return summarize(header(), state, Path("cp"), ending=ending)


@pytest.mark.parametrize(
    ("told", "ending", "run_state"),
    [
        (WHOLE, Ending(), RunState.COMPLETE),
        (WHOLE, Ending(errors=[AWAY]), RunState.FAILED),
        (WHOLE, Ending(errors=[STOPPED]), RunState.COMPLETE),
        ((read(), END), Ending(), RunState.STOPPED),
        ((read(), *DELIVERED), Ending(errors=[STOPPED]), RunState.STOPPED),
        ((read(), *DELIVERED), Ending(errors=[BROKEN]), RunState.FAILED),
        ((read(),), Ending(errors=[BROKEN]), RunState.FAILED),
        ((read(), END, sent(0, 0, 4), lost(0)), Ending(), RunState.STOPPED),
    ],
    ids=[
        "all is delivered",
        "an error",
        "a signal behind the end",
        "something could be sent at once",
        "a signal before the end",
        "all before a break is delivered",
        "something before a break is owed",
        "nothing but lost answers is left",
    ],
)
def test_how_a_run_stands(told: tuple[records.Record, ...], ending: Ending, run_state: RunState) -> None:
    assert summary_of(after(*told), ending).state is run_state


LEDGERS = {
    "all is delivered": WHOLE,
    "all is delivered or rejected": (read(rejected=(3,)), END, sent(0, 0, 3), records.Delivered(batch=0)),
    "something is owed": (read(), END),
    "something is in doubt": (read(), END, sent(0, 0, 4), lost(0)),
    "not all is read": (read(), *DELIVERED),
    "nothing is read": (),
}
ENDINGS = {
    "by itself": Ending(),
    "by a signal": Ending(stopped_by=ExitCode.INTERRUPTED, reason="stopped by SIGINT"),
    "by a signal before it began": Ending(errors=[STOPPED]),
    "by an answer": Ending(stopped_by=ExitCode.UNFINISHED),
    "by a break": Ending(errors=[BROKEN]),
    "by a server": Ending(errors=[AWAY]),
    "by a break and a server": Ending(errors=[BROKEN, AWAY]),
}


@pytest.mark.parametrize("ledger", LEDGERS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_it_is_complete_with_the_codes_0_and_1_and_with_no_other_one(ledger: str, ending: str) -> None:
    """However it ended; a script may look at either."""
    summary = summary_of(after(*LEDGERS[ledger]), ENDINGS[ending])
    assert (summary.state is RunState.COMPLETE) == (summary.exit_code in (0, 1)), summary
    is_error = summary.exit_code in (ExitCode.INPUT, ExitCode.SERVER)
    assert (summary.state is RunState.FAILED) == is_error, summary


def test_a_run_without_an_ending_goes_on() -> None:
    assert summary_of(after(read())).state is RunState.RUNNING


@pytest.mark.parametrize(
    ("told", "ending", "code"),
    [
        (WHOLE, Ending(), ExitCode.DELIVERED),
        (WHOLE, Ending(stopped_by=ExitCode.INTERRUPTED), ExitCode.DELIVERED),
        (WHOLE, Ending(errors=[STOPPED]), ExitCode.DELIVERED),
        ((read(),), Ending(stopped_by=ExitCode.INTERRUPTED), ExitCode.INTERRUPTED),
        ((read(),), Ending(), ExitCode.UNFINISHED),
        ((read(), END, sent(0, 0, 4), lost(0)), Ending(), ExitCode.IN_DOUBT),
        ((read(rejected=(0, 1, 2, 3)), END), Ending(), ExitCode.REJECTIONS),
        ((read(),), Ending(errors=[AWAY]), ExitCode.SERVER),
    ],
    ids=[
        "all is delivered",
        "a signal behind the end",
        "a signal at the end",
        "a signal",
        "owed",
        "in doubt",
        "rejected",
        "an error",
    ],
)
def test_the_exit_code_is_the_one_that_matters_most(
    told: tuple[records.Record, ...], ending: Ending, code: ExitCode
) -> None:
    assert summary_of(after(*told), ending).exit_code == code


def test_every_error_is_said_once() -> None:
    errors: list[BulkImporterError] = [AWAY, ServerUnavailable("http://localhost:8080", "away"), STOPPED]
    assert summary_of(after(read()), Ending(errors=errors)).message == f"{AWAY} {STOPPED}"


def test_a_reason_is_said_where_no_error_says_it() -> None:
    ending = Ending(reason="--limit ended the run.")
    assert summary_of(after(read()), ending).message == "--limit ended the run."


def test_without_either_the_ledger_says_why_something_is_in_doubt() -> None:
    told = (read(), sent(0, 0, 1), sent(1, 1, 2), sent(2, 2, 3), lost(0), lost(1), lost(2, "timed out"))
    message = summary_of(after(*told), Ending()).message
    assert "reset (2 requests); timed out (1 request)" in message


def test_an_empty_source_is_said_to_be_one() -> None:
    state = after(records.End(entries=0, length=2))
    assert "empty array" in summary_of(state, Ending()).message


def test_a_run_tells_only_what_it_added() -> None:
    """What it found owed and delivered counts as delivered, and not as read."""
    state = after(read(rejected=(0,), counts={"schema": 1}), sent(0, 1, 2), records.Delivered(batch=0))
    before = Before.of(state)
    after(
        read(4, rejected=(7,), counts={"schema": 2}), sent(1, 2, 6), records.Delivered(batch=1), state=state
    )
    assert tally_since(before, state, seconds=1.23456, requests=2, retries=1) == Tally(
        entries=4,
        delivered=4,
        rejected=1,
        owed=1,
        bytes=64,
        seconds=1.235,
        requests=2,
        retries=1,
        findings={"schema": 2},
    )


def test_a_doubt_is_that_of_the_run_that_sent_it() -> None:
    state = after(read(), sent(0, 0, 1), lost(0))
    before = Before.of(state)
    after(sent(1, 1, 3), lost(1), state=state)
    assert tally_since(before, state, seconds=0, requests=1, retries=0).in_doubt == 2


def test_a_run_never_counts_below_zero() -> None:
    """A retry takes rejections out of the ledger that it works on."""
    state = after(read(rejected=(3,), counts={"schema": 1}))
    before = Before.of(state)
    after(records.Corrected(spans=(Span(3, 4),)), state=state)
    this_run = tally_since(before, state, seconds=0, requests=0, retries=0)
    assert (this_run.rejected, this_run.delivered, this_run.findings) == (0, 1, {})


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (WHOLE, ""),
        ((read(), END, sent(0, 1, 4), records.Delivered(batch=0)), "1 entry"),
        ((read(), END), "4 entries"),
        ((read(),), "4 entries and what was not read yet of the source"),
    ],
)
def test_what_is_left_to_send_in_words(told: tuple[records.Record, ...], words: str) -> None:
    assert left_to_send(after(*told)) == words


def test_a_source_that_was_not_read_to_its_end_is_unfinished() -> None:
    """Also where all that was read is delivered."""
    assert standing_codes(after(read(), *DELIVERED)) == [ExitCode.UNFINISHED]


def test_a_note_of_media_holds_for_the_ledger_as_it_was() -> None:
    """With one more rejection, or delivery, the media may be other numbers."""
    state = after(*WHOLE)
    media = MediaCounts(delivered=3, undelivered=1, without_entry=None)
    note = to_builtins(CountedMedia.of(state, media))
    after(records.Note(name=CountedMedia.NOTE, value=note), state=state)
    assert CountedMedia.kept(state) == media
    summary = summary_of(state, Ending())
    assert (summary.media_delivered, summary.media_undelivered, summary.media_without_entry) == (3, 1, None)
    state.rejected.add(9, 10)
    assert CountedMedia.kept(state) is None


def test_a_summary_says_what_each_finding_counts_as_in_the_latest_run() -> None:
    """By default, unless a run put on record that it is tuned."""
    state = after(read(counts={"class-case": 2, "classification-omitted": 3}))
    assert summary_of(state).severities == {"class-case": "warning", "classification-omitted": "note"}
    after(records.Note(name="severities", value={"classification-omitted": "error"}), state=state)
    assert summary_of(state).severities == {"class-case": "warning", "classification-omitted": "error"}
