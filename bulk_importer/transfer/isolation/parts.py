"""Takes one refused batch apart until only the culprits are left out.

Pure. An `Isolation` knows entries only as indexes into the refused batch. It hands out one part at a time, in
order: so entries of one media can neither overtake each other nor meet in two requests, and what one part
taught is known before the next one leaves. Parallelism is between isolations, not inside one.

- *Schema texts* name the culprits: they are left out, the rest goes once more. What they say about indexes that the
  part does not have is not believed.
- *Refusals that name nobody* are bisected. When the left half of a guilty part is accepted, the right half is
  guilty and is split without being sent. One culprit among n costs at most 2·⌈log2 n⌉ requests; k culprits share the
  upper part of the tree and cost less than k·(2·⌈log2(n/k)⌉ + 2) + 2k. Guilt that was only inferred rejects nobody:
  a single entry is always judged by an answer of its own.
- *`ex_system`* (and bodies that arrive garbled) say little: the part goes again as it is, is split after
  `split_after` failures, and a single entry is called refused only after `alone_attempts` more, each with nothing
  else in flight, and only if the server is known to work otherwise. A split on such grounds infers nothing.
- *413* splits at once; a single entry that is too large by itself is refused.
- *Nobody's words* (a gateway's page, a pipe that broke) come here only when other uploads pass. Those that will be
  the same for the same request are bisected as refusals are, and a single entry is refused when it was turned away
  `alone_attempts` times; those that may pass are treated as `ex_system` is.

Nothing of it is kept on disk but that entries are suspected: after a crash they are packed afresh, apart from others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    Cause,
    Refuse,
    TurnedAway,
    Verdict,
)

__all__ = ["TURNED_AWAY", "Isolation", "Part", "Refused", "Settled"]

TURNED_AWAY = "turned_away"
"""Key of what is refused in nobody's words."""

_KEYS = {Cause.CONFLICT: "ex_system", Cause.GARBLED: "garbled"}


class Part(msgspec.Struct, frozen=True):
    """Some entries of the refused batch that are sent next, together.

    Attributes:
        indexes: into the refused batch, ascending.
        failures: how often in a row exactly this part has failed for no known reason; the wait before it grows with it.
        said: what it failed with, as the key of a rejection; what failed with something else before counts anew.
        alone: send it with nothing else in flight.
    """

    indexes: Sequence[int]
    failures: int = 0
    said: str = ""
    alone: bool = False
    # This part and the one behind it were refused together: if this one is accepted, that one is guilty.
    shares_guilt: bool = False


class Refused(msgspec.Struct, frozen=True):
    """An entry that the server refused by itself, with the server's words.

    Attributes:
        key, params: as in `verdicts.Refuse`; besides, `ex_system` and `garbled` for what failed too often alone,
            `http_413` for an entry that is too large by itself, and `TURNED_AWAY` for what nobody's words refused.
        pointers: JSON pointer inside the entry -> messages, from a schema text; empty otherwise.
    """

    index: int
    key: str
    params: tuple[str, ...]
    pointers: Mapping[str, tuple[str, ...]]


class Settled(msgspec.Struct, frozen=True):
    """What an answer settled: delivered indexes and refused ones. Both may be empty."""

    delivered: Sequence[int] = ()
    refused: tuple[Refused, ...] = ()


