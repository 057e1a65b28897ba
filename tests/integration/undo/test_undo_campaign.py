"""A short form of the undo campaign; the long one is `python -m benchmarks.campaigns.undo_campaign --stories 500`."""

from __future__ import annotations

import pytest

from benchmarks.campaigns.undo_campaign import play_stories


def test_random_stories_leave_what_a_naive_model_says() -> None:
    """Imports, people, backups, wipes, imports of backups and undos, in any order."""
    assert play_stories(range(24)) == ""


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_five_hundred_stories_leave_what_a_naive_model_says() -> None:
    """The long form."""
    assert play_stories(range(1000, 1500), steps=12) == ""
