"""A short form of the gateway campaign; long: `python -m benchmarks.campaigns.gateway_campaign --rounds 200`."""

from __future__ import annotations

import os

import pytest

from benchmarks.campaigns.gateway_campaign import run_campaign


def environment() -> dict[str, str]:
    """Of a user who has set nothing."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BULK_IMPORTER_")}


def test_random_gateways_cost_the_entries_that_they_dislike_and_nothing_else() -> None:
    """With kills between: delivered is what they let through, rejected the others, and the requests are bounded."""
    campaign = run_campaign(rounds=3, seed=4, environment=environment())
    assert campaign.rounds == 3
    assert campaign.kills


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_hundreds_of_random_gateways_cost_the_entries_that_they_dislike_and_nothing_else() -> None:
    """The long form."""
    assert run_campaign(rounds=300, seed=1, environment=environment()).rounds == 300
