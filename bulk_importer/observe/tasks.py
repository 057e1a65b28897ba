"""Says in words what became of the tasks of media that labels were delivered for.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from bulk_importer.summary import TaskTally

__all__ = ["task_lines"]

_TASKS = {
    "already": "had that state before",
    "refused": "refused by the server: task-states.jsonl in the checkpoint folder says why",
    "decided": "left alone: people are at work on them, or decided otherwise",
    "rejected": "left alone: entries of their media are rejected",
    "unsent": "left alone: entries of their media are not sent yet",
    "left": "still to be done",
}


def task_lines(tasks: TaskTally | None) -> Iterator[str]:
    """The tasks by what became of them; none where they are left as they are."""
    if tasks is not None:
        yield f"  {'tasks':12} {tasks.given:>11,} {tasks.state.lower()}"
        counts = ((getattr(tasks, name), text) for name, text in _TASKS.items())
        yield from (f"  {'':12} {count:>11,} {text}" for count, text in counts if count)
