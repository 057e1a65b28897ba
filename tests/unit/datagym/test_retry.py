"""A look-up is tried again while it fails for reasons that pass."""

from __future__ import annotations

import time

import pytest

from bulk_importer.datagym.answers.policy import RetryPolicy
from bulk_importer.datagym.retry import until_answered
from bulk_importer.datagym.timing import Backoff, Timing


async def test_a_look_up_is_tried_until_its_time_is_over() -> None:
    """Then the last failure is raised; one that does not pass is raised at once."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    tries = 0

    async def look_up() -> None:
        nonlocal tries
        tries += 1
        raise ConnectionError if tries < 50 else LookupError

    with pytest.raises(LookupError):
        await until_answered(
            look_up,
            Backoff(RetryPolicy(base_seconds=1e-6, cap_seconds=1e-6), Timing(time.monotonic, sleep)),
            is_passing=lambda error: isinstance(error, ConnectionError),
            asked_seconds=lambda _: None,
            max_seconds=lambda: 60.0,
            on_wait=lambda *_: None,
        )
    assert tries == 50


async def test_a_look_up_waits_for_as_long_as_the_server_asks_for() -> None:
    """But no longer than it may take altogether: then it is tried a last time."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    asked = iter([20.0, None, 3000.0])

    async def look_up() -> str:
        if len(slept) < 3:
            raise ConnectionError
        return "found"

    found = await until_answered(
        look_up,
        Backoff(RetryPolicy(), Timing(time.monotonic, sleep, jitter=lambda: 0.5)),
        is_passing=lambda error: isinstance(error, ConnectionError),
        asked_seconds=lambda _: next(asked),
        max_seconds=lambda: 60.0,
        on_wait=lambda *_: None,
    )
    assert found == "found"
    assert slept[:2] == [20.25, 0.5]
    assert slept[2] <= 60.0
