"""Judges what the server says about a task that is to be completed or skipped (protocol 3.5, 5). Pure.

Every answer has a verdict but for those that pass by themselves, such as 503: these are not judged, but asked again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bulk_importer.datagym.answers.server_words import in_words

__all__ = ["Busy", "Changed", "Ended", "EndedBy", "Refused", "StateVerdict", "judge_state_change"]


class EndedBy(Enum):
    """Why no other task can be changed either."""

    CONFIG = "the label configuration changed"
    QUOTA = "the quota is used up"
    ACCESS = "whoever asks may not"
    FOREIGN = "the answer is none of a DataGym"


@dataclass(frozen=True, slots=True)
class Changed:
    """The task has the state."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Nothing was changed, for a reason that may pass: most often two requests were in each other's way."""

    said: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server does not change this task; others it may.

    Attributes:
        kind, value_id: of the value that is unset or invalid; empty where it is something else.
    """

    said: str
    kind: str = ""
    value_id: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing was changed, and for other tasks the answer would be the same.

    Attributes:
        params: what the server says beside the key: of a quota what it is of, how much is used, how much there is.
    """

    by: EndedBy
    said: str
    params: tuple[str, ...] = ()


StateVerdict = Changed | Busy | Refused | Ended


def judge_state_change(status: int, body: bytes) -> StateVerdict:
    """What an answer to `completeTask` or `skipTask` says."""
    said = _decoded(body)
    if 200 <= status < 300:
        if isinstance(said, Mapping) and said.get("hasLabelConfigChanged") is True:
            return Ended(EndedBy.CONFIG, "the label configuration was changed meanwhile")
        if said is None and body.strip() not in (b"", b"null"):
            return Ended(EndedBy.FOREIGN, f"status {status} with something else than JSON")
        return Changed()
    key = said.get("key") if isinstance(said, Mapping) else None
    if isinstance(key, str) and isinstance(said, Mapping):
        return _by_key(status, key, _texts(said.get("params")))
    if status in (401, 403):
        return Ended(EndedBy.ACCESS, f"status {status}")
    if status == 402:
        return Ended(EndedBy.QUOTA, "status 402")
    if status == 500:
        return Busy("status 500 without words")
    return Ended(EndedBy.FOREIGN, f"status {status} without the server's words")


def _by_key(status: int, key: str, params: tuple[str, ...]) -> StateVerdict:
    words = in_words(key, params)
    match key:
        case "ex_system":
            return Busy(words)
        case "ex_limit":
            return Ended(EndedBy.QUOTA, words, params)
        case "ex_unauthorized" | "ex_forbidden":
            return Ended(EndedBy.ACCESS, f"{words}, with status {status}")
        case "ex_gen_entry_value_validation":
            kind, value_id = (*params, "", "")[:2]
            return Refused(f"a value is unset or invalid ({key} {list(params)})", kind, value_id)
        case _:
            return Refused(words)


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _texts(params: object) -> tuple[str, ...]:
    return tuple(map(str, params)) if isinstance(params, list) else ()
