"""The words for how a run stands, as a page of it shows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bulk_importer.observe.page.running.view import Source
from bulk_importer.steering.values import Standing

__all__ = ["is_over", "shown_state", "state_said", "state_word"]

_WORDS: Mapping[str, tuple[str, str]] = {
    "absent": ("No checkpoint", "There is none yet."),
    "starting": ("Starting", "Nothing has been sent yet."),
    "running": ("Running", "Entries are on their way."),
    "paused": ("Paused", "Nothing new leaves; what is on its way may land."),
    "waiting": ("Waiting", "Nothing leaves at the moment."),
    "stopping": ("Stopping", "Nothing new leaves; what is on its way may land."),
    "complete": ("Complete", "All that could be read is settled."),
    "fruitless": ("Nothing delivered", "Every entry that could be read was rejected."),
    "stopped": ("Stopped", "The same command resumes."),
    "failed": ("Failed", "The same command resumes when the cause is gone."),
    "killed": ("Killed", "It did not say how it ended. The same command resumes."),
    "unusable": ("Unusable", "The checkpoint cannot be read."),
}
_HELD = frozenset({"paused", "stopping"})
_OVER = frozenset({"complete", "stopped", "failed", "killed"})


def shown_state(stands: Standing | Source) -> str:
    """The state as a page shows it: a run of which everything was rejected is over, and has not come to a good end."""
    is_fruitless = stands.state == "complete" and stands.rejected and not stands.delivered
    return "fruitless" if is_fruitless else stands.state


def state_word(state: str) -> str:
    """The state for people."""
    return _WORDS[state][0] if state in _WORDS else state.capitalize()


def state_said(standing: Standing) -> str:
    """What the state means, and why nothing leaves."""
    said = _WORDS[shown_state(standing)][1] if standing.state in _WORDS else ""
    waits = standing.waits_for.removesuffix(".")
    if not waits or is_over(standing.state) or waits == standing.state:
        return said
    why = f"{waits[:1].upper()}{waits[1:]}."
    return f"{why} {said}" if standing.state in _HELD else why


def is_over(state: str) -> bool:
    """Whether the run has ended."""
    return state in _OVER
