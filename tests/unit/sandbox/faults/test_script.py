"""A script is checked when it is written, and a file can say all that a script can."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.sandbox.faults.script import Fault, FaultScript


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
