"""Scripts of what goes wrong: written as a list that reads like a story, or as a TOML file.

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

__all__ = ["Fault", "FaultScript"]

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


@dataclass(frozen=True, slots=True)
class Fault:
    """One step of a story.

    Attributes:
        what: a status, or one of the phrases above.
        route: `prediction`, `read` (everything else), `any`, or a pattern of paths such as `/api/v1/task/*`.
        times: how many requests it happens to; None: 1 for a step that takes turns, without end for one that
            stands.
        probability: how probably it happens to a request on its route; chance comes from the script's seed.
        window: seconds since the sandbox began listening, from and to, in its own (scaled) time.
        above_bytes: happens to bodies that are longer.
        containing: happens to bodies with this text in them, as they came; they are read first.
        seconds: how long it lasts, or how long it waits before it happens; in the sandbox's own time.
        retry_after: value of that header: seconds, or any text.
        retry_after_date: write the seconds as a date.
        commits: whether the request is served though its answer is a status, or never comes.
        answer: of a "late commit": the status that the client gets at once; None: a reset.
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
        """Whether the step stands: it has a condition and takes no turn."""
        conditions = (self.probability, self.window, self.above_bytes, self.containing)
        return any(condition is not None for condition in conditions)

    def concerns(self, path: str, is_prediction: bool) -> bool:
        """Whether the step's route covers a request for this path (given without its query)."""
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
        """Body and content type of an answer that this fault makes: a proxy's page, a given body, or nothing."""
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
        """Read the script in a TOML file.

        Raises:
            UsageError: the file cannot be read, or holds something that is no script.
        """
        try:
            given = tomllib.loads(path.read_text("utf-8"))
            steps = [_step(table) for table in given.pop("fault", [])]
            seed = msgspec.convert(given.pop("seed", 0), int)
        except (OSError, ValueError, TypeError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise UsageError(f"The faults {path} cannot be read: {reason}.") from error
        if given:
            raise UsageError(
                f"The faults {path} have no {min(given)!r}; they are a 'seed' and [[fault]] tables."
            )
        return cls(steps, seed=seed)


def _step(table: Mapping[str, object]) -> Fault:
    known = {one.name for one in fields(Fault)}
    if unknown := sorted(set(table) - known):
        raise ValueError(f"a fault has no {unknown[0]!r}; it has {', '.join(sorted(known))}")
    return msgspec.convert(table, Fault)
