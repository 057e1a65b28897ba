"""A script is checked when it is written, and told in its order."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.sandbox.faults.playback import Playback
from bulk_importer.sandbox.faults.script import Fault, FaultScript


def _taken(playback: Playback, count: int, *, size: int = 10, path: str = "/p") -> list[int | str | None]:
    taken = [playback.take(path, is_prediction=True, size=size, elapsed=0.0) for _ in range(count)]
    return [None if fault is None else fault.what for fault in taken]


def test_steps_take_turns_as_often_as_they_say() -> None:
    script = FaultScript([503, Fault(429, times=2), "ok", "reset after commit"])
    assert _taken(Playback(script), 6) == [503, 429, 429, "ok", "reset after commit", None]


def test_a_script_can_be_told_again_from_its_beginning() -> None:
    script = FaultScript([503, Fault(500, probability=0.5)], seed=4)
    assert _taken(Playback(script), 50) == _taken(Playback(script), 50)


def test_a_step_with_a_condition_takes_no_turn() -> None:
    playback = Playback(FaultScript([Fault(413, above_bytes=100), 503]))
    assert _taken(playback, 2, size=101) == [413, 413]
    assert _taken(playback, 2, size=100) == [503, None]


def test_a_step_can_be_for_bodies_with_a_text_in_them_as_a_firewall_is() -> None:
    playback = Playback(FaultScript([Fault(403, containing="bär", above_bytes=3)]))
    assert playback.reads
    for body, fault in (("ein bär".encode(), 403), (b"ein hund", None), ("bär"[1:].encode(), None)):
        taken = playback.take("/p", is_prediction=True, size=len(body), elapsed=0.0, body=body)
        assert (taken.what if taken else None) == fault
    assert not Playback(FaultScript([Fault(413, above_bytes=3), 503])).reads


def test_a_standing_step_can_be_limited() -> None:
    playback = Playback(FaultScript([Fault(500, probability=1.0, times=2)]))
    assert _taken(playback, 3) == [500, 500, None]


def test_a_step_for_another_route_waits_for_its_request() -> None:
    playback = Playback(FaultScript([Fault(503, route="/api/v1/task/*"), 502]))
    assert _taken(playback, 2) == [502, None]
    assert _taken(playback, 1, path="/api/v1/task/7") == [503]


def test_a_refusal_of_connections_is_due_when_the_steps_before_it_are_used_up() -> None:
    playback = Playback(FaultScript([503, Fault("refuse connections", seconds=2), 502]))
    assert playback.take_refusal() is None
    assert _taken(playback, 1) == [503]
    due = playback.take_refusal()
    assert due is not None
    assert due.seconds == 2
    assert playback.take_refusal() is None
    assert _taken(playback, 2) == [502, None]


@pytest.mark.parametrize("what", [99, 600, True, "reset after comit", None])
def test_a_fault_that_does_not_exist_is_refused(what: object) -> None:
    with pytest.raises(UsageError):
        Fault(what)  # type: ignore[arg-type]  # what a file may hold


def test_the_nearest_fault_is_named() -> None:
    with pytest.raises(UsageError, match="Did you mean 'reset after commit'"):
        Fault("reset after comit")


def test_everything_that_a_step_has_can_be_said_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(
        'seed = 9\n[[fault]]\nwhat = 429\nretry_after = 2\nretry_after_date = true\nheaders = {X-A = "b"}\n'
        '[[fault]]\nwhat = "delay"\nseconds = 0.2\nprobability = 0.1\nroute = "any"\n'
        '[[fault]]\nwhat = "refuse connections"\nwindow = [10, 20]\n'
        '[[fault]]\nwhat = "late commit"\nseconds = 1\nanswer = 504\ntimes = 3\n'
        '[[fault]]\nwhat = "no answer"\ncommits = false\nbody = "x"\nabove_bytes = 5\n'
    )
    script = FaultScript.read(path)
    assert script.seed == 9
    assert script.steps == (
        Fault(429, retry_after=2, retry_after_date=True, headers={"X-A": "b"}),
        Fault("delay", seconds=0.2, probability=0.1, route="any"),
        Fault("refuse connections", window=(10, 20)),
        Fault("late commit", seconds=1, answer=504, times=3),
        Fault("no answer", commits=False, body="x", above_bytes=5),
    )
    assert Playback(script).refusal_windows() == [(10, 20)]


@pytest.mark.parametrize(
    "text",
    [
        "[[fault]]\nstatus = 503",
        "[[fault]]\nwhat = 503\nwhen = 1",
        "faults = 3",
        "[[fault]",
        "fault = 1",
        "[[fault]]\nwhat = 503\ntimes = 'many'",
        "[[fault]]\nwhat = 503\nwindow = [1]",
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"[Ff]aults?"):
        FaultScript.read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml"):
        FaultScript.read(tmp_path / "none.toml")
