"""Tells a fault script: which step happens to which request.

Pure: the clock is a parameter, and chance comes from the script's seed.
"""

from __future__ import annotations

import random
from typing import Final

from bulk_importer.sandbox.faults.script import Fault, FaultScript

__all__ = ["Playback"]

_REFUSAL: Final = "refuse connections"


class Playback:
    """One telling of a script, from its beginning; keeps how often each step may still happen. For one thread."""

    def __init__(self, script: FaultScript) -> None:
        self._random = random.Random(script.seed)  # noqa: S311 - a rehearsal is to be repeatable, not secret
        # Steps with what is left of them (None: no end); shortened by `take` and `take_refusal` alone.
        self._turns: list[tuple[Fault, int]] = []
        self._standing: list[tuple[Fault, int | None]] = []
        for step in script.steps:
            if step.stands:
                self._standing.append((step, step.times))
            else:
                self._turns.append((step, 1 if step.times is None else step.times))

    @property
    def weighs(self) -> bool:
        """Whether a step depends on the length of bodies."""
        return any(step.above_bytes is not None for step, _ in self._standing)

    def refusal_windows(self) -> list[tuple[float, float]]:
        """The windows in which nothing listens, in seconds since the beginning."""
        return [
            step.window for step, _ in self._standing if step.what == _REFUSAL and step.window is not None
        ]

    @property
    def reads(self) -> bool:
        """Whether a step depends on what is in bodies: then each body is read before `take`."""
        return any(step.containing is not None for step, _ in self._standing)

    def take(
        self, path: str, *, is_prediction: bool, size: int, elapsed: float, body: bytes = b""
    ) -> Fault | None:
        """Take the fault that happens to a request, and use it up; None if nothing happens.

        Args:
            path: without the query.
            size: bytes of the body.
            elapsed: seconds since the beginning.
            body: needed only if `reads` is true.
        """
        for index, (step, left) in enumerate(self._standing):
            concerned = step.what != _REFUSAL and left != 0 and step.concerns(path, is_prediction)
            if concerned and self._holds(step, size, elapsed, body):
                self._standing[index] = (step, None if left is None else left - 1)
                return step
        for index, (step, _) in enumerate(self._turns):
            if step.what != _REFUSAL and step.concerns(path, is_prediction):
                self._use_up(index)
                return step
        return None

    def _holds(self, step: Fault, size: int, elapsed: float, body: bytes) -> bool:
        if step.containing is not None and step.containing.encode() not in body:
            return False
        if step.above_bytes is not None and size <= step.above_bytes:
            return False
        if step.window is not None and not step.window[0] <= elapsed < step.window[1]:
            return False
        return step.probability is None or self._random.random() < step.probability

    def take_refusal(self) -> Fault | None:
        """Take the step "refuse connections" if the story has come to it, else None."""
        if self._turns and self._turns[0][0].what == _REFUSAL:
            return self._use_up(0)
        return None

    def _use_up(self, index: int) -> Fault:
        step, left = self._turns[index]
        if left > 1:
            self._turns[index] = (step, left - 1)
        else:
            del self._turns[index]
        return step
