"""Turns the words on the buttons of a page into commands. Pure."""

from __future__ import annotations

from bulk_importer.steering.values import Command, Limits, Standing

__all__ = ["command_of"]

_PLAIN = frozenset({"pause", "resume", "stop"})


def command_of(word: str, standing: Standing) -> Command | str:
    """The command that a button means for a run that stands so; or why there is none, in a sentence.

    `slower` halves how many requests may be on their way, and `faster` doubles it, up to what the command line allows.
    """
    if word == "stop" and standing.state == "stopping":
        return "It is stopping already."  # a second stop would give up what is on its way
    if word in _PLAIN:
        return Command(do=word)
    allowed = standing.allowed.max_in_flight
    now = standing.limits.max_in_flight or allowed
    if word == "slower":
        now = now or max(standing.in_flight, 1)
        if now <= 1:
            return "It is at its slowest: one request at a time. Pause it where that is too much."
        return Command(do="limit", limits=Limits(max_in_flight=(now + 1) // 2))
    if word == "faster":
        if now is None or standing.limits == standing.allowed:
            return "It is as fast as the command line allows."
        if allowed is None or 2 * now >= allowed:
            return Command(do="unlimit")
        return Command(do="limit", limits=Limits(max_in_flight=2 * now))
    return "There is no such button."
