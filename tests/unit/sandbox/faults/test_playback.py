"""A script is told in its order, from its beginning, each step as often as it says."""

from __future__ import annotations

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


def test_windows_without_connections_are_known_from_the_beginning() -> None:
    script = FaultScript([503, Fault("refuse connections", window=(10, 20)), Fault(502, window=(1, 2))])
    assert Playback(script).refusal_windows() == [(10, 20)]