class Isolation:
    """The parts of one refused batch that are still to be sent.

    Take `part`, send it, give its verdict to `judged`, until `part` is None. An `InDoubt` or `Stop` ends it:
    `remaining` says what is owed besides the part that was out.
    """

    def __init__(
        self, entries: int, *, split_after: int = 2, alone_attempts: int = 4, failures: int = 0
    ) -> None:
        """Begin with the whole batch as the first part; the refusal that led here is the first to be `judged`.

        Args:
            failures: how often it failed in earlier runs for no known reason.
        """
        self._split_after = split_after
        self._alone_attempts = alone_attempts
        # The next part is the last one; changed by `judged` alone.
        self._parts = [Part(range(entries), failures)] if entries else []

    @property
    def part(self) -> Part | None:
        """The part to send now; the same one until its verdict is in, None when everything is settled."""
        return self._parts[-1] if self._parts else None

    def remaining(self) -> Sequence[int]:
        """The indexes of all entries that are not settled, the current part included, ascending."""
        return [index for part in reversed(self._parts) for index in part.indexes]

    def judged(
        self, verdict: Accept | Again | AgainInPart | Refuse | TurnedAway, *, server_works: bool = True
    ) -> Settled:
        """Take the verdict on the current part; it settles some of its entries, or makes smaller parts.

        Args:
            server_works: whether it is known that the server works but for this part. An application without its
                database, or with one that it cannot write, answers `ex_system` to everything; while that may be
                the case nobody is condemned for it, however often that is said.
        """
        part = self._parts.pop()
        match verdict:
            case Accept():
                if part.shares_guilt:
                    self._infer_guilt()
                return Settled(delivered=part.indexes)
            case AgainInPart():
                return self._leave_out(part, verdict)
            case Refuse():
                return self._bisect(part, verdict.key, verdict.params)
            case TurnedAway():
                return self._turn_away(part, verdict)
            case Again():
                return self._send_again(part, verdict, server_works)

    def would_refuse(self, verdict: Verdict) -> bool:
        """Whether the current part is an entry that this verdict condemns for what the server may say to all."""
        if self.part is None or not isinstance(verdict, Again) or verdict.cause not in _KEYS:
            return False
        return len(self.part.indexes) == 1 and self._is_enough(_failures(self.part, _KEYS[verdict.cause]))

    def _is_enough(self, failures: int) -> bool:
        return failures >= self._split_after + self._alone_attempts

    def _infer_guilt(self) -> None:
        guilty = self._parts[-1]
        if len(guilty.indexes) > 1:
            self._parts.pop()
            self._split(guilty, guilty=True)

    def _leave_out(self, part: Part, verdict: AgainInPart) -> Settled:
        named = {at: verdict.messages[at] for at in verdict.messages if 0 <= at < len(part.indexes)}
        if len(named) < len(verdict.messages):
            return self._bisect(part, "schema", (verdict.reason,))
        rest = [index for at, index in enumerate(part.indexes) if at not in named]
        if rest:
            self._parts.append(Part(rest))
        return Settled(
            refused=tuple(
                Refused(part.indexes[at], "schema", (verdict.reason,), named[at]) for at in sorted(named)
            )
        )

    def _bisect(self, part: Part, key: str, params: tuple[str, ...]) -> Settled:
        if len(part.indexes) == 1:
            return Settled(refused=(Refused(part.indexes[0], key, params, {}),))
        self._split(part, guilty=True)
        return Settled()

    def _turn_away(self, part: Part, verdict: TurnedAway) -> Settled:
        if len(part.indexes) > 1:
            self._split(part, guilty=True)
            return Settled()
        failures = _failures(part, TURNED_AWAY)
        if failures >= self._alone_attempts:
            return Settled(refused=(Refused(part.indexes[0], TURNED_AWAY, (verdict.reason,), {}),))
        self._parts.append(replace(part, failures=failures, said=TURNED_AWAY, alone=True))
        return Settled()

    def _send_again(self, part: Part, verdict: Again, server_works: bool) -> Settled:
        single = len(part.indexes) == 1
        if verdict.cause is Cause.TOO_LARGE:
            if single:
                return Settled(refused=(Refused(part.indexes[0], "http_413", (verdict.reason,), {}),))
            self._split(part, guilty=False)
            return Settled()
        if verdict.cause is Cause.UNREACHABLE:
            self._parts.append(part)
            return Settled()
        key = _KEYS.get(verdict.cause, TURNED_AWAY)
        failures = _failures(part, key)
        if failures >= self._split_after and not single:
            self._split(part, guilty=False)
        elif self._is_enough(failures):
            if server_works:
                return Settled(refused=(Refused(part.indexes[0], key, (verdict.reason,), {}),))
            # What a server that fails at everything failed at says nothing: the count begins again.
            self._parts.append(replace(part, failures=self._split_after, said=key))
        else:
            alone = single and failures >= self._split_after
            self._parts.append(replace(part, failures=failures, said=key, alone=alone))
        return Settled()

    def _split(self, part: Part, *, guilty: bool) -> None:
        middle = (len(part.indexes) + 1) // 2
        self._parts.append(Part(part.indexes[middle:]))
        self._parts.append(Part(part.indexes[:middle], shares_guilt=guilty))


def _failures(part: Part, said: str) -> int:
    """How often in a row a part has failed with this, that it just failed with it included."""
    return 1 + (part.failures if part.said in ("", said) else 0)
