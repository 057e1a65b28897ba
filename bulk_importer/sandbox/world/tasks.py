"""Moves tasks between states, completes them after a strict validation, searches lists of them (protocol 3.3, 3.5).

Every function runs on the store's thread, inside a transaction, and raises `Refused` for what the server
would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bulk_importer.sandbox.refusals import Refused, generic
from bulk_importer.sandbox.world.classes import ClassType, LabelClass
from bulk_importer.sandbox.world.ids import Ids
from bulk_importer.sandbox.world.store import Row, Store
from bulk_importer.sandbox.world.values import Value, validate

__all__ = ["complete", "move", "search_words"]

_POSSIBLE: Final[Mapping[str, tuple[str, ...]]] = {
    "BACKLOG": ("WAITING",),
    "WAITING": ("BACKLOG", "IN_PROGRESS"),
    "WAITING_CHANGED": ("BACKLOG", "IN_PROGRESS"),
    "IN_PROGRESS": ("WAITING_CHANGED", "SKIPPED", "COMPLETED"),
    "COMPLETED": ("WAITING_CHANGED", "REVIEWED"),
    "REVIEWED": ("WAITING_CHANGED",),
    "SKIPPED": ("WAITING_CHANGED", "REVIEWED_SKIP"),
    "REVIEWED_SKIP": ("WAITING_CHANGED",),
}
_SHORTEST_WORD: Final = 3


def move(store: Store, task: Row, task_id: str, to: str, *, as_from: str | None = None) -> None:
    """Put a task into another state, or raise `Refused` if it cannot go there.

    `as_from` is the state that the server takes the task to be in, whatever it is (protocol 3.5).
    """
    begin = as_from or task["state"]
    if begin != to and to not in _POSSIBLE[begin]:
        raise generic("wrong_label_task_state", task_id)
    labeler = None if to == "WAITING_CHANGED" else task["labeler"]
    store.execute("UPDATE task SET state = ?, labeler = ? WHERE number = ?", to, labeler, task["number"])


def complete(
    store: Store, ids: Ids, task: Row, task_id: str, last_changed_ms: int, *, is_video: bool = False
) -> bool:
    """Complete a task from any state; returns whether the configuration changed after `last_changed_ms`.

    If it did, nothing happens. Else every value is validated strictly and gets its flag; `Refused` is raised for the
    first that is wrong. In a video project values without changes are wrong as such, and an import writes no changes
    (protocol 2.11).
    """
    config = store.config(task["project"])
    if config.changed_ms > last_changed_ms:
        return True
    classes = config.by_number()
    labels = store.labels(task["number"])
    if is_video and labels.roots:
        first = labels.roots[0]
        raise generic(
            "entry_value_validation",
            classes[first.label_class].type.value,
            ids.value(task["number"], first.sequence),
        )
    for value in labels.walk():
        _require_valid(ids, task["number"], value, classes[value.label_class])
    if labels.roots:
        store.put_labels(task["number"], labels)
    move(store, task, task_id, "COMPLETED", as_from="IN_PROGRESS")
    return False


def _require_valid(ids: Ids, task: int, value: Value, label_class: LabelClass) -> None:
    kind = label_class.type
    is_valid = validate(value, label_class)
    if kind is ClassType.POINT and None in value.numbers:
        raise generic("entry_value_validation", kind.value)
    if not is_valid:
        raise generic("entry_value_validation", kind.value, ids.value(task, value.sequence))


def search_words(search: str, allowed: str) -> list[str]:
    """The words of a search, in lower case: those of three characters or more that are no whole number.

    Raises:
        Refused: the text holds a character that is not a letter, a digit, or one of `allowed`.
    """
    if any(not (c.isascii() and c.isalnum()) and c not in allowed for c in search):
        raise Refused(400, "ex_validation", "search")
    return [
        word for word in search.lower().split(" ") if len(word) >= _SHORTEST_WORD and not _is_number(word)
    ]


def _is_number(word: str) -> bool:
    """Whether Java reads a `long` from it."""
    return bool(re.fullmatch(r"-?[0-9]+", word)) and -(2**63) <= int(word) < 2**63
