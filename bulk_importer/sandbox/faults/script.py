"""A script of what goes wrong, that reads like its story.

    FaultScript([503, "reset after commit", Fault(429, retry_after=1), "ok"])

Steps take turns: each request on a step's route uses up one step, and when the story is told all is well. A
step with a condition (`probability`, `window`, `above_bytes`, `containing`) takes no turn: it stands, and happens
whenever its conditions hold, before the story goes on. So a gateway that dislikes a text, or bodies above a size, is
one step. As a TOML file (`--faults`):

    seed = 7
    [[fault]]
    what = 503
    times = 3
    [[fault]]
    what = "delay"
    seconds = 0.2
    probability = 0.1
    [[fault]]
    what = 413
    above_bytes = 1_000_000
    [[fault]]
    what = 403
    containing = "<script>"
    body = "<html><title>Request blocked</title></html>"
    [[fault]]
    what = "refuse connections"
    window = [10, 20]

What can happen, besides a status:

    ok                    nothing
    delay                 the request is served, `seconds` later
    reset before body     the connection is reset before the body was read
    reset before commit   ... after it was read; nothing is written
    reset after commit    ... when everything is written
    half an answer        the request is served, the answer breaks off
    no answer             the request is served (unless `commits` is false), the answer never comes
    late commit           the connection is reset at once (or a status is `answer`ed), the request is served
                          `seconds` later
    close                 the request is served, the connection is closed after the answer
    refuse connections    nothing listens for `seconds`, or in the `window`

A status is answered without serving the request, unless `commits` is true: then it is served first, as behind
a proxy that lost patience. From 500 up its body is a proxy's page of HTML, below that it is empty; `body` and
`headers` say otherwise.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from fnmatch import fnmatchcase
from http import HTTPStatus
from pathlib import Path
from typing import Final

import msgspec

from bulk_importer.errors import UsageError

__all__ = ["Fault", "FaultScript", "Performance"]

_PHRASES: Final = (
    "ok",
    "delay",
    "reset before body",
    "reset before commit",
    "reset after commit",
    "half an answer",
    "no answer",
    "late commit",
    "close",
    "refuse connections",
)
_REFUSAL: Final = "refuse connections"


@dataclass(frozen=True, slots=True)
class Fault:
    """One step of a story.

    Attributes:
        what: a status, or one of the phrases above.
        route: `prediction`, `read` (everything else), `any`, or a pattern of paths such as `/api/v1/task/*`.
        times: how many requests it happens to; None: 1 for a step that takes turns, without end for one that
            stands.
        probability: of happening to a request, drawn from the script's seed.
        window: seconds since the sandbox began listening, from and to, in its own (scaled) time.
        above_bytes: happens to bodies that are longer.
        containing: happens to bodies with this text in them, as they came; they are read first.
        seconds: duration of what has one, before anything else happens; in the sandbox's own time.
        retry_after: value of that header: seconds, or any text.
        retry_after_date: write the seconds as a date.
        commits: whether the request is served though its answer is a status, or never comes.
        answer: status that a client gets whose commit comes late; None: a reset.
    """

    what: int | str
    route: str = "prediction"
    times: int | None = None
    probability: float | None = None
    window: tuple[float, float] | None = None
    above_bytes: int | None = None
    containing: str | None = None
    seconds: float = 0.0
    retry_after: float | str | None = None
    retry_after_date: bool = False
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    commits: bool | None = None
    answer: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.what, bool) or not isinstance(self.what, int | str):
            raise UsageError(f"A fault is a status or a phrase, not {self.what!r}.")
        if isinstance(self.what, int) and not 200 <= self.what <= 599:
            raise UsageError(
                f"{self.what} is no status that a server answers with; it is one from 200 to 599."
            )
        if isinstance(self.what, str) and self.what not in _PHRASES:
            near = get_close_matches(self.what, _PHRASES, n=1)
            advice = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"A sandbox has no fault {self.what!r}.{advice} It has: {', '.join(_PHRASES)}.")
        if self.seconds < 0 or (self.times is not None and self.times < 1):
            raise UsageError(
                f"The fault {self.what!r} needs 'seconds' of 0 or more, and 'times' of 1 or more."
            )
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise UsageError(
                f"The probability of the fault {self.what!r} is from 0 to 1, not {self.probability}."
            )

    @property
    def stands(self) -> bool:
        """Whether it waits for its condition, and takes no turn."""
        conditions = (self.probability, self.window, self.above_bytes, self.containing)
        return any(condition is not None for condition in conditions)

    def concerns(self, path: str, is_prediction: bool) -> bool:
        """Whether a request for that path (without the query) is on its route."""
        match self.route:
            case "any":
                return True
            case "prediction":
                return is_prediction
            case "read":
                return not is_prediction
            case _:
                return fnmatchcase(path, self.route)

    def page(self) -> tuple[str, str]:
        """Body and content type of an answer that is only a status."""
        if self.body is not None:
            return self.body, "text/html" if self.body.lstrip().startswith("<") else "text/plain"
        status = self.answer or self.what
        if not isinstance(status, int) or status < 500:
            return "", "text/plain"
        title = f"{status} {_reason(status)}"
        page = (
            f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
            "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        )
        return page, "text/html"


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class FaultScript:
    """A story: statuses, phrases and `Fault`s, in the order in which they happen."""

    def __init__(self, story: Iterable[int | str | Fault] = (), *, seed: int = 0) -> None:
        self.steps = tuple(step if isinstance(step, Fault) else Fault(step) for step in story)
        self.seed = seed

    @classmethod
    def read(cls, path: Path) -> FaultScript:
        """The script in a TOML file.

        Raises:
            UsageError: the file cannot be read, or says something that cannot be meant.
        """
        try:
            told = tomllib.loads(path.read_text("utf-8"))
            steps = [_step(table) for table in told.pop("fault", [])]
            seed = msgspec.convert(told.pop("seed", 0), int)
        except (OSError, ValueError, TypeError) as error:
            raise UsageError(f"The faults {path} cannot be read: {error}.") from error
        if told:
            raise UsageError(
                f"The faults {path} have no {min(told)!r}; they are a 'seed' and [[fault]] tables."
            )
        return cls(steps, seed=seed)

    def perform(self) -> Performance:
        """Begin to tell the story from its beginning."""
        return Performance(self)


def _step(table: Mapping[str, object]) -> Fault:
    known = {one.name for one in fields(Fault)}
    if unknown := sorted(set(table) - known):
        raise ValueError(f"a fault has no {unknown[0]!r}; it has {', '.join(sorted(known))}")
    return msgspec.convert(table, Fault)


class Performance:
    """How far a story is told. Used from one thread."""

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
        """Whether it matters how long bodies are."""
        return any(step.above_bytes is not None for step, _ in self._standing)

    def refusal_windows(self) -> list[tuple[float, float]]:
        """When nothing listens, by the clock alone."""
        return [
            step.window for step, _ in self._standing if step.what == _REFUSAL and step.window is not None
        ]

    @property
    def reads(self) -> bool:
        """Whether it matters what is in bodies."""
        return any(step.containing is not None for step, _ in self._standing)

    def take(
        self, path: str, *, is_prediction: bool, size: int, elapsed: float, body: bytes = b""
    ) -> Fault | None:
        """What happens to a request; None: nothing.

        Args:
            elapsed: seconds since the beginning.
            body: where `reads` says that it matters.
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
        """The refusal of connections whose turn it is, if it is one's turn."""
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
