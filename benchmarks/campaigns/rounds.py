"""Plays rounds of a campaign until one ends with a difference, and tells what went wrong in each."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

__all__ = ["Campaign", "main", "play"]


class Campaign(Protocol):
    """What is played in rounds.

    Attributes:
        rounds: how many were begun.
        faults: how often each thing went wrong.
    """

    rounds: int
    faults: Counter[str]

    def play_round(self, faults: int) -> list[str]:
        """Play one in which so many things go wrong; what is not as it should be afterwards."""

    def close(self) -> None:
        """End everything."""


def play(campaign: Campaign, rounds: int, *, faults: int, seed: int) -> None:
    """Play so many rounds, and end everything.

    Raises:
        AssertionError: a round ended otherwise than it should; the message says how.
    """
    try:
        while campaign.rounds < rounds:
            began = time.monotonic()
            if differences := campaign.play_round(faults):
                raise AssertionError(f"seed {seed}, round {campaign.rounds}: " + "; ".join(differences[:5]))
            done = ", ".join(f"{count} x {name}" for name, count in sorted(campaign.faults.items()))
            seconds = time.monotonic() - began
            print(f"round {campaign.rounds}, {seconds:.0f} s: {done}; no difference", flush=True)
    finally:
        campaign.close()


def main(
    run: Callable[[argparse.Namespace], Campaign], about: str, *, media: int, faults: int, proved: str
) -> int:
    """The command line.

    Args:
        run: plays the rounds that are asked for.
        about: what is played, for the help.
        media, faults: how many in a round, unless it is said.
        proved: what it shows where every round ends as it should.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--media", type=int, default=media)
    parser.add_argument("--faults", type=int, default=faults)
    try:
        campaign = run(parser.parse_args())
    except (AssertionError, OSError) as error:
        print(error)
        return 1
    print(f"{sum(campaign.faults.values())} faults in {campaign.rounds} rounds: {proved}")
    return 0
