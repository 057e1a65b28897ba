"""How many examples the property tests look at: `HYPOTHESIS_PROFILE` or `--hypothesis-profile` says so for all of them.

- `dev`, unless another is named: a hundred, other ones each time.
- `ci`: a hundred, the same each time, so that no change fails by what it has not touched.
- `nightly`: two thousand, other ones each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

__all__ = ["examples", "load_profile"]

_USUAL = 100


def load_profile() -> None:
    """Register the profiles, and load the one that the environment names."""
    # How fast a machine draws and tests an example is nothing that a test claims.
    settings.register_profile(
        "dev", max_examples=_USUAL, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    dev = settings.get_profile("dev")
    settings.register_profile("ci", parent=dev, derandomize=True, print_blob=True)
    settings.register_profile("nightly", parent=dev, max_examples=20 * _USUAL, print_blob=True)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def examples(number: int) -> int:
    """As many more or fewer than `number` as the profile has more or fewer than a hundred; at least one."""
    return max(1, number * settings().max_examples // _USUAL)
